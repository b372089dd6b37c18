/**
 * The outbox as a carrier link sees it: claims, outcomes and the settling of what a dead owner left (architecture §3).
 * Every statement that changes something is fenced: it does nothing once another owner has taken the link.
 */
import { LANE } from '../infra/postgres/outbox.ts';
import { inTransaction, type Db, type Pool } from '../infra/postgres/pool.ts';
import { countAbandoned, keepReferences } from './carrier-uncertain.ts';
import { settleLate } from './carrier-late.ts';

/** The link, and which of its owners is asking. */
export interface LinkOwner {
  tenant: string;
  link: number;
  links: number;
  epoch: number;
}

/** A text claimed for sending. */
export interface ClaimedText {
  batchId: number;
  smsId: number;
  attempt: number;
  /** UDH reference of its parts. */
  reference: number;
  lane: number;
  phone: string;
  source: string;
  body: string;
  expiresAt: Date | null;
  segments: number;
  /** Parts that an earlier claim has settled. */
  done: number[];
}

/** What became of one part. */
export interface PartOutcome {
  smsId: number;
  part: number;
  attempt: number;
  /** NOT_TAKEN: it was UNCERTAIN, and a late refusal proves that the SMSC never took it. */
  state: 'ACCEPTED' | 'REJECTED' | 'UNCERTAIN' | 'EXPIRED' | 'NOT_TAKEN';
  smscId: string | null;
  error: string | null;
  reference: number;
  /** Of a response after its timeout. */
  late?: boolean;
}

/** Another owner has the link: this one must stop at once. */
export class FencedError extends Error {
  override name = 'FencedError';
}

/** What is resent once when its fate is uncertain, while still useful; the rest waits for an operator. */
const RESENT_LANES_UP_TO = LANE.safety;
/** Of a text `s`: a receipt has this long to come first, over a new connection. A password is waited for by a person. */
const RESENT_AT = `now() + case s.lane when ${LANE['one-time-password']} then interval '8 s' else interval '15 s' end`;

/**
 * Takes the link: older owners are fenced off from here on. What they claimed and never settled becomes UNCERTAIN, and
 * what is resent goes back to the queue.
 * @returns the new owner
 */
export async function takeLink(pool: Pool, link: Omit<LinkOwner, 'epoch'>): Promise<LinkOwner> {
  return inTransaction(pool, async (db) => {
    const { rows } = await db.query<{ epoch: number }>(
      `insert into carrier_link (tenant, link, epoch) values ($1, $2, 1)
      on conflict (tenant, link) do update set epoch = carrier_link.epoch + 1 returning epoch`,
      [link.tenant, link.link],
    );
    await settleAbandoned(db, link.tenant, [link.link]);
    await countAbandoned(db, link.tenant, link.link);
    return { ...link, epoch: rows[0]!.epoch };
  });
}

/**
 * Settles unsettled batches: what was not handed over goes back to the queue, every other part without an outcome is
 * UNCERTAIN. Only called with all their owners fenced off.
 */
async function settleAbandoned(db: Db, tenant: string, links: number[]): Promise<void> {
  await db.query(
    `with abandoned as (
      update sms_batch set settled_at = now()
      where tenant = $1 and settled_at is null and link = any ($2)
      returning sms_ids, attempts, refs, handed
    ), claimed as (
      select distinct on (u.sms_id, u.attempt) u.sms_id, u.attempt, u.reference, coalesce(u.n <= handed, true) as handed
      from abandoned, unnest(sms_ids, attempts, refs) with ordinality u (sms_id, attempt, reference, n)
      -- A text that is in the queue again never left.
      where not exists (select from sms_queue q where q.sms_id = u.sms_id)
    ), text as (
      select * from claimed where handed
    ), returned as (
      insert into sms_queue (sms_id, tenant, lane, bucket, segments, attempt, reference)
      select s.id, s.tenant, s.lane, hashtext(s.phone) & 1023, s.segments, c.attempt, c.reference
      from claimed c join sms s on s.id = c.sms_id where not c.handed
      on conflict do nothing
    ), lost as (
      insert into sms_part (sms_id, part, attempt, state, error, reference)
      select t.sms_id, part, t.attempt, 'UNCERTAIN', 'the link''s owner was lost while it was sending', t.reference
      from text t join sms s on s.id = t.sms_id, generate_series(1, s.segments) part
      where not exists (
        select from sms_part p where p.sms_id = t.sms_id and p.part = part.part and p.state in ('ACCEPTED', 'REJECTED'))
      on conflict do nothing
      returning sms_id, attempt
    )
    insert into sms_queue (sms_id, tenant, lane, bucket, segments, attempt, reference, not_before)
    select distinct s.id, s.tenant, s.lane, hashtext(s.phone) & 1023, s.segments, 2, t.reference, ${RESENT_AT}
    from lost l join text t on t.sms_id = l.sms_id and t.attempt = l.attempt join sms s on s.id = l.sms_id
    where l.attempt = 1 and s.lane <= $3 and (s.expires_at is null or s.expires_at > now())
    on conflict do nothing`,
    [tenant, links, RESENT_LANES_UP_TO],
  );
}

/** A link's owner that has not reported for this long is gone: it reports every second, and sends nothing unconfirmed. */
const GONE_AFTER = '15 seconds';

/**
 * Settles what links left that are no more, where nobody was there to give it back: until then nothing is claimed, as
 * those texts are first. Called by link 0.
 */
export async function settleRemovedLinks(pool: Pool, { tenant, links }: LinkOwner): Promise<void> {
  const { rowCount } = await pool.query(
    'select from sms_batch where tenant = $1 and settled_at is null and link >= $2 limit 1',
    [tenant, links],
  );
  if (rowCount === 0) return;
  await inTransaction(pool, async (db) => {
    const { rows } = await db.query<{ link: number }>(
      `update carrier_link set epoch = epoch + 1
      where tenant = $1 and link >= $2 and coalesce(status_at, '-infinity') < now() - $3::interval returning link`,
      [tenant, links, GONE_AFTER],
    );
    await settleAbandoned(
      db,
      tenant,
      rows.map(({ link }) => link),
    );
    if (rows[0]) await countAbandoned(db, tenant, rows[0].link);
  });
}

/** Whether anything waits for this link: a read, so that an idle link costs next to nothing. */
export async function anythingQueued(
  pool: Pool,
  { tenant, link, links }: LinkOwner,
  lanesUpTo: number,
): Promise<boolean> {
  const { rows } = await pool.query<{ waiting: boolean }>(
    `select exists (select from sms_queue
      where tenant = $1 and lane <= $4 and bucket % $3 = $2 and not_before <= now()) as waiting`,
    [tenant, link, links, lanesUpTo],
  );
  return rows[0]!.waiting;
}

/**
 * Claims texts in lane order, the write-ahead mark with them; committed when it returns.
 * @param segments how many segments at most; one text more than fits is taken rather than none
 * @param lanesUpTo only lanes this urgent or more
 * @param handed so many, from the front, may leave at once; markHanded says when more may
 */
export async function claimTexts(
  pool: Pool,
  owner: LinkOwner,
  { segments, lanesUpTo, handed }: { segments: number; lanesUpTo: number; handed: number },
): Promise<ClaimedText[]> {
  const { rows } = await pool.query<ClaimRow>(CLAIM, [
    owner.tenant,
    owner.link,
    owner.links,
    owner.epoch,
    lanesUpTo,
    segments,
    handed,
  ]);
  return rows.map((row) => ({
    batchId: row.batch_id,
    smsId: row.sms_id,
    attempt: row.attempt,
    reference: row.reference,
    lane: row.lane,
    phone: row.phone,
    source: row.source,
    body: row.body,
    expiresAt: row.expires_at,
    segments: row.segments,
    done: row.done ?? [],
  }));
}

interface ClaimRow {
  batch_id: number;
  sms_id: number;
  attempt: number;
  reference: number;
  lane: number;
  phone: string;
  source: string;
  body: string;
  expires_at: Date | null;
  segments: number;
  done: number[] | null;
}

// Not a named statement: a plan made while the queue was short would be kept when it is long. The lateral with a limit
// and the ctid array keep the planner to index lookups, however large the tables are.
const CLAIM = `with fence as materialized (
  select from carrier_link
  where tenant = $1 and link = $2 and epoch = $4
    -- Phones are shared out by the number of binds: once it changes, what was claimed by the old one leaves first.
    and coalesce((select links from carrier_binds where tenant = $1), $3) = $3
    and not exists (select from sms_batch where tenant = $1 and settled_at is null and links <> $3)
  for share
), head as (
  select ctid as place, sms_id, lane, segments from sms_queue
  where tenant = $1 and lane <= $5 and bucket % $3 = $2 and not_before <= now() and exists (select from fence)
  order by lane, sms_id limit $6 for update skip locked
), fitting as (
  select place from (select place, segments, sum(segments) over (order by lane, sms_id) as upto from head) counted
  where upto - segments < $6
), claimed as (
  delete from sms_queue where ctid = any (array(select place from fitting)) returning sms_id, lane, attempt, reference
), text as (
  select c.*, s.phone, s.source, s.body, s.expires_at, s.segments,
    count(*) filter (where s.segments > 1 and c.reference is null) over (partition by s.phone) as long_texts,
    count(*) filter (where s.segments > 1 and c.reference is null) over (partition by s.phone order by c.sms_id) as nth
  from claimed c cross join lateral (select * from sms where sms.id = c.sms_id limit 1) s
), referenced as (
  insert into sms_reference (tenant, phone, last)
  select $1, phone, max(long_texts) % 256 from text where long_texts > 0 group by phone
  on conflict (tenant, phone) do update set last = (sms_reference.last + excluded.last) % 256
  returning phone, last
), numbered as (
  select t.*, coalesce(t.reference, case when t.segments > 1 then
    mod(mod(r.last - t.long_texts + t.nth, 256) + 256, 256) else 0 end)::smallint as ref
  from text t left join referenced r on r.phone = t.phone and t.segments > 1
), batch as (
  insert into sms_batch (tenant, link, links, epoch, handed, sms_ids, attempts, refs)
  select $1, $2, $3, $4, $7, array_agg(sms_id order by lane, sms_id), array_agg(attempt order by lane, sms_id),
    array_agg(ref order by lane, sms_id)
  from numbered having count(*) > 0
  returning id
)
select batch.id as batch_id, n.sms_id, n.attempt, n.ref as reference, n.lane, n.phone, n.source, n.body, n.expires_at,
  n.segments, case when n.reference is not null then
    (select array_agg(distinct part) from sms_part p where p.sms_id = n.sms_id and (p.state in ('ACCEPTED', 'REJECTED')
      -- What this attempt left UNCERTAIN is not its to send again.
      or p.state = 'UNCERTAIN' and p.attempt = n.attempt and p.not_taken is null))
  end as done
from batch, numbered n order by n.lane, n.sms_id`;

/**
 * Commits that so many texts of a batch, from the front, may have left.
 * @throws FencedError when another owner has the link
 */
export async function markHanded(pool: Pool, owner: LinkOwner, batchId: number, handed: number): Promise<void> {
  const { rowCount } = await pool.query({
    name: 'carrier-hand',
    text: `with fence as materialized (
      select from carrier_link where tenant = $1 and link = $2 and epoch = $3 for share
    )
    update sms_batch set handed = $5 where id = $4 and exists (select from fence)`,
    values: [owner.tenant, owner.link, owner.epoch, batchId, handed],
  });
  if (rowCount === 0) throw new FencedError(`link ${owner.tenant}/${owner.link} has a newer owner`);
}

/**
 * Records outcomes and settles batches, all or nothing. Repeating it changes nothing; what was UNCERTAIN may become
 * known. What is resent when uncertain goes back to the queue in the same transaction.
 * @throws FencedError when another owner has the link
 */
export async function recordOutcomes(
  pool: Pool,
  owner: LinkOwner,
  outcomes: PartOutcome[],
  settledBatches: number[],
): Promise<void> {
  const uncertain = outcomes.filter(({ state }) => state === 'UNCERTAIN');
  const late = outcomes.filter((outcome) => outcome.late);
  if (uncertain.length + late.length === 0) return record(pool, owner, outcomes, settledBatches);
  await inTransaction(pool, async (db) => {
    const known = outcomes.filter(({ state }) => state !== 'NOT_TAKEN');
    await record(db, owner, known, settledBatches);
    await keepReferences(db, uncertain);
    await resend(db, uncertain);
    await settleLate(db, late);
  });
}

async function record(db: Db, owner: LinkOwner, outcomes: PartOutcome[], settledBatches: number[]): Promise<void> {
  const { rows } = await db.query<{ held: boolean }>({
    name: 'carrier-record',
    text: `with fence as materialized (
      select from carrier_link where tenant = $1 and link = $2 and epoch = $3 for share
    ), part as (
      insert into sms_part (sms_id, part, attempt, state, smsc_id, error)
      select * from unnest($4::bigint[], $5::smallint[], $6::smallint[], $7::text[], $8::text[], $9::text[])
      where exists (select from fence)
      on conflict (sms_id, part, attempt) do update
        set state = excluded.state, smsc_id = excluded.smsc_id, error = excluded.error, at = excluded.at,
          not_taken = null
        where sms_part.state = 'UNCERTAIN'
    ), settled as (
      update sms_batch set settled_at = now() where id = any ($10::bigint[]) and exists (select from fence)
    )
    select exists (select from fence) as held`,
    values: [
      owner.tenant,
      owner.link,
      owner.epoch,
      outcomes.map((o) => o.smsId),
      outcomes.map((o) => o.part),
      outcomes.map((o) => o.attempt),
      outcomes.map((o) => o.state),
      outcomes.map((o) => o.smscId),
      outcomes.map((o) => o.error),
      settledBatches,
    ],
  });
  if (!rows[0]!.held) throw new FencedError(`link ${owner.tenant}/${owner.link} has a newer owner`);
}

async function resend(db: Db, uncertain: PartOutcome[]): Promise<void> {
  await db.query(
    `insert into sms_queue (sms_id, tenant, lane, bucket, segments, attempt, reference, not_before)
    select distinct s.id, s.tenant, s.lane, hashtext(s.phone) & 1023, s.segments, 2, u.reference, ${RESENT_AT}
    from unnest($1::bigint[], $2::smallint[], $3::smallint[]) u (sms_id, attempt, reference)
    join sms s on s.id = u.sms_id
    where u.attempt = 1 and s.lane <= $4 and (s.expires_at is null or s.expires_at > now())
    on conflict do nothing`,
    [
      uncertain.map((o) => o.smsId),
      uncertain.map((o) => o.attempt),
      uncertain.map((o) => o.reference),
      RESENT_LANES_UP_TO,
    ],
  );
}

/**
 * Puts texts that never left back where they were, and settles every batch of this owner but those still in memory.
 * @param texts claimed and unsent, or sent in part: their settled parts stay settled
 */
export async function returnTexts(pool: Pool, owner: LinkOwner, texts: ClaimedText[]): Promise<void> {
  await inTransaction(pool, async (db) => {
    const { rowCount } = await db.query(
      'select from carrier_link where tenant = $1 and link = $2 and epoch = $3 for share',
      [owner.tenant, owner.link, owner.epoch],
    );
    if (rowCount === 0) throw new FencedError(`link ${owner.tenant}/${owner.link} has a newer owner`);
    await db.query(
      `insert into sms_queue (sms_id, tenant, lane, bucket, segments, attempt, reference)
      select s.id, s.tenant, s.lane, hashtext(s.phone) & 1023, s.segments, u.attempt, u.reference
      from unnest($1::bigint[], $2::smallint[], $3::smallint[]) u (sms_id, attempt, reference)
      join sms s on s.id = u.sms_id
      on conflict do nothing`,
      [texts.map((t) => t.smsId), texts.map((t) => t.attempt), texts.map((t) => t.reference)],
    );
    await db.query('update sms_batch set settled_at = now() where id = any ($1::bigint[]) and settled_at is null', [
      [...new Set(texts.map((t) => t.batchId))],
    ]);
  });
}

/** Puts back the texts of claims whose answer was lost on the way: this owner never saw, so never sent them. */
export async function returnUnseenClaims(pool: Pool, owner: LinkOwner, seenBatches: number[]): Promise<void> {
  await pool.query(
    `with unseen as (
      update sms_batch set settled_at = now()
      where tenant = $1 and link = $2 and epoch = $3 and settled_at is null and id <> all ($4::bigint[])
        and exists (select from carrier_link where tenant = $1 and link = $2 and epoch = $3)
      returning sms_ids, attempts, refs
    )
    insert into sms_queue (sms_id, tenant, lane, bucket, segments, attempt, reference)
    select s.id, s.tenant, s.lane, hashtext(s.phone) & 1023, s.segments, u.attempt, u.reference
    from unseen, unnest(sms_ids, attempts, refs) u (sms_id, attempt, reference) join sms s on s.id = u.sms_id
    on conflict do nothing`,
    [owner.tenant, owner.link, owner.epoch, seenBatches],
  );
}
