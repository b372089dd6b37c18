/** The rules' lines put into the ledger: by the monthly cycle for a chunk of units, by a command or clock for its own. */
import { appendLines, bookedFees, feesOfMonth, type MonthsFee } from './billing-ledger.ts';
import { eventRowsOfUnits } from './charge-events.ts';
import { readLog } from './unit-log.ts';
import type { Db } from './pool.ts';
import { holdRefunds } from './refund-holds.ts';
import { lockUnits } from './subscriptions.ts';
import {
  chargeEvent,
  feeLine,
  returnLine,
  type EventRow,
  type LedgerLine,
} from '../../workflows/domain/billing-decision.ts';
import { bookUnit, type BookedFee, type Booking } from '../../workflows/domain/booking.ts';
import type { CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import { decideCharges, type ChargeEvent, type ChargeLine } from '../../workflows/domain/charging.ts';
import { foldUnit, type Unit } from '../../workflows/domain/subscription/fold.ts';
import { knownBy } from '../../workflows/domain/subscription/log.ts';
import { needsSecondPerson } from '../../workflows/domain/staff-refund.ts';

/** How many lines were new. */
interface Booked {
  fees: number;
  reversals: number;
}

/** What settling a unit did, and what comes. */
export interface Settled extends Unit {
  events: readonly ChargeEvent[];
  /** What was given back by it, of which fees. */
  returned: readonly { feeId: number; fen: number }[];
}

interface Settling {
  tenant: string;
  /** By what time (epoch ms). */
  now: number;
  /** The workflow that decides, which the explanation names. */
  workflowId: string;
  versions: readonly CarrierProfile[];
  /** The month whose run this is: others leave its monthly fees to it. */
  month?: string;
}

/**
 * Writes what is due of one unit by now, in the caller's transaction with the unit locked: a first order's fee at the end
 * of its waiver, a repeated order's at once, what a cancel takes back. The monthly fee is the cycle's.
 */
export async function settleUnit(db: Db, unit: string, settling: Settling): Promise<Settled> {
  const log = await readLog(db, settling.tenant, unit);
  const { events } = log;
  const lines = await book(db, events, settling);
  const returned = lines.flatMap(({ feeId, fen }) => (feeId === null ? [] : [{ feeId, fen: -fen }]));
  // A clock that is behind does not make undone what was heard.
  return { ...foldUnit(log, settling.versions, knownBy(log, settling.now)), events, returned };
}

/**
 * Writes the month's fees of these units, in the caller's transaction. Harmless to repeat.
 * @param rows of the units, whole up to the month's end, in order of units
 * @param again the ledger may have fees that, with what came since, are not owed
 */
export async function chargeUnits(
  db: Db,
  rows: readonly EventRow[],
  settling: Settling & { month: string; again: boolean },
): Promise<Booked> {
  const { tenant, month, workflowId, versions, again } = settling;
  const eventsOf = Map.groupBy(rows.map(chargeEvent), ({ unit }) => unit);
  const units = [...eventsOf.keys()];
  if (again) return settleUnits(db, units, settling);

  const decided = decideCharges([...eventsOf.values()].flat(), versions, month);
  const had = new Map((await feesOfMonth(db, { tenant, month }, units)).map((fee) => [fee.unit, fee]));
  const returned = new Set(decided.filter(({ feeMonth }) => feeMonth !== undefined).map(({ unit }) => unit));
  const plain: ChargeLine[] = [];
  const other = new Set<string>();
  for (const line of decided) {
    const before = had.get(line.unit);
    if (returned.has(line.unit) || (before && !isBookedAs(before, line))) other.add(line.unit);
    else if (!before) plain.push(line);
  }
  // First, as it waits for the units' locks: what it holds then is theirs alone.
  const settled = await settleUnits(db, [...other], settling);
  const fees = plain.map((fee) => feeLine(fee, eventsOf.get(fee.unit)!));
  await appendLines(db, tenant, workflowId, fees);
  return { fees: settled.fees + fees.length, reversals: settled.reversals };
}

/** Whether the month's fee is there as it is decided, and nothing was taken back of it. */
function isBookedAs(before: MonthsFee, { package: id, fen }: ChargeLine): boolean {
  return before.isWhole && before.package === id && before.fen === fen;
}

/** Of units whose ledger is not simply to be added to: everything known of them, also what came after the month. */
async function settleUnits(db: Db, units: readonly string[], settling: Settling): Promise<Booked> {
  if (units.length === 0) return { fees: 0, reversals: 0 };
  await lockUnits(db, settling.tenant, units);
  const lines = await book(db, (await eventRowsOfUnits(db, settling.tenant, units)).map(chargeEvent), settling);
  const fees = lines.filter(({ feeId }) => feeId === null).length;
  return { fees, reversals: lines.length - fees };
}

/** A fee, and then what takes back of it; a third finds nothing. */
const ROUNDS = 3;

/** Appends what is missing. */
async function book(db: Db, events: readonly ChargeEvent[], settling: Settling): Promise<LedgerLine[]> {
  const { tenant, now, workflowId, versions, month } = settling;
  const eventsOf = Map.groupBy(events, ({ unit }) => unit);
  const mayBook = (fee: ChargeLine) => fee.basis.kind !== 'monthly' || fee.month === month;
  const booked: LedgerLine[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const bookedOf = Map.groupBy(await bookedFees(db, tenant, [...eventsOf.keys()]), ({ unit }) => unit);
    const returns: LedgerLine[] = [];
    const fees: LedgerLine[] = [];
    let isPart = false;
    for (const [unit, each] of eventsOf) {
      const before = bookedOf.get(unit) ?? [];
      const due = bookUnit({ booked: before, events: each, versions, now, mayBook });
      const missing = await releasedOf(db, due, { before, events: each }, settling);
      const feeOf = (id: number): BookedFee => before.find((fee) => fee.id === id)!;
      returns.push(...missing.returns.map((line) => returnLine(line, feeOf(line.feeId), each)));
      const had = (month: string) => before.filter((fee) => fee.month === month).length;
      fees.push(...missing.fees.map((fee) => feeLine(fee, each, had(fee.month))));
      isPart ||= missing.isPart;
    }
    // What takes back is seen by a fee in its place only as a statement before it.
    await appendLines(db, tenant, workflowId, returns);
    await appendLines(db, tenant, workflowId, fees);
    booked.push(...returns, ...fees);
    if (!isPart || fees.length === 0) break;
  }
  return booked;
}

/**
 * Without what waits for a second person: by a cancel that only staff know of, above the profile's sum. Nor is a fee that
 * would stand in the place of one that is not taken back yet.
 */
async function releasedOf(
  db: Db,
  missing: Booking,
  { before, events }: { before: readonly BookedFee[]; events: readonly ChargeEvent[] },
  { tenant, versions }: Settling,
): Promise<Booking> {
  const refunds = missing.returns.flatMap((line) => {
    const event = needsSecondPerson(line, events, versions);
    return event === null ? [] : [{ ...line, event }];
  });
  if (refunds.length === 0) return missing;
  const held = await holdRefunds(db, tenant, refunds);
  const months = new Set(before.filter(({ id }) => held.has(id)).map(({ month }) => month));
  return {
    ...missing,
    returns: missing.returns.filter(({ feeId }) => !held.has(feeId)),
    fees: missing.fees.filter(({ month }) => !months.has(month)),
  };
}
