/**
 * What to append to a unit's ledger so that it says what the rules say of everything known by now (spec §6). The ledger
 * is append-only: a fee that is not owed any more is taken back by a linked line, what is given back later is added to
 * what was given back before, and a month has one fee that stands.
 */
import type { CarrierProfile } from './carrier-profile.ts';
import { decideUnit, type ChargeBasis, type ChargeEvent, type ChargeLine } from './charging.ts';

/** A fee in the ledger. */
export interface BookedFee {
  id: number;
  unit: string;
  /** `2026-03` */
  month: string;
  payer: string;
  package: string;
  fen: number;
  /** What was given back of it so far, in fen, positive, and when the latest of that was decided (epoch ms). */
  returned: number;
  returnedAt: number | null;
  profileVersion: string;
  /** Epoch ms. */
  decidedAt: number;
}

/** A line that takes back a fee, wholly or in part. */
export type ReturnLine = Pick<ChargeLine, 'unit' | 'month' | 'rule' | 'decidedAt' | 'profile'> & {
  feeId: number;
  /** Negative. */
  fen: number;
  basis: ReturnBasis;
};

/** `correction`: by what we learnt since, another fee is owed in its place. */
export type ReturnBasis = Partial<Omit<ChargeBasis, 'kind'>> & { kind: 'reversal' | 'refund' | 'correction' };

/** Lines to append: those that take back first, so that no month ever has two fees that stand. */
export interface Booking {
  returns: ReturnLine[];
  fees: ChargeLine[];
  /** Something is given back of one of the fees, so that more is missing once that is booked. */
  isPart: boolean;
}

interface Unit {
  /** All of the unit's, in the order they were booked. */
  booked: readonly BookedFee[];
  events: readonly ChargeEvent[];
  versions: readonly CarrierProfile[];
  /** Epoch ms. */
  now: number;
  /** Whether a fee that no other stands for may be booked; that of a month is its run's. */
  mayBook: (fee: ChargeLine) => boolean;
}

/** The lines that are missing, but for those that take back of a fee which is missing itself. */
export function bookUnit({ booked, events, versions, now, mayBook }: Unit): Booking {
  // Whose clock is behind, or who repeats an old request, must neither take back what was booked meanwhile nor book again
  // what was given back.
  const done = booked.map(({ decidedAt, returnedAt }) => Math.max(decidedAt, returnedAt ?? 0));
  const until = Math.max(now, ...events.map(({ receivedAt }) => receivedAt), ...done);
  const owed = owedOf(decideUnit(events, versions, until));
  const returns: ReturnLine[] = [];
  const standing = new Map(booked.filter(stands).map((fee) => [fee.month, fee]));
  for (const [month, fee] of standing) {
    const target = owed.get(month);
    const isOwed = target?.stands === true && isSame(target.fee, fee);
    if (isOwed && target.returned <= fee.returned) continue;
    if (isOwed) returns.push(returned(fee, target.returned - fee.returned, target.because!));
    else if (fee.fen > 0) returns.push(takenBack(fee, target, events));
  }
  const months = new Set(booked.map(({ month }) => month));
  const fees = [...owed.values()].filter(({ fee, stands }) => {
    const before = standing.get(fee.month);
    if (before) return stands && before.fen + fee.fen > 0 && !isSame(fee, before);
    return (stands || !months.has(fee.month)) && mayBook(fee);
  });
  return { returns, fees: fees.map(({ fee }) => fee), isPart: fees.some((each) => each.returned > 0) };
}

/** Whether a fee is not wholly given back. A free month's line of nothing stands until there is another of the month. */
export function stands({ fen, returned }: BookedFee): boolean {
  return fen === 0 || returned < fen;
}

function isSame(owed: ChargeLine, booked: BookedFee): boolean {
  return owed.package === booked.package && owed.fen === booked.fen;
}

/** What the rules say of a month's last fee. */
interface Owed {
  fee: ChargeLine;
  returned: number;
  stands: boolean;
  /** The line that last took of it. */
  because: ChargeLine | undefined;
}

function owedOf(decided: readonly ChargeLine[]): Map<string, Owed> {
  const owed = new Map<string, Owed>();
  for (const line of decided) {
    if (line.feeMonth === undefined) {
      owed.set(line.month, { fee: line, returned: 0, stands: true, because: undefined });
      continue;
    }
    const of = owed.get(line.feeMonth)!;
    const returned = of.returned - line.fen;
    owed.set(line.feeMonth, { ...of, returned, stands: returned < of.fee.fen, because: line });
  }
  return owed;
}

function returned(fee: BookedFee, fen: number, { month, rule, decidedAt, profile, basis }: ChargeLine): ReturnLine {
  const because = { ...basis, kind: basis.kind === 'refund' ? ('refund' as const) : ('reversal' as const) };
  return { feeId: fee.id, unit: fee.unit, month, fen: -fen, rule, decidedAt, profile, basis: because };
}

/** The whole of a fee that is not owed, or not as it was booked. */
function takenBack(fee: BookedFee, target: Owed | undefined, events: readonly ChargeEvent[]): ReturnLine {
  const left = fee.fen - fee.returned;
  if (target?.because && !target.stands) return returned(fee, left, target.because);
  const cancel = events.findLast(({ type }) => type === 'cancel');
  const basis: ReturnBasis =
    target || !cancel
      ? { kind: 'correction' }
      : { kind: 'reversal', cancelledAt: cancel.at, learntAt: cancel.receivedAt };
  const decidedAt = events.reduce((latest, { receivedAt }) => Math.max(latest, receivedAt), 0);
  const { id: feeId, unit, month, profileVersion: profile } = fee;
  return { feeId, unit, month, fen: -left, rule: 'R8', decidedAt, profile, basis };
}
