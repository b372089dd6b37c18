import type { Db } from './pool.ts';
import type { Sight } from './sight.ts';

/** What to trace, and whose eyes look: a school's see what concerns it, and no texts. */
export interface TraceQuery {
  phone: string;
  sight: Sight;
  /** Undefined: seven days ago. */
  from: Date | undefined;
  /** Exclusive; undefined: no end. */
  to: Date | undefined;
  /** Place of the last event seen. */
  after: [at: string, key: string] | undefined;
  limit: number;
}

/** One thing that happened, with the facts its reason is worded from. */
export interface TraceRow {
  /** ISO time to the microsecond: when it was recorded here. */
  at: string;
  /** Unique among the events: with `at`, the event's place. */
  key: string;
  kind: 'swipe' | 'quarantined-swipe' | 'sms' | 'decision' | 'receipt' | 'mo' | 'subscription';
  outcome: string;
  facts: Record<string, string | null>;
  ids: Record<string, string | null>;
  workflowId: string | null;
}

/**
 * What a parent wrote to the school, where sight is narrowed to one, or to its teachers of some classes. Values and not
 * `exists`, for which a planner may read all students first.
 */
const TO_SCHOOL = `($3::text is null or case when $9::text[] is null
  then $3 in ((select school_id from student where id = h.student_id), (select school_id from teacher where id = t.teacher_id))
  else h.student_id in (select id from child)
    or t.teacher_id in (select homeroom_teacher_id from class where id = any ($9)) end)`;

/** Texts, and why there was none, tell which family pays: a school is told of none (docs/decisions/0003). */
const NO_SCHOOL = '$3::text is null';

/** How the text `s` is; with a limit the planner looks it up and does not read all texts. */
const STATUS = 'cross join lateral (select * from sms_status where sms_id = s.id limit 1) st';

const WITHIN = (column: string) => `${column} >= w.since and ($5::timestamptz is null or ${column} < $5)`;

const EVENTS = `
with w as (select coalesce($4::timestamptz, now() - interval '7 days') as since),
kin as (select id, household_id, tenant from guardian where phone = $1 and tenant = any($2)),
child as (
  select distinct s.id, s.school_id from kin
  join guardianship g on g.guardian_id = kin.id join student s on s.id = g.student_id
  where ($3::text is null or s.school_id = $3) and ($9::text[] is null or s.class_id = any ($9))
),
child_card as (select child.id as student_id, card.school_id, card.number from child join card on card.student_id = child.id),
event (at, key, kind, outcome, facts, ids, workflow_id) as (
  select a.recorded_at, 'attendance/' || a.id, 'swipe', a.outcome,
    jsonb_build_object('dir', a.dir, 'swipedAt', a.at, 'tenant', a.tenant),
    jsonb_build_object('attendance', a.id::text, 'student', a.student_id, 'device', a.device_id, 'boot', a.boot, 'seq', a.seq::text),
    a.workflow_id
  from w, child join attendance a on a.student_id = child.id
  where ${WITHIN('a.recorded_at')}
union all
  select s.received_at, 'swipe/' || s.device_id || '/' || s.boot || '/' || s.seq, 'swipe', 'pending',
    jsonb_build_object('dir', s.dir, 'swipedAt', s.at, 'tenant', r.tenant),
    jsonb_build_object('student', c.student_id, 'device', s.device_id, 'boot', s.boot, 'seq', s.seq::text),
    'swipe/' || s.device_id || '/' || s.boot || '/' || s.seq
  from w, pending p join swipe s on (s.device_id, s.boot, s.seq)
    = (split_part(p.key, '/', 1), split_part(p.key, '/', 2), split_part(p.key, '/', 3)::bigint)
  join reader r using (device_id) join child_card c on c.school_id = r.school_id and c.number = s.card
  where p.kind = 'swipe' and p.tenant = any($2) and ${WITHIN('s.received_at')}
union all
  -- The payload is whatever was sent, maybe not JSON: the card's number is looked for in it as a string.
  select q.received_at, 'quarantined/' || q.id, 'quarantined-swipe', 'quarantined',
    jsonb_build_object('reason', q.reason),
    jsonb_build_object('quarantined', q.id::text, 'student', c.student_id, 'device', q.device_id, 'boot', q.boot, 'seq', q.seq::text),
    null
  from w, child_card c join quarantined_swipe q on q.school_id = c.school_id
  where ${WITHIN('q.received_at')} and strpos(q.payload, '"' || c.number || '"') > 0
union all
  select s.created_at, 'sms/' || s.id, 'sms', st.state,
    jsonb_build_object('kind', s.kind, 'error', st.error, 'decided', st.decided,
      'attempts', (select max(attempt)::text from sms_part p where p.sms_id = s.id)),
    jsonb_build_object('sms', s.id::text, 'origin', s.origin, 'student', s.student_id, 'guardian', s.guardian_id,
      'teacher', s.teacher_id, 'message', s.message_id::text,
      'attendance', case when s.origin ~ '^swipe/[^/]+/[^/]+/[0-9]{1,18}/' then (
        select a.id::text from attendance a where (a.device_id, a.boot, a.seq)
          = (split_part(s.origin, '/', 2), split_part(s.origin, '/', 3), split_part(s.origin, '/', 4)::bigint)) end),
    s.workflow_id
  from w, sms s ${STATUS}
  where s.phone = $1 and s.tenant = any($2) and ${WITHIN('s.created_at')}
    and ${NO_SCHOOL}
union all
  select x.at, 'suppression/' || x.id, 'sms', 'SUPPRESSED',
    jsonb_build_object('kind', x.kind, 'reason', x.reason),
    jsonb_build_object('suppression', x.id::text, 'origin', x.origin, 'student', x.student_id, 'guardian', x.guardian_id,
      'message', x.message_id::text),
    x.workflow_id
  from w, sms_suppression x
  where x.phone = $1 and x.tenant = any($2) and ${WITHIN('x.at')} and ${NO_SCHOOL}
union all
  select d.at, 'decision/' || d.id, 'decision', d."as",
    jsonb_build_object('note', d.note),
    jsonb_build_object('decision', d.id::text, 'sms', s.id::text, 'account', d.account_id, 'message', s.message_id::text),
    s.workflow_id
  from w, sms s join sms_decision d on d.sms_id = s.id
  -- Nobody decides about a text a month later.
  where s.phone = $1 and s.tenant = any($2) and s.created_at >= w.since - interval '31 days'
    and ${WITHIN('d.at')} and ${NO_SCHOOL}
union all
  select r.received_at, 'receipt/' || r.id, 'receipt', r.state,
    jsonb_build_object('error', r.error, 'part', r.part::text, 'parts', s.segments::text),
    jsonb_build_object('receipt', r.id::text, 'sms', s.id::text, 'smscId', r.smsc_id, 'message', s.message_id::text),
    s.workflow_id
  from w, sms s join sms_receipt r on r.sms_id = s.id
  -- A carrier keeps a text for days, never for a month.
  where s.phone = $1 and s.tenant = any($2) and s.created_at >= w.since - interval '31 days'
    and ${WITHIN('r.received_at')} and ${NO_SCHOOL}
union all
  select m.received_at, 'mo/' || m.id, 'mo', coalesce(o.route, 'received'),
    jsonb_build_object('answered', o.answered::text, 'reason', o.reason),
    jsonb_build_object('mo', m.id::text, 'thread', b.thread_id::text, 'mailbox', h.id::text),
    coalesce(o.workflow_id, 'mo/' || m.tenant || '/' || m.hash)
  from w, mo m left join mo_outcome o on o.mo_id = m.id
  left join reply_box b on b.mo_id = m.id left join thread t on t.id = b.thread_id
  left join homeroom_mailbox h on h.mo_id = m.id
  where m.phone = $1 and m.tenant = any($2) and ${WITHIN('m.received_at')}
    and ${TO_SCHOOL}
union all
  select d.at, 'redelivery/' || d.id, 'mo', 'redelivered', '{}',
    jsonb_build_object('mo', d.mo_id::text, 'thread', b.thread_id::text, 'mailbox', h.id::text), null
  from w, mo_redelivery d
  left join reply_box b on b.mo_id = d.mo_id left join thread t on t.id = b.thread_id
  left join homeroom_mailbox h on h.mo_id = d.mo_id
  where d.phone = $1 and d.tenant = any($2) and ${WITHIN('d.at')}
    and ${TO_SCHOOL}
union all
  select e.received_at, 'subscription/' || e.id, 'subscription', e.type,
    jsonb_build_object('package', e.package, 'channel', e.channel, 'tenant', e.tenant),
    jsonb_build_object('event', e.id::text, 'unit', e.unit, 'mo', e.evidence ->> 'moId'),
    'subscription/' || e.tenant || '/' || e.unit
  from w, kin join subscription_event e on e.tenant = kin.tenant and e.unit = any (array[kin.id, kin.household_id])
  where ${NO_SCHOOL} and ${WITHIN('e.received_at')}
)
select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, key, kind, outcome, facts, ids,
  workflow_id as "workflowId"
from event
where $6::timestamptz is null or (at, key) > ($6, $7)
order by event.at, key limit $8`;

/** Everything that concerns a phone, oldest first: what was sent, what was not, and what it came from (spec §10.2). */
export async function traceEvents(db: Db, query: TraceQuery): Promise<TraceRow[]> {
  const { phone, sight, from, to, after, limit } = query;
  const { rows } = await db.query<TraceRow>(EVENTS, [
    phone,
    sight.tenants,
    sight.schoolId,
    from ?? null,
    to ?? null,
    after?.[0] ?? null,
    after?.[1] ?? null,
    limit,
    sight.classIds,
  ]);
  return rows;
}
