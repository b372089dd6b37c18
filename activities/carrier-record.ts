/** What became of what a carrier link sent, put into the record. */
import { inTransaction, type Db, type Pool } from '../infra/postgres/pool.ts';
import { settleLate } from './carrier-late.ts';
import { FencedError, type LinkOwner } from './carrier-owner.ts';
import { resend } from './carrier-resend.ts';
import { keepReferences } from './carrier-uncertain.ts';

/** What became of one part. */
export interface PartOutcome {
  smsId: number;
  part: number;
  attempt: number;
  /** NOT_TAKEN: it was UNCERTAIN, and a late refusal proves that the SMSC never took it. */
  state: 'ACCEPTED' | 'REJECTED' | 'UNCERTAIN' | 'EXPIRED' | 'CANCELLED' | 'NOT_TAKEN';
  smscId: string | null;
  error: string | null;
  reference: number;
  /** Of a response after its timeout. */
  late?: boolean;
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
  if (!rows[0]!.held) throw new FencedError(owner);
}
