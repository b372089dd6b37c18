/** The rules' lines put into the ledger: by the monthly cycle for a chunk of units, by a subscription for its own. */
import { appendFees, appendReversals, standingFees } from './billing-ledger.ts';
import type { BillingMonth } from './billing-runs.ts';
import { eventRowsOfUnit } from './charge-events.ts';
import type { Db } from './pool.ts';
import {
  chargeEvent,
  decideMonth,
  inTurns,
  takenBackSince,
  type EventRow,
  type LedgerLine,
} from '../../workflows/domain/billing-decision.ts';
import { monthOf, monthsBetween, monthStart } from '../../workflows/domain/billing-month.ts';
import { profileAt, type CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import { whatIsDue, type Upcoming } from '../../workflows/domain/charging.ts';

/** How a month is charged. */
export interface Charging {
  /** The workflow that decides, which the explanation names. */
  workflowId: string;
  /** Lines to write; others wait for whoever they are due by. */
  isDue?: (line: LedgerLine) => boolean;
  /** The ledger may have fees that, with what came since, are not owed: only a reversal takes them back. */
  again: boolean;
}

/**
 * Writes the lines of the month that these events make due, in the caller's transaction. Harmless to repeat: the
 * ledger has one standing fee per unit and month, and takes back of a fee what is due alone.
 * @param events of the units, whole, in order of units
 * @returns how many lines were new
 */
export async function chargeUnits(
  db: Db,
  cycle: BillingMonth,
  events: readonly EventRow[],
  versions: readonly CarrierProfile[],
  { workflowId, isDue = () => true, again }: Charging,
): Promise<{ fees: number; reversals: number }> {
  const decided = decideMonth(events, versions, cycle.month);
  const { zone } = versions[0]!;
  const { staffRefundFen } = profileAt(versions, monthStart(cycle.month, zone));
  let [fees, reversals] = [0, 0];
  for (const turn of inTurns(decided.fees.filter(isDue))) {
    fees += await appendFees(db, cycle, workflowId, turn);
    reversals += await appendReversals(db, cycle, workflowId, decided.reversals.filter(isDue), staffRefundFen);
  }
  if (again) {
    const units = [...new Set(events.map(([unit]) => unit))];
    const undone = takenBackSince(await standingFees(db, cycle, units), decided, events);
    reversals += await appendReversals(db, cycle, workflowId, undone, staffRefundFen);
  }
  return { fees, reversals };
}

/**
 * Writes what is due of one unit by `now`: a first order's fee at the end of its waiver, a repeated order's at once,
 * what a cancel takes back. The monthly fee is the cycle's.
 * @param since the earliest instant that may have changed (epoch ms)
 * @returns what comes next by itself
 */
export async function settleUnit(
  db: Db,
  {
    tenant,
    unit,
    since,
    now,
    workflowId,
  }: { tenant: string; unit: string; since: number; now: number; workflowId: string },
  versions: readonly CarrierProfile[],
): Promise<Upcoming> {
  const { zone } = versions[0]!;
  const events = await eventRowsOfUnit(db, tenant, unit);
  const isDue = ({ reason, decidedAt }: LedgerLine) => reason !== 'monthly' && decidedAt <= now;
  for (const month of monthsBetween(monthOf(since, zone), monthOf(now, zone)))
    await chargeUnits(db, { tenant, month }, events, versions, { workflowId, isDue, again: true });
  return whatIsDue(events.map(chargeEvent), versions, now);
}
