/** The rules' lines as the ledger keeps them, and events as the rules read them. */
import type { BookedFee, ReturnLine } from './booking.ts';
import type { ChargeEvent, ChargeLine } from './charging.ts';

/** One recorded event as [unit, id, type, package, channel, payer, at, received at, said at]; times in epoch ms. */
export type EventRow = [string, number, ChargeEvent['type'], string, string, string, number, number, number | null];

/** A line of the ledger: a fee, 0 in a free month, or what takes back of one, negative. */
export interface LedgerLine {
  unit: string;
  /** `2026-03` */
  month: string;
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
  /** Of a fee: the event that consents to it. */
  consent: number | null;
  /** Of what takes back: the fee's id. */
  feeId: number | null;
  /** Of a fee: which of its unit's of the month it is, for one that was wholly taken back may have another after it. */
  nth: number;
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

/** An explanation names this many events: the latest decide, and nobody reads out more. */
const MAX_EVENTS = 20;

/** A fee as the ledger keeps it, after `before` others of the month. `events` are all of its unit's. */
export function feeLine(fee: ChargeLine, events: readonly ChargeEvent[], before = 0): LedgerLine {
  const { unit, month, payer, package: id, fen, rule, profile, decidedAt, basis, consent = null } = fee;
  const line = { unit, month, payer, package: id, fen, rule, profileVersion: profile, decidedAt };
  return { ...line, ...because(basis, events), consent, feeId: null, nth: before + 1 };
}

/** What takes back of a fee as the ledger keeps it. `events` are all of its unit's. */
export function returnLine(line: ReturnLine, fee: BookedFee, events: readonly ChargeEvent[]): LedgerLine {
  const { unit, month, fen, rule, profile, decidedAt, basis, feeId } = line;
  const ofFee = { payer: fee.payer, package: fee.package };
  const kept = { unit, month, ...ofFee, fen, rule, profileVersion: profile, decidedAt };
  return { ...kept, ...because(basis, events), consent: null, feeId, nth: 1 };
}

/** Events as the rules want them. */
export function chargeEvent([unit, id, type, of, channel, payer, at, receivedAt, saidAt]: EventRow): ChargeEvent {
  const event = { unit, id, payer, package: of, type, channel, at: Math.round(at), receivedAt: Math.round(receivedAt) };
  return saidAt === null ? event : { ...event, saidAt: Math.round(saidAt) };
}

function because({ kind, ...basis }: ReturnLine['basis'] | ChargeLine['basis'], events: readonly ChargeEvent[]) {
  const inputs: LedgerInputs = { ...basis, events: events.slice(-MAX_EVENTS).map(({ id }) => id!) };
  return { reason: kind, inputs: JSON.stringify(inputs) };
}
