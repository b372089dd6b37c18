import { LANE, QUEUE_COLUMNS, QUEUE_VALUES } from './outbox.ts';
import type { Db } from './pool.ts';
import type { MessageCounts } from '../../workflows/contracts.ts';
import { FEWEST_FAMILIES } from '../../workflows/domain/few-families.ts';
import { segmentsOf } from '../../workflows/domain/sms-text.ts';
import { TEXTS, type TeacherWords } from '../../workflows/domain/texts/index.ts';

/** How a message's texts fare, and how many of those submitted wait for a person to decide what became of them. */
export interface MessageFate {
  counts: MessageCounts;
  uncertain: number;
  /** Whether anything was counted: a school is told nothing of few families. */
  counted: boolean;
}

/**
 * How a message's texts fare, each counted once by its present state. `submitted` includes texts whose response was
 * lost until a receipt or a person's decision tells their end; `failed` are those refused, expired, cancelled or given
 * up; `suppressed` those that were not queued, or were withheld when their turn came. A part's and a text's state are
 * what the database says for all (migration 0019); the view sms_status asks for each text alone, here whole sets are
 * joined, for messages to 20,000 parents.
 */
export async function messageFate(db: Db, messageId: string): Promise<MessageFate> {
  const { counts, uncertain } = await tally(db, COUNTS, [messageId]);
  return { counts, uncertain, counted: true };
}

/**
 * The same in a school's sight, to which no number may tell who pays (spec §8, docs/decisions/0003-no-shame-list.md):
 * counted for each class of the audience that has enough families among the recipients, and added up. So a parent with
 * children in two of the classes counts in both, and single students count nowhere.
 */
export async function messageFateByClass(db: Db, messageId: string): Promise<MessageFate> {
  const { seats, ...fate } = await tally(db, COUNTS_BY_CLASS, [messageId, FEWEST_FAMILIES]);
  return { ...fate, counted: seats > 0 };
}

async function tally(db: Db, sql: string, values: unknown[]) {
  const { rows } = await db.query<MessageCounts & { uncertain: number; seats: number }>(sql, values);
  const { uncertain, seats, ...counts } = rows[0]!;
  return { counts, uncertain, seats };
}

/** The counts alone. */
export async function messageCounts(db: Db, messageId: string): Promise<MessageCounts> {
  return (await messageFate(db, messageId)).counts;
}

/** What became of each of the message's texts; of those never queued that they are suppressed. */
const FATES = `
  text as materialized (
    select id, guardian_id, segments, expires_at from sms where message_id = $1
  ), part as (
    select sms_id, array_agg(state) as states, max(attempt) filter (where state = 'UNCERTAIN') as uncertain,
      bool_or(state = 'CANCELLED' and error is not null) as withheld
    from sms_part_state where sms_id in (select id from text) group by sms_id
  ), decision as (
    select distinct on (sms_id) sms_id, attempt, "as" from sms_decision
    where sms_id in (select id from text) order by sms_id, attempt desc
  ), state as materialized (
    select t.guardian_id, sms_state(t.segments, q.sms_id is not null, p.states, d."as", t.expires_at) as state, p.withheld
    from text t
    left join sms_queue q on q.sms_id = t.id
    left join part p on p.sms_id = t.id
    left join decision d on d.sms_id = t.id and d.attempt >= p.uncertain
  ), fate as (
    select guardian_id, sms_counted_as(state, withheld) as counted, state = 'UNCERTAIN' as uncertain from state
    union all
    select guardian_id, 'suppressed', false from sms_suppression where message_id = $1
  )`;

/** @param seats how often a row of `fate` counts */
const sums = (seats: string) => {
  const sum = (of: string, name: string) => `coalesce(sum(${seats}) filter (where ${of}), 0) as ${name}`;
  const states = ['queued', 'submitted', 'accepted', 'delivered', 'failed', 'suppressed'];
  const counts = states.map((state) => sum(`counted = '${state}'`, state));
  return [...counts, sum('uncertain', 'uncertain'), sum('true', 'seats')].join(', ');
};

const COUNTS = `with ${FATES} select ${sums('1')} from fate`;

const COUNTS_BY_CLASS = `
  with ${FATES}, seat as materialized (
    select distinct c.id as class_id, gs.guardian_id, s.household_id
    from message m join class c on c.school_id = m.school_id
      and (m.audience ->> 'schoolId' = m.school_id or m.audience -> 'classIds' ? c.id)
    join student s on s.class_id = c.id join guardianship gs on gs.student_id = s.id
    where m.id = $1 and gs.guardian_id in (select guardian_id from fate)
  ), told as (
    select class_id from seat group by class_id having count(distinct household_id) >= $2
  ), weight as (
    select guardian_id, count(distinct class_id)::int as seats from seat where class_id in (select class_id from told)
    group by guardian_id
  )
  select ${sums('seats')} from fate join weight using (guardian_id)`;

/** What every text of a message has in common. */
export interface MessageText {
  messageId: string;
  tenant: string;
  /** From whom it is, and what it says. */
  words: Omit<TeacherWords, 'children' | 'shared'>;
  shortCode: string;
  billingUnit: 'household' | 'payer';
  workflowId: string;
}

/** A page of recipients; `last` is where the next page begins, undefined when this was the last. */
export interface ExpandedPage {
  queued: number;
  suppressed: number;
  last: string | undefined;
}

/**
 * Queues the text for the next guardians of the audience, in order of their ids, in the caller's transaction: entitled
 * ones on the thread they share with the teacher who gets their answers, the others recorded as suppressed. A page
 * written before is left as it was.
 * @param after the last guardian of the page before; empty for the first
 * @param size recipients at most
 */
export async function expandPage(db: Db, text: MessageText, after: string, size: number): Promise<ExpandedPage> {
  const { rows } = await db.query<Recipient>(RECIPIENTS, [text.messageId, after, size, text.billingUnit]);
  const entitled = rows.filter(({ reason }) => reason === null);
  const guardians = entitled.map(({ id }) => id);
  const teachers = entitled.map(({ teacherId }) => teacherId);
  const others = rows.filter(({ reason }) => reason !== null);
  await db.query(
    `insert into thread (tenant, teacher_id, guardian_id) select $1, * from unnest($2::text[], $3::text[])
    on conflict (teacher_id, guardian_id) do nothing`,
    [text.tenant, teachers, guardians],
  );
  const bodies = entitled.map((recipient) => TEXTS.CLASS_MESSAGE.zh({ ...text.words, ...recipient }));
  // Most of a class get the same words: each goes to the database once.
  const distinct = [...new Set(bodies)];
  const numbers = new Map(distinct.map((body, i) => [body, i + 1]));
  const queued = await db.query(QUEUE, [
    text.messageId,
    text.tenant,
    teachers,
    guardians,
    text.workflowId,
    LANE['class-message'],
    text.shortCode,
    bodies.map((body) => numbers.get(body)),
    distinct,
    distinct.map(segmentsOf),
  ]);
  const suppressed = await db.query(SUPPRESS, [
    text.messageId,
    text.tenant,
    text.workflowId,
    others.map(({ id }) => id),
    others.map(({ reason }) => reason),
  ]);
  return {
    queued: queued.rowCount ?? 0,
    suppressed: suppressed.rowCount ?? 0,
    last: rows.length < size ? undefined : rows.at(-1)!.id,
  };
}

interface Recipient extends Pick<TeacherWords, 'children' | 'shared'> {
  id: string;
  /** Why this one may not be texted; null: may. */
  reason: string | null;
  /** Who gets the answers. */
  teacherId: string;
}

/**
 * Guardians of the audience, once each however many children they have in it, whom of theirs it is about, and who gets
 * the answers: of a message that is no teacher's, the homeroom teacher of a child it is about.
 */
const RECIPIENTS = `
  with message as (
    select tenant, school_id, teacher_id, audience from message where id = $1
  ), pupil as (
    -- One branch per kind of audience, so that each goes by its index.
    select s.id from message m cross join jsonb_array_elements_text(m.audience -> 'classIds') as asked (id)
    join student s on s.class_id = asked.id
    where s.tenant = m.tenant and s.school_id = m.school_id
    union
    select s.id from message m cross join jsonb_array_elements_text(m.audience -> 'studentIds') as asked (id)
    join student s on s.id = asked.id
    where s.tenant = m.tenant and s.school_id = m.school_id
    union
    select s.id from message m join class c on c.school_id = m.audience ->> 'schoolId' join student s on s.class_id = c.id
    where s.tenant = m.tenant and s.school_id = m.school_id
  ), recipient as (
    select g.id, g.household_id from guardian g, message m
    where g.tenant = m.tenant and g.id > $2
      and g.id in (select guardian_id from guardianship where student_id in (select id from pupil))
    order by g.id limit $3
  )
  select r.id, case
    when u.state = 'none' then 'not subscribed'
    when u.state = 'pending' then 'subscription waits for the parent''s consent'
    when u.state = 'cancelled' then 'subscription cancelled'
    when not 'home-school' = any (u.services) then 'subscription without home-school'
  end as reason, about.children, about.shared,
    coalesce(m.teacher_id, about.homeroom[1]) as "teacherId"
  from recipient r cross join message m
  cross join lateral unit_service(m.tenant, case $4 when 'household' then r.household_id else r.id end) u
  cross join lateral (
    select count(*) > 1 as shared,
      jsonb_agg(jsonb_build_object('name', s.name, 'className', c.name) order by c.name, s.name, s.id)
        filter (where s.id in (select id from pupil)) as children,
      array_agg(c.homeroom_teacher_id order by c.name, s.name, s.id)
        filter (where s.id in (select id from pupil)) as homeroom
    from guardianship gs join student s on s.id = gs.student_id join class c on c.id = s.class_id
    where gs.guardian_id = r.id
  ) about
  order by r.id`;

const QUEUE = `
  with added as (
    insert into sms (origin, tenant, workflow_id, kind, lane, phone, source, body, segments, guardian_id, teacher_id,
      message_id, needs)
    select 'message/' || $1::text || '/' || g.id, $2, $5, 'class-message', $6, g.phone, $7 || t.id, body.words,
      body.segments, g.id, t.teacher_id, $1::uuid, 'home-school'
    from unnest($3::text[], $4::text[], $8::int[]) as recipient (teacher_id, guardian_id, body)
    join unnest($9::text[], $10::smallint[]) with ordinality as body (words, segments, number) on body.number = recipient.body
    join thread t using (teacher_id, guardian_id) join guardian g on g.id = recipient.guardian_id
    on conflict (origin) do nothing
    returning id, tenant, lane, phone, segments
  )
  insert into sms_queue (${QUEUE_COLUMNS})
  select ${QUEUE_VALUES} from added s`;

const SUPPRESS = `
  insert into sms_suppression (tenant, origin, workflow_id, kind, phone, guardian_id, message_id, reason)
  select $2, 'message/' || $1::text || '/' || g.id, $3, 'class-message', g.phone, g.id, $1::uuid, other.reason
  from unnest($4::text[], $5::text[]) as other (id, reason) join guardian g on g.id = other.id
  on conflict (origin) do nothing`;

/**
 * Takes texts of the message out of the queue, in the caller's transaction, and records them as CANCELLED. Rows that a
 * carrier link is claiming at this moment are passed over: either they leave, or they are there at the next call.
 * @param size texts at most
 * @returns how many were cancelled
 */
export async function cancelQueuedTexts(db: Db, messageId: string, size: number): Promise<number> {
  const { rows } = await db.query<{ cancelled: number }>(
    `with queued as (
      select q.sms_id from sms_queue q join sms s on s.id = q.sms_id
      where s.message_id = $1 limit $2 for update of q skip locked
    ), gone as (
      delete from sms_queue q using queued where q.sms_id = queued.sms_id returning q.sms_id, q.segments
    ), before as (
      select distinct on (sms_id, part) sms_id, part, attempt, state from sms_part
      where sms_id in (select sms_id from gone) order by sms_id, part, attempt desc
    ), recorded as (
      insert into sms_part (sms_id, part, attempt, state)
      select gone.sms_id, number, coalesce(before.attempt, 0) + 1, 'CANCELLED'
      from gone cross join generate_series(1, gone.segments) number
      left join before on before.sms_id = gone.sms_id and before.part = number
      where before.state is distinct from 'ACCEPTED'
    )
    select count(*) as cancelled from gone`,
    [messageId, size],
  );
  return rows[0]!.cancelled;
}

/** The school of a message; undefined: there is none. */
export async function schoolOfMessage(db: Db, messageId: string): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>('select school_id as id from message where id = $1', [messageId]);
  return rows[0]?.id;
}
