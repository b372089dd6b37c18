/**
 * What an SMSC delivers a second time (migration 0019). Only a text whose answer is not known to have arrived can come
 * again, and never with another text of its phone between: what merely has the same words is said again, and a stop
 * said again must not be lost. What is dropped is recorded.
 */
import type { Db, Pool } from '../infra/postgres/pool.ts';
import { absoluteTime, TLV, type ShortMessage } from '../infra/smpp/decode.ts';
import type { DeliveredText } from './carrier-mo.ts';

/** An SMSC that lost our answer delivers again within this; when it names its texts, however late it does. */
const REDELIVERY_WITHIN = '1 hour';
export const NAMED_REDELIVERY_WITHIN = '7 days';

/**
 * Whether the SMSC itself names the text, by an id or by when it received it: then its digest tells it from every other.
 * The user's reference is no name: it is the phone's, counts to 255 at the most, and some always say 0.
 */
export function isNamed({ tlvs }: ShortMessage): boolean {
  const id = tlvs.get(TLV.receiptedMessageId);
  return id?.some((octet) => octet !== 0) === true || absoluteTime(tlvs.get(TLV.receivedAt)) !== undefined;
}

/** The text that one named by the SMSC is, if it came before as a whole. */
export async function storedByName(db: Db, digest: string): Promise<number | undefined> {
  const { rows } = await db.query<{ id: number }>(
    'select id from mo where digest = $1 and stored_at > now() - $2::interval limit 1',
    [digest, NAMED_REDELIVERY_WITHIN],
  );
  return rows[0]?.id;
}

/**
 * Takes a text for the redelivery of one that has no answer yet, if it can be that, and records it. On the connection
 * the first came on, an SMSC delivers again only what was refused or not answered in time.
 * @returns the row its answer settles, as awaitAnswer does; undefined where it is a text of its own
 */
export async function takeRedelivery(db: Db, text: DeliveredText): Promise<number | undefined> {
  const { tenant, phone, digest, connection, comesAgain } = text;
  const { rows } = await db.query<{ id: number }>(
    `with again as (
      update mo_unanswered set connection = $4
      where id = (
        select id from mo_unanswered
        where tenant = $1 and phone = $2 and digest = $3 and (connection <> $4 or $5) and at > now() - $6::interval
        order by id limit 1)
      returning id, mo_id
    ), recorded as (
      insert into mo_redelivery (tenant, phone, mo_id) select $1, $2, mo_id from again
    )
    select id from again`,
    [tenant, phone, digest, connection, comesAgain, REDELIVERY_WITHIN],
  );
  return rows[0]?.id;
}

/** Records that a text was dropped, the same as one that is stored; null: as a part whose text was not complete. */
export async function recordRedelivery(db: Db, { tenant, phone }: DeliveredText, moId: number | null): Promise<void> {
  await db.query('insert into mo_redelivery (tenant, phone, mo_id) values ($1, $2, $3)', [tenant, phone, moId]);
}

/**
 * Notes a new text, in the transaction that stores it: until its answer has arrived it may come again, and what came
 * of its phone before can't any more.
 * @param of the text that is stored, or of a part its long text
 * @returns what forgetAnswered takes; undefined where the SMSC names its texts
 */
export async function awaitAnswer(
  db: Db,
  { tenant, phone, digest, connection, message }: DeliveredText,
  of: { moId: number } | { longText: string },
): Promise<number | undefined> {
  const [moId, longText] = 'moId' in of ? [of.moId, null] : [null, of.longText];
  const { rows } = await db.query<{ id: number }>(
    `with gone as (
      delete from mo_unanswered
      where tenant = $1 and phone = $2 and digest <> $3 and coalesce(long_text <> $5, true)
    )
    insert into mo_unanswered (tenant, phone, digest, connection, long_text, mo_id)
    select $1, $2, $3, $4, $5, $6 where $7 returning id`,
    [tenant, phone, digest, connection, longText, moId, !isNamed(message)],
  );
  return rows[0]?.id;
}

/** Deletes rows whose answer has arrived; what came again meanwhile, over another connection, waits for that answer. */
export async function forgetAnswered(pool: Pool, connection: string, ids: number[]): Promise<void> {
  await pool.query('delete from mo_unanswered where id = any ($1::bigint[]) and connection = $2', [ids, connection]);
}

/** Deletes rows that no redelivery can be of any more. */
export async function forgetUnanswered(pool: Pool, tenant: string): Promise<void> {
  await pool.query('delete from mo_unanswered where tenant = $1 and at < now() - $2::interval', [
    tenant,
    REDELIVERY_WITHIN,
  ]);
}
