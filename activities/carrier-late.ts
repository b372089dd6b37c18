/** What a response tells that came after its timeout, when its text was taken for UNCERTAIN (architecture §3). */
import { FORMER_PLACE, QUEUE_COLUMNS, QUEUE_VALUES } from '../infra/postgres/outbox.ts';
import type { Db } from '../infra/postgres/pool.ts';
import type { PartOutcome } from './carrier-record.ts';

/** In the transaction that records these outcomes. */
export async function settleLate(db: Db, late: PartOutcome[]): Promise<void> {
  const known = late.filter(({ state }) => state !== 'NOT_TAKEN');
  if (known.length > 0) await dropResends(db, known);
  const notTaken = late.filter(({ state }) => state === 'NOT_TAKEN');
  if (notTaken.length > 0) await queueAgain(db, notTaken);
}

/** What was to be sent once more for being UNCERTAIN and is no longer. */
async function dropResends(db: Db, known: PartOutcome[]): Promise<void> {
  await db.query(
    `delete from sms_queue q where q.sms_id = any ($1::bigint[]) and q.attempt > 1 and (
      exists (select from sms_part p where p.sms_id = q.sms_id and p.state = 'REJECTED')
      or not exists (select from sms_part p where p.sms_id = q.sms_id and p.state = 'UNCERTAIN'))`,
    [known.map((o) => o.smsId)],
  );
}

/**
 * What the SMSC refused as too much at once, or being ill, it has not taken: sent again it can't be a duplicate. The
 * mark makes repeating this harmless; a text already queued for its resend leaves now.
 */
async function queueAgain(db: Db, notTaken: PartOutcome[]): Promise<void> {
  await db.query(
    `with late as (
      select * from unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::smallint[], $5::text[])
        l (sms_id, part, attempt, reference, error)
    ), marked as (
      insert into sms_part as p (sms_id, part, attempt, state, error, not_taken)
      select sms_id, part, attempt, 'UNCERTAIN', error, true from late
      on conflict (sms_id, part, attempt) do update set not_taken = true, error = excluded.error
        where p.state = 'UNCERTAIN' and p.not_taken is null
      returning sms_id, part, attempt
    )
    insert into sms_queue (${QUEUE_COLUMNS}, attempt, reference, not_before)
    select distinct on (s.id) ${QUEUE_VALUES}, l.attempt, l.reference, ${FORMER_PLACE}
    from late l join marked using (sms_id, part, attempt) join sms s on s.id = l.sms_id
    -- Sent once more already, or just being so.
    where not exists (select from sms_part p where p.sms_id = l.sms_id and p.part = l.part and p.attempt > l.attempt)
      and not exists (
        select from sms_batch b, unnest(b.sms_ids, b.attempts) u (sms_id, attempt)
        where b.tenant = s.tenant and b.settled_at is null and u.sms_id = s.id and u.attempt > l.attempt)
    order by s.id, l.attempt desc
    on conflict (sms_id) do update set not_before = now()`,
    [
      notTaken.map((o) => o.smsId),
      notTaken.map((o) => o.part),
      notTaken.map((o) => o.attempt),
      notTaken.map((o) => o.reference),
      notTaken.map((o) => o.error),
    ],
  );
}
