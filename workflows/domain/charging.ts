/**
 * What is due (spec §6, R1–R8; the seeds' 计费规则 and 资费): one pure function of the recorded events, used by the
 * subscription workflow, the monthly run, the preview and the backtest. Half-open intervals of the carrier's civil time.
 */
import type { CarrierProfile } from './carrier-profile.ts';
import { replayUnit } from './charging-replay.ts';
import { addMonths } from './civil-time.ts';
import { CivilMonths, formatMonth, parseMonth } from './civil-month.ts';
import { decides, orderOf, standing, type ChargeEvent } from './subscription/log.ts';

export type { ChargeEvent };

export type ChargeRule = 'R1' | 'R3' | 'R4' | 'R5' | 'R6' | 'R8';

/** One line of the ledger. */
export interface ChargeLine {
  unit: string;
  /** The phone that ordered. */
  payer: string;
  package: string;
  /** `2026-03`: the month charged; a reversal's is that of the fee it reverses. */
  month: string;
  /** Negative: a reversal or a refund. */
  fen: number;
  rule: ChargeRule;
  /** Epoch ms. */
  decidedAt: number;
  /** Name of the version of the profile it was decided by. */
  profile: string;
  basis: ChargeBasis;
  /** Of a fee: the recorded event that consents to it. */
  consent?: number;
  /** Of a reversal or refund: the month of the fee it takes back. */
  feeMonth?: string;
}

/** What a line was decided from: its reason in words is told from this. */
export interface ChargeBasis {
  kind: 'first-order' | 'repeat-order' | 'monthly' | 'reversal' | 'refund';
  orderedAt: number;
  /** Since the month before, another package was paid (R7). */
  changed?: boolean;
  /** Cancelled then, learnt of then: why a negative line is there, and of a fee, what was not known when it fell due. */
  cancelledAt?: number;
  learntAt?: number;
  /** R6 refund: non-free months not used. */
  unusedMonths?: number;
}

/**
 * Decides the lines of a month, or of each month up to `through`. Events may be in any order, and of any units: a
 * unit's lines depend on no other's, so a million units may come in chunks. Linear in events and months.
 * @param versions all versions of the carrier's profile, in order of time
 * @param month e.g. `2026-03`
 * @returns each unit's lines together; a fee before its reversal
 * @throws RangeError when a month isn't one
 */
export function decideCharges(
  events: Iterable<ChargeEvent>,
  versions: readonly CarrierProfile[],
  month: string,
  through = month,
): ChargeLine[] {
  const [from, to] = [parseMonth(month), parseMonth(through)];
  if (from === undefined || to === undefined) throw new RangeError(`${month}…${through} are not months`);
  const units = new Map<string, ChargeEvent[]>();
  for (const event of events) {
    if (!decides(event)) continue;
    const known = units.get(event.unit);
    if (known) known.push(event);
    else units.set(event.unit, [event]);
  }
  const months = new CivilMonths(versions[0]!.zone);
  const lines: ChargeLine[] = [];
  const inOrder = orderOf(versions);
  for (const each of units.values()) {
    const stands = standing(each.sort(inOrder), versions);
    if (stands.length > 0) replayUnit(stands, { versions, months, from, to }, lines);
  }
  return lines;
}

/** The lines of one unit in order as they fall due, from its first event until `until` (epoch ms). */
export function decideUnit(
  events: readonly ChargeEvent[],
  versions: readonly CarrierProfile[],
  until: number,
): ChargeLine[] {
  const deciding = events.filter(decides);
  if (deciding.length === 0) return [];
  const months = new CivilMonths(versions[0]!.zone);
  const first = deciding.reduce((earliest, { at }) => Math.min(earliest, at), until);
  const lines = decideCharges(deciding, versions, formatMonth(months.of(first)), formatMonth(months.of(until)));
  return lines.filter(({ decidedAt }) => decidedAt <= until);
}

/** The free months of a profile are fewer than this in a row, and a late order waits for the next month. */
const NEXT_CHARGE_MONTHS = 13;

/** When the unit is charged next, from `at` on (epoch ms), if nothing more is said; null: nothing comes by itself. */
export function nextChargeAt(
  events: readonly ChargeEvent[],
  versions: readonly CarrierProfile[],
  at: number,
): number | null {
  const until = addMonths(at, NEXT_CHARGE_MONTHS, versions[0]!.zone);
  const lines = decideUnit(events, versions, until);
  return lines.find(({ fen, decidedAt }) => fen > 0 && decidedAt >= at)?.decidedAt ?? null;
}
