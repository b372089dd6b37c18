import type { Db, Pool } from '../infra/postgres/pool.ts';
import { inTransaction } from '../infra/postgres/pool.ts';
import { idForms, type Receipt } from '../infra/smpp/receipt.ts';
import { MOBILE } from '../workflows/domain/phone-number.ts';

/** A receipt and whom it concerns. */
export interface TenantReceipt extends Receipt {
  tenant: string;
  phone: string;
  /** The address the text came from. */
  destination: string;
}

/** How far back a receipt without a text is looked up again: responses are recorded within seconds of it. */
const UNMATCHED_FOR = '15 minutes';
/** After this a receipt without a text may be that of an UNCERTAIN one; well before such a text is sent once more. */
const RESPONSE_DUE_AFTER = '2 seconds';
/** How long after an uncertain submit its receipt may come; most carriers keep a text for 2 days. */
const UNCERTAIN_FOR = '3 days';
const UNMATCHED_PER_SWEEP = 1_000;

/**
 * Stores receipts, each with its part where the SMSC's id is known already; one that came before is dropped, but for words
 * it had not. Committed when it returns.
 * @returns the states of those that are new or have new words
 */
export async function storeReceipts(db: Db, receipts: TenantReceipt[]): Promise<string[]> {
  const { rows } = await db.query<{ state: string }>(
    `insert into sms_receipt (tenant, smsc_id, phone, destination, state, error, sms_id, part)
    select distinct on (r.tenant, r.smsc_id, r.phone, r.state)
      r.tenant, r.smsc_id, r.phone, r.destination, r.state, r.error, m.sms_id, m.part
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
      r (tenant, smsc_id, phone, destination, state, error, second, third)
    left join lateral (${MATCH}) m on true
    order by r.tenant, r.smsc_id, r.phone, r.state, r.error
    on conflict (tenant, smsc_id, phone, state) do update set error = excluded.error
      where sms_receipt.error is null and excluded.error is not null
    returning state`,
    [
      receipts.map((r) => r.tenant),
      receipts.map((r) => r.smscId),
      receipts.map((r) => r.phone),
      receipts.map((r) => r.destination),
      receipts.map((r) => r.state),
      receipts.map((r) => r.error),
      ...alternatives(receipts.map((r) => r.smscId)),
    ],
  );
  return rows.map(({ state }) => state);
}

// The part a receipt `r` belongs to: the id as it came before its other number forms, the latest text first. An address
// that is no mobile number says nothing: the id alone does. The text is a subquery and not a join, which would let the
// planner read all texts for a few receipts.
const MATCH = `select p.sms_id, p.part from sms_part p
  where p.smsc_id in (r.smsc_id, r.second, r.third)
    and (select s.tenant = r.tenant and (s.phone = r.phone or r.phone !~ '${MOBILE.source}')
      from sms s where s.id = p.sms_id)
  order by (p.smsc_id = r.smsc_id) desc, p.at desc limit 1`;

/** Of each receipt, whether its id is that of a text of ours to its phone. */
export async function areOurs(db: Db, receipts: TenantReceipt[]): Promise<boolean[]> {
  const { rows } = await db.query<{ ours: boolean }>(
    `select m.sms_id is not null as ours
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) with ordinality
      r (tenant, smsc_id, phone, second, third, nth)
    left join lateral (${MATCH}) m on true order by r.nth`,
    [
      receipts.map((r) => r.tenant),
      receipts.map((r) => r.smscId),
      receipts.map((r) => r.phone),
      ...alternatives(receipts.map((r) => r.smscId)),
    ],
  );
  return rows.map(({ ours }) => ours);
}

function alternatives(smscIds: string[]): [(string | null)[], (string | null)[]] {
  const forms = smscIds.map(idForms);
  return [forms.map((form) => form[1] ?? null), forms.map((form) => form[2] ?? null)];
}

/**
 * Joins receipts that came before their response was recorded, and those of texts that are UNCERTAIN.
 * @returns how many found their text
 */
export async function joinReceipts(pool: Pool, tenant: string): Promise<number> {
  const { rows } = await pool.query<{ id: number; smsc_id: string }>(
    `select id, smsc_id from sms_receipt
    where sms_id is null and tenant = $1 and received_at > now() - $2::interval
    order by id desc limit $3`,
    [tenant, UNMATCHED_FOR, UNMATCHED_PER_SWEEP],
  );
  if (rows.length === 0) return 0;
  const { rowCount } = await pool.query(
    `with r as (
      select t.id, t.tenant, t.smsc_id, t.phone, u.second, u.third
      from unnest($1::bigint[], $2::text[], $3::text[]) u (id, second, third) join sms_receipt t on t.id = u.id
    )
    update sms_receipt set sms_id = m.sms_id, part = m.part
    from r cross join lateral (${MATCH}) m where sms_receipt.id = r.id`,
    [rows.map(({ id }) => id), ...alternatives(rows.map(({ smsc_id }) => smsc_id))],
  );
  return (rowCount ?? 0) + (await resolveUncertain(pool, tenant));
}

/**
 * Receipts whose id no response ever named, to phones with UNCERTAIN texts and none still being submitted. One is a
 * text's where no other had been written when it came; its parts are taken in order. Where there are several texts, and
 * as many receipts as parts, all of one end, it makes no difference whose is which. What is left a person sees.
 */
async function resolveUncertain(pool: Pool, tenant: string): Promise<number> {
  return inTransaction(pool, async (db) => {
    const { rows } = await db.query(
      `with named as (
        select smsc_id, phone, destination, min(received_at) as at, min(state) as first_state, max(state) as last_state
        from sms_receipt r
        where sms_id is null and tenant = $1
          and received_at between now() - $3::interval and now() - $2::interval
          and not exists (
            select from sms other
            where other.phone = r.phone and other.source = r.destination
              and other.created_at between r.received_at - interval '1 hour' and r.received_at
              and not exists (select from sms_part o where o.sms_id = other.id)
              and not exists (select from sms_queue q where q.sms_id = other.id))
        group by smsc_id, phone, destination
      ), uncertain as (
        select s.phone, s.source as destination, s.created_at, p.sms_id, p.part, p.attempt
        from (select distinct phone, destination from named) r
        join sms s on s.phone = r.phone and s.source = r.destination and s.tenant = $1
          and s.created_at > now() - $3::interval
        join sms_part p on p.sms_id = s.id and p.state = 'UNCERTAIN' and p.not_taken is null
      ), of_one as (
        select n.smsc_id, n.phone, min(u.sms_id) as sms_id,
          row_number() over (partition by min(u.sms_id) order by n.smsc_id) as nth
        from named n join uncertain u
          on u.phone = n.phone and u.destination = n.destination and u.created_at < n.at
        group by n.smsc_id, n.phone having count(distinct u.sms_id) = 1
      ), equal as (
        select phone, destination from named n group by phone, destination
        having min(first_state) = max(last_state) and min(first_state) <> 'BUFFERED' and exists (
          select from uncertain u where u.phone = n.phone and u.destination = n.destination
          having count(distinct sms_id) > 1 and count(*) = count(distinct n.smsc_id) and max(created_at) < min(n.at))
      ), candidate as (
        select o.smsc_id, o.phone, u.sms_id, u.part, u.attempt
        from of_one o join (
          select *, row_number() over (partition by sms_id order by attempt, part) as nth from uncertain) u
          using (sms_id, nth)
      union all
        select n.smsc_id, n.phone, u.sms_id, u.part, u.attempt
        from equal
        join (select *, row_number() over (partition by phone, destination order by smsc_id) as nth from named) n
          using (phone, destination)
        join (
          select *, row_number() over (partition by phone, destination order by sms_id, attempt, part) as nth
          from uncertain) u using (phone, destination, nth)
      ), resolved as (
        update sms_part p set state = 'ACCEPTED', smsc_id = c.smsc_id, error = null
        from candidate c
        where p.sms_id = c.sms_id and p.part = c.part and p.attempt = c.attempt and p.state = 'UNCERTAIN'
        returning p.sms_id, p.part, p.smsc_id, c.phone
      ), joined as (
        update sms_receipt r set sms_id = resolved.sms_id, part = resolved.part
        from resolved
        where r.sms_id is null and r.tenant = $1 and r.smsc_id = resolved.smsc_id and r.phone = resolved.phone
        returning r.sms_id
      )
      -- What is known to have arrived is not sent again.
      delete from sms_queue q using joined where q.sms_id = joined.sms_id and q.attempt > 1
        and not exists (select from sms_part p where p.sms_id = q.sms_id and p.state = 'UNCERTAIN'
          and not exists (select from resolved where resolved.sms_id = p.sms_id and resolved.part = p.part))
      returning q.sms_id`,
      [tenant, RESPONSE_DUE_AFTER, UNCERTAIN_FOR],
    );
    return rows.length;
  });
}
