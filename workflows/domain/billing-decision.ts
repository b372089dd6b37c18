/** The rules' lines of one month as the ledger keeps them. */
import type { CarrierProfile } from './carrier-profile.ts';
import { decideCharges, type ChargeEvent, type ChargeLine } from './charging.ts';

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
  fees: LedgerLine[];
  /** Of a unit's fee of the month (R8), or of a year it had (R6): each names the fee it takes back. */
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
  const eventsOf = eventIds(rows);
  for (const line of decideCharges(rows.map(chargeEvent), versions, month)) {
    const kept = ledgerLine(line, eventsOf.get(line.unit)!);
    (line.basis.kind === 'reversal' || line.basis.kind === 'refund' ? decided.reversals : decided.fees).push(kept);
  }
  return decided;
}

/** A fee that stands in the ledger. */
export interface StandingFee {
  unit: string;
  payer: string;
  package: string;
  fen: number;
  profileVersion: string;
}

/**
 * Reversals of fees that, with what came since they were charged, are not owed: the ledger keeps what was written, so
 * only a line beside it takes it back (R8). A fee that is owed by another rule or at another price stands as charged.
 */
export function takenBackSince(
  standing: readonly StandingFee[],
  { fees }: DecidedMonth,
  rows: readonly EventRow[],
): LedgerLine[] {
  const owed = new Set(fees.map(({ unit }) => unit));
  const eventsOf = eventIds(rows);
  const lastCancel = new Map(rows.filter(([, , type]) => type === 'cancel').map((row) => [row[0], row]));
  return standing
    .filter(({ unit, fen }) => fen > 0 && !owed.has(unit))
    .map(({ unit, payer, package: id, fen, profileVersion }) => {
      const cancel = lastCancel.get(unit);
      const inputs: LedgerInputs = {
        ...(cancel && { cancelledAt: cancel[6], learntAt: cancel[7] }),
        events: eventsOf.get(unit)!,
      };
      const decidedAt = Math.max(...rows.filter((row) => row[0] === unit).map((row) => row[7]));
      const line = { unit, payer, package: id, fen: -fen, rule: 'R8', profileVersion, decidedAt };
      return { ...line, reason: 'reversal', inputs: JSON.stringify(inputs) };
    });
}

/** Events as the rules want them. */
export function chargeEvent([unit, , type, id, channel, payer, at, receivedAt]: EventRow): ChargeEvent {
  return { unit, payer, package: id, type, channel, at: Math.round(at), receivedAt: Math.round(receivedAt) };
}

function eventIds(rows: readonly EventRow[]): Map<string, number[]> {
  const ids = new Map<string, number[]>();
  for (const [unit, id] of rows) {
    const known = ids.get(unit);
    if (!known) ids.set(unit, [id]);
    else if (known.push(id) > MAX_EVENTS) known.shift();
  }
  return ids;
}

function ledgerLine(line: ChargeLine, events: number[]): LedgerLine {
  const { kind, ...basis } = line.basis;
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
  };
}
