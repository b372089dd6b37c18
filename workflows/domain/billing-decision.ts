/** The rules' lines of one month as the ledger keeps them. */
import type { CarrierProfile } from './carrier-profile.ts';
import { decideCharges, type ChargeEvent, type ChargeLine } from './charging.ts';
import { isOwnConsent } from './ordering.ts';

/** One recorded event as [unit, id, type, package, channel, payer, at, received at]; times in epoch ms. */
export type EventRow = [string, number, ChargeEvent['type'], string, string, string, number, number];

/** A line of the ledger. A `fee` is 0 in a free month; a reversal is negative. */
export interface LedgerLine {
  unit: string;
  payer: string;
  package: string;
  fen: number;
  rule: string;
  profileVersion: string;
  /** Epoch ms. */
  decidedAt: number;
  /** The basis in one word, e.g. `first-order`; the explanation says it in full. */
  reason: string;
  /** JSON of `LedgerInputs`. */
  inputs: string;
  /** Epoch ms: of the order whose fee it is, or takes back. */
  orderedAt: number;
  /**
   * Of a fee, the event by which it was consented to; null: none is known, and the ledger refuses it. Of what is taken
   * back, the cancel that staff dated back, for which a second person may be needed; null: it is of no such cancel.
   */
  event: number | null;
}

/** What a line was decided from: times in epoch ms and ids of subscription events, never people. */
export interface LedgerInputs {
  orderedAt?: number;
  changed?: boolean;
  cancelledAt?: number;
  learntAt?: number;
  unusedMonths?: number;
  events: number[];
}

export interface DecidedMonth {
  /** Each unit's together. */
  fees: LedgerLine[];
  /**
   * Of a unit's fee of the month (R8), or of a year it had (R6), by its order. The amount is all that is to be taken back
   * of it: a line beside what was taken back before is less by that.
   */
  reversals: LedgerLine[];
}

/** An explanation names this many events: the latest decide, and nobody reads out more. */
const MAX_EVENTS = 20;

/** Decides a month of the units whose events these are. `rows` are in order of units. */
export function decideMonth(
  rows: readonly EventRow[],
  versions: readonly CarrierProfile[],
  month: string,
): DecidedMonth {
  const decided: DecidedMonth = { fees: [], reversals: [] };
  const rowsOf = rowsOfUnits(rows);
  for (const line of decideCharges(rows.map(chargeEvent), versions, month)) {
    const kept = ledgerLine(line, rowsOf.get(line.unit)!);
    (isTakenBack(line) ? decided.reversals : decided.fees).push(kept);
  }
  return decided;
}

/**
 * The fees as they can be written, a turn after the other: a unit's second of a month only once its first was taken
 * back. Nearly always there is one turn.
 */
export function inTurns(fees: readonly LedgerLine[]): LedgerLine[][] {
  const turns: LedgerLine[][] = [[]];
  let turn = 0;
  for (const [i, fee] of fees.entries()) {
    turn = fees[i - 1]?.unit === fee.unit ? turn + 1 : 0;
    (turns[turn] ??= []).push(fee);
  }
  return turns;
}

/** A fee that stands in the ledger, at least in part. */
export interface StandingFee {
  unit: string;
  payer: string;
  package: string;
  /** As it was charged. */
  fen: number;
  profileVersion: string;
  /** Epoch ms. */
  orderedAt: number;
}

/**
 * Reversals of fees that, with what came since they were charged, are not owed: the ledger keeps what was written, so
 * only a line beside it takes it back (R8). A fee that is owed by another rule or at another price stands as charged.
 */
export function takenBackSince(
  standing: readonly StandingFee[],
  { fees, reversals }: DecidedMonth,
  rows: readonly EventRow[],
): LedgerLine[] {
  const orderOf = ({ unit, orderedAt }: LedgerLine) => `${unit} ${orderedAt}`;
  const undone = new Set(reversals.filter(({ rule }) => rule === 'R8').map(orderOf));
  const owed = new Set(fees.filter((fee) => !undone.has(orderOf(fee))).map(({ unit }) => unit));
  const rowsOf = rowsOfUnits(rows);
  return standing
    .filter(({ unit, fen }) => fen > 0 && !owed.has(unit))
    .map(({ fen, orderedAt, ...fee }) => {
      const own = rowsOf.get(fee.unit)!;
      const cancel = own.findLast(([, , type]) => type === 'cancel');
      const inputs: LedgerInputs = {
        orderedAt,
        ...(cancel && { cancelledAt: cancel[6], learntAt: cancel[7] }),
        events: own.slice(-MAX_EVENTS).map(([, id]) => id),
      };
      const decidedAt = Math.max(...own.map((row) => row[7]));
      const event = cancel ? datedBackBy(own, Math.round(cancel[6])) : null;
      const line = { ...fee, fen: -fen, rule: 'R8', decidedAt, orderedAt, event };
      return { ...line, reason: 'reversal', inputs: JSON.stringify(inputs) };
    });
}

/** Events as the rules want them. */
export function chargeEvent([unit, , type, id, channel, payer, at, receivedAt]: EventRow): ChargeEvent {
  return { unit, payer, package: id, type, channel, at: Math.round(at), receivedAt: Math.round(receivedAt) };
}

function isTakenBack({ basis: { kind } }: ChargeLine): boolean {
  return kind === 'reversal' || kind === 'refund';
}

function rowsOfUnits(rows: readonly EventRow[]): Map<string, EventRow[]> {
  const units = new Map<string, EventRow[]>();
  for (const row of rows) {
    const known = units.get(row[0]);
    if (known) known.push(row);
    else units.set(row[0], [row]);
  }
  return units;
}

function ledgerLine(line: ChargeLine, rows: readonly EventRow[]): LedgerLine {
  const { kind, ...basis } = line.basis;
  const events = rows.slice(-MAX_EVENTS).map(([, id]) => id);
  return {
    unit: line.unit,
    payer: line.payer,
    package: line.package,
    fen: line.fen,
    rule: line.rule,
    profileVersion: line.profile,
    decidedAt: line.decidedAt,
    reason: kind,
    inputs: JSON.stringify({ ...basis, events } satisfies LedgerInputs),
    orderedAt: basis.orderedAt,
    event: isTakenBack(line) ? datedBackBy(rows, line.basis.cancelledAt) : consentTo(line, rows),
  };
}

/** The parent's own order, or the consent to another's, that the line is of; the first of them at its instant. */
function consentTo({ package: wanted, basis: { orderedAt } }: ChargeLine, rows: readonly EventRow[]): number | null {
  const found = rows.find(
    ([, , type, id, channel, , at]) =>
      id === wanted &&
      Math.round(at) === orderedAt &&
      (type === 'consent' || (type === 'order' && isOwnConsent(channel))),
  );
  return found?.[1] ?? null;
}

/** Staff's cancel that says what was said at `at` and heard later; null: none, or a parent's own word says so too. */
function datedBackBy(rows: readonly EventRow[], at: number | undefined): number | null {
  const said = rows.filter(([, , type, , , , saidAt]) => type === 'cancel' && Math.round(saidAt) === at);
  const isStaffs = said.every(([, , , , channel, , saidAt, heardAt]) => !isOwnConsent(channel) && saidAt < heardAt);
  return isStaffs ? (said[0]?.[1] ?? null) : null;
}
