/** A unit's log as its fold reads it: its orders and cancels, and its trial. */
import { chargeEvent } from '../../workflows/domain/billing-decision.ts';
import type { UnitLog, UnitTrial } from '../../workflows/domain/subscription/log.ts';
import { eventRowsOfUnits } from './charge-events.ts';
import { epochMs, type Db } from './pool.ts';

/** Reads it, with its trial; a change or a year's end that its clock has made stays made. */
export async function readLog(db: Db, tenant: string, unit: string): Promise<UnitLog> {
  const events = (await eventRowsOfUnits(db, tenant, [unit])).map(chargeEvent);
  const { rows } = await db.query<UnitTrial & { doneUntil: number | null }>(
    `select ${epochMs('s.since')} as "doneUntil", ${epochMs('t.started_at')} as "startedAt", t.package, t.services,
      f.payer_guardian_id as payer, f.answer, ${epochMs('f.answered_at')} as "answeredAt",
      ${epochMs('f.declined_at')} as "declinedAt", ${epochMs('f.closed_at')} as "closedAt"
    from (select $1 as tenant, $2 as unit) asked left join subscription s using (tenant, unit)
    left join (trial_family f join trial t on t.id = f.trial_id) on f.tenant = asked.tenant and f.unit = asked.unit`,
    [tenant, unit],
  );
  const { doneUntil, ...trial } = rows[0]!;
  return { events, trial: trial.startedAt === null ? null : trial, ...(doneUntil !== null && { doneUntil }) };
}
