/** The operator's list: texts whose fate nobody knows, and what a person decides about them (architecture §3). */
import { QUEUE_COLUMNS, QUEUE_VALUES } from './outbox.ts';
import { inTransaction, type Db, type Pool } from './pool.ts';

export const DECISIONS = ['resend', 'delivered', 'given-up'] as const;
export type DecisionKind = (typeof DECISIONS)[number];

/** Which texts: those of some carriers, of one message, uncertain since before a moment, or one alone. */
export interface UncertainScope {
  tenants: readonly string[];
  messageId?: string | undefined;
  before?: Date | undefined;
  id?: number | undefined;
}

/** A text that waits for a person. */
export interface UncertainRow {
  id: number;
  tenant: string;
  kind: string;
  messageId: string | null;
  phone: string;
  parts: number;
  uncertainParts: number;
  /** ISO time to the microsecond: with the id, its place in the list. */
  since: string;
  /** Why nobody knows. */
  reason: string | null;
  workflowId: string;
  /** Of no use any more: it can't be sent again. */
  expired: boolean;
  /** Receipts that may be its, of those that nobody could tell whose they are. */
  receipts: { at: string; state: string; error: string | null }[];
}

/** Of a receipt `r` and a text `listed`: a carrier keeps a text for days. */
const MAY_BE_ITS = `r.sms_id is null and r.tenant = listed.tenant and r.phone = listed.phone
  and r.destination = listed.source and r.received_at between listed.created_at and listed.since + interval '3 days'`;

/**
 * Texts with a part whose latest attempt is UNCERTAIN and that no decision covers; `where` narrows the parts `p`. Which
 * of them are UNCERTAIN, receipts and all, the view sms_status says. A part stays so in the table after a decision, so
 * that a late receipt still finds it.
 */
export const undecided = (where: string) => `
  select u.* from (
    select p.sms_id, max(p.attempt) as attempt, min(p.at) as since, min(p.error) as reason,
      max(p.reference) as reference
    from sms_part p
    where p.state = 'UNCERTAIN' and ${where} and not exists (
      select from sms_part later where later.sms_id = p.sms_id and later.part = p.part and later.attempt > p.attempt)
    group by p.sms_id
  ) u
  where not exists (select from sms_decision d where d.sms_id = u.sms_id and d.attempt >= u.attempt)`;

/** Of these, what is not on its way at this moment: neither queued again nor in the hands of a link's owner. */
const LISTED = `
  select s.*, u.attempt, v.uncertain_parts, u.since, u.reason, u.reference,
    coalesce(s.expires_at <= now(), false) as expired
  from (${undecided('($4::bigint[] is null or p.sms_id = any($4))')}) u
  -- With limits the planner looks these up and does not read all texts.
  cross join lateral (select * from sms where id = u.sms_id limit 1) s
  cross join lateral (select * from sms_status where sms_id = u.sms_id limit 1) v
  where s.tenant = any($1) and ($2::uuid is null or s.message_id = $2) and ($3::timestamptz is null or u.since < $3)
    and v.state = 'UNCERTAIN'
    and not exists (select from sms_queue q where q.sms_id = s.id)
    and s.id not in (select unnest(b.sms_ids) from sms_batch b where b.tenant = any($1) and b.settled_at is null)`;

const scopeValues = ({ tenants, messageId, before, id }: UncertainScope) => [
  tenants,
  messageId ?? null,
  before ?? null,
  id === undefined ? null : [id],
];

/** A page of the list, the longest waiting first, and how many there are in all. */
export async function listUncertain(
  db: Db,
  scope: UncertainScope,
  after: [since: string, id: string] | undefined,
  limit: number,
): Promise<{ rows: UncertainRow[]; total: number }> {
  const { rows } = await db.query<UncertainRow & { total: number; id: number | null }>(
    `with listed as materialized (${LISTED})
    select page.*, (select count(*) from listed) as total
    from (select) always left join lateral (
      select id, tenant, kind, message_id as "messageId", phone, segments as parts,
        uncertain_parts as "uncertainParts", to_char(since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as since,
        reason, workflow_id as "workflowId", expired,
        (select coalesce(jsonb_agg(jsonb_build_object('at', r.received_at, 'state', r.state, 'error', r.error)
          order by r.received_at, r.id), '[]') from sms_receipt r where ${MAY_BE_ITS}) as receipts
      from listed
      where $5::timestamptz is null or (since, id) > ($5::timestamptz, $6::bigint)
      order by listed.since, id limit $7
    ) page on true`,
    [...scopeValues(scope), after?.[0] ?? null, after?.[1] ?? null, limit],
  );
  const { total } = rows[0]!;
  return { rows: rows.filter((row) => row.id !== null), total };
}

/** What is decided, by whom, under which key. */
export interface Decision {
  as: DecisionKind;
  note: string;
  accountId: string;
  requestKey: string;
}

/** What came of a decision: the texts it was taken for. */
export interface Decided {
  decided: number;
  attempt: number | null;
  at: Date | null;
}

/**
 * Decides the longest waiting texts of the scope, once per request key; those being resent are in the queue when it is
 * committed. What cannot be decided so, because it is on its way or, to be resent, has expired, is left as it is.
 * @param limit texts at most
 */
export async function decideUncertain(
  pool: Pool,
  scope: UncertainScope,
  decision: Decision,
  limit: number,
): Promise<Decided> {
  return inTransaction(pool, async (db) => {
    // The same request twice at once: the second waits, and finds what the first did.
    await db.query(`select pg_advisory_xact_lock(hashtextextended('sms_decision/' || $1 || '/' || $2, 0))`, [
      decision.accountId,
      decision.requestKey,
    ]);
    const before = await decidedBefore(db, decision);
    if (before) return before;
    const chosen = await choose(db, scope, decision, limit);
    return chosen.length === 0 ? { decided: 0, attempt: null, at: null } : await decide(db, scope, decision, chosen);
  });
}

/** What the request did before, when it did anything. */
async function decidedBefore(db: Db, { accountId, requestKey }: Decision): Promise<Decided | undefined> {
  const { rows } = await db.query<Decided>(
    `select count(*) as decided, max(attempt) as attempt, max(at) as at
    from sms_decision where account_id = $1 and request_key = $2 having count(*) > 0`,
    [accountId, requestKey],
  );
  return rows[0];
}

/** Locks the parts, so that a response or receipt under way is either seen by what follows or waits for it. */
async function choose(db: Db, scope: UncertainScope, { as }: Decision, limit: number): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>(
    `select id from (${LISTED}) listed where not ($5 = 'resend' and expired) order by since, id limit $6`,
    [...scopeValues(scope), as, limit],
  );
  const ids = rows.map(({ id }) => id);
  await db.query(
    `select from sms_part where sms_id = any($1) and state = 'UNCERTAIN' order by sms_id, part, attempt for update`,
    [ids],
  );
  return ids;
}

async function decide(db: Db, { tenants }: UncertainScope, decision: Decision, ids: number[]): Promise<Decided> {
  const { rows } = await db.query<{ decided: number; attempt: number | null; at: Date | null }>(
    `with listed as materialized (${LISTED}),
    decided as (
      insert into sms_decision (sms_id, attempt, "as", account_id, request_key, note)
      select id, attempt, $5, $6, $7, $8 from listed
      on conflict (sms_id, attempt) do nothing returning sms_id, attempt, at
    ), again as (
      -- With a reference, a claim leaves out the parts that are ACCEPTED.
      insert into sms_queue (${QUEUE_COLUMNS}, attempt, reference)
      select ${QUEUE_VALUES}, attempt + 1, coalesce(reference, 0)
      -- Not a join, whose rows the planner guesses wrong and loops over: 10,000 texts took 10 s.
      from listed s where $5 = 'resend' and id in (select sms_id from decided)
      on conflict do nothing
    )
    select count(*) as decided, max(attempt) as attempt, max(at) as at from decided`,
    [tenants, null, null, ids, decision.as, decision.accountId, decision.requestKey, decision.note],
  );
  return rows[0]!;
}

/** How a text is that is not on the list, for the words of a refusal. */
export interface TextNow {
  tenant: string;
  state: string;
  decided: DecisionKind | null;
  /** Of no use any more. */
  expired: boolean;
}

/** The text as it is now, if there is one. */
export async function textNow(db: Db, id: number): Promise<TextNow | undefined> {
  const { rows } = await db.query<TextNow>(
    `select s.tenant, v.state, v.decided, coalesce(s.expires_at <= now(), false) as expired
    from sms s join sms_status v on v.sms_id = s.id where s.id = $1`,
    [id],
  );
  return rows[0];
}
