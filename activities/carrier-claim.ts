/** The outbox as a carrier link sees it: what it claims, what may leave of it, and what goes back. */
import { FORMER_PLACE, QUEUE_COLUMNS, QUEUE_VALUES } from '../infra/postgres/outbox.ts';
import { quietEndOf, refusalOf, termValues, type Terms } from '../infra/postgres/permission.ts';
import { inTransaction, type Pool } from '../infra/postgres/pool.ts';
import { FencedError, type LinkOwner } from './carrier-owner.ts';

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
  /** When it was last asked whether it may leave, by this process's `performance.now()`. */
  askedAt: number;
}

// Of link $2 of $3. An equation would be taken for one row in 200, and the planner would rather sort a whole lane than
// look at the front of the index; this it takes for a third.
const OF_LINK = 'abs(bucket % $3 - $2) < 1';

/** Whether anything waits for this link: a read, so that an idle link costs next to nothing. */
export async function anythingQueued(
  pool: Pool,
  { tenant, link, links }: LinkOwner,
  lanesUpTo: number,
): Promise<boolean> {
  const { rows } = await pool.query<{ waiting: boolean }>(
    `select (select sms_id from sms_queue
      where tenant = $1 and lane <= $4 and ${OF_LINK} and not_before <= now()
      order by lane, not_before, sms_id limit 1) is not null as waiting`,
    [tenant, link, links, lanesUpTo],
  );
  return rows[0]!.waiting;
}

/**
 * Claims texts in lane order, the write-ahead mark with them; committed when it returns. What may not leave any more is
 * settled as CANCELLED with the reason, and what has to wait out quiet hours goes back until they end.
 * @param segments how many segments at most; one text more than fits is taken rather than none
 * @param lanesUpTo only lanes this urgent or more
 * @param handed so many, from the front, may leave at once; markHanded says when more may
 */
export async function claimTexts(
  pool: Pool,
  owner: LinkOwner,
  { segments, lanesUpTo, handed, terms }: { segments: number; lanesUpTo: number; handed: number; terms: Terms },
): Promise<ClaimedText[]> {
  const askedAt = performance.now();
  const values = [owner.tenant, owner.link, owner.links, owner.epoch, lanesUpTo, segments, handed];
  const { rows } = await inTransaction(pool, async (db) => {
    await db.query(BY_INDEX);
    return db.query<Omit<ClaimedText, 'askedAt'>>(CLAIM, [...values, ...termValues(terms)]);
  });
  return rows.map((row) => ({ ...row, askedAt }));
}

// A queue that was just filled, or emptied, is not what its statistics say: the planner would read and sort all of it for
// its first hundred.
const BY_INDEX =
  'set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off; set local jit = off';

// Not a named statement: a plan made while the queue was short would be kept when it is long. The lateral with a limit,
// the ctid array and the scalars keep the planner to index lookups, however large the tables are.
const CLAIM = `with fence as materialized (
  select from carrier_link
  where tenant = $1 and link = $2 and epoch = $4
    -- Phones are shared out by the number of binds: once it changes, what was claimed by the old one leaves first.
    and coalesce((select links from carrier_binds where tenant = $1), $3) = $3
    and not exists (select from sms_batch where tenant = $1 and settled_at is null and links <> $3)
  for share
), head as (
  select ctid as place, sms_id, lane, segments, not_before from sms_queue
  where tenant = $1 and lane <= $5 and ${OF_LINK} and not_before <= now() and exists (select from fence)
  order by lane, not_before, sms_id limit $6 for update skip locked
), fitting as (
  select place from (
    select place, segments, sum(segments) over (order by lane, not_before, sms_id) as upto from head) counted
  where upto - segments < $6
), claimed as (
  delete from sms_queue where ctid = any (array(select place from fitting))
  returning sms_id, attempt, reference, not_before
), judged as (
  select s.id, s.tenant, s.lane, s.phone, s.source, s.body, s.segments, s.expires_at, c.attempt, c.reference,
    c.not_before, ${refusalOf('$8')} as refusal,
    -- Half a text on the phone is worth nothing: what has begun to leave goes on.
    case when c.reference is null or (select part from sms_part where sms_id = s.id and state = 'ACCEPTED' limit 1) is null
      then ${quietEndOf('$9', '$10', '$11')} end as quiet_end
  from claimed c cross join lateral (select * from sms where sms.id = c.sms_id limit 1) s
), withheld as (
  insert into sms_part (sms_id, part, attempt, state, error)
  select s.id, part, s.attempt, 'CANCELLED', s.refusal from judged s, generate_series(1, s.segments) part
  where s.refusal is not null and (select state from sms_part p
    where p.sms_id = s.id and p.part = part.part and p.state in ('ACCEPTED', 'REJECTED') limit 1) is null
  on conflict (sms_id, part, attempt) do update set state = excluded.state, error = excluded.error, at = excluded.at
    where sms_part.state = 'UNCERTAIN'
), put_off as (
  insert into sms_queue (${QUEUE_COLUMNS}, attempt, reference, not_before)
  select ${QUEUE_VALUES}, s.attempt, s.reference, s.quiet_end from judged s
  where s.refusal is null and s.quiet_end is not null
), text as (
  select *, count(*) filter (where segments > 1 and reference is null) over (partition by phone) as long_texts,
    count(*) filter (where segments > 1 and reference is null) over (partition by phone order by id) as nth
  from judged where refusal is null and quiet_end is null
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
  select $1, $2, $3, $4, $7, array_agg(id order by lane, not_before, id),
    array_agg(attempt order by lane, not_before, id), array_agg(ref order by lane, not_before, id)
  from numbered having count(*) > 0
  returning id
)
select batch.id as "batchId", n.id as "smsId", n.attempt, n.ref as reference, n.lane, n.phone, n.source, n.body,
  n.expires_at as "expiresAt", n.segments, coalesce(case when n.reference is not null then
    (select array_agg(distinct part) from sms_part p where p.sms_id = n.id and (p.state in ('ACCEPTED', 'REJECTED')
      -- What this attempt left UNCERTAIN is not its to send again.
      or p.state = 'UNCERTAIN' and p.attempt = n.attempt and p.not_taken is null))
  end, '{}') as done
from batch, numbered n order by n.lane, n.not_before, n.id`;

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
  if (rowCount === 0) throw new FencedError(owner);
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
    if (rowCount === 0) throw new FencedError(owner);
    await db.query(
      `insert into sms_queue (${QUEUE_COLUMNS}, attempt, reference, not_before)
      select ${QUEUE_VALUES}, u.attempt, u.reference, ${FORMER_PLACE}
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
    insert into sms_queue (${QUEUE_COLUMNS}, attempt, reference, not_before)
    select ${QUEUE_VALUES}, u.attempt, u.reference, ${FORMER_PLACE}
    from unseen, unnest(sms_ids, attempts, refs) u (sms_id, attempt, reference) join sms s on s.id = u.sms_id
    on conflict do nothing`,
    [owner.tenant, owner.link, owner.epoch, seenBatches],
  );
}
