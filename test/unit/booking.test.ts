import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { bookUnit, type BookedFee } from '../../workflows/domain/booking.ts';
import { decideUnit, type ChargeEvent, type ChargeLine } from '../../workflows/domain/charging.ts';
import { CivilMonths, formatMonth } from '../../workflows/domain/civil-month.ts';
import { anyEvents } from '../support/any-events.ts';
import { eventOf } from '../support/charge-story.ts';

const carriers = loadCarriers();
const months = new CivilMonths('Asia/Shanghai');

/** A ledger of one unit in memory, as the database keeps it. */
class Ledger {
  readonly fees: BookedFee[] = [];
  readonly lines: number[] = [];
  readonly #versions;

  constructor(carrier: string) {
    this.#versions = carriers.versions(carrier);
  }

  /** What a command or its clock books at `now`; `month`: what the run of that month does. */
  settle(known: readonly ChargeEvent[], now: number, month?: string): void {
    const mayBook = (fee: ChargeLine) => fee.basis.kind !== 'monthly' || fee.month === month;
    // Asked again only where it said that this is a part: nothing else may be missing then.
    for (let isLast = false; ;) {
      const missing = bookUnit({ booked: this.fees, events: known, versions: this.#versions, now, mayBook });
      const { returns, fees } = missing;
      if (returns.length + fees.length === 0) return;
      expect(isLast).toBe(false);
      isLast = !missing.isPart;
      for (const { feeId, fen, decidedAt } of returns) {
        this.fees[feeId]!.returned -= fen;
        this.fees[feeId]!.returnedAt = Math.max(decidedAt, this.fees[feeId]!.returnedAt ?? 0);
        this.lines.push(fen);
        expect(this.fees[feeId]!.returned).toBeLessThanOrEqual(this.fees[feeId]!.fen);
      }
      for (const { unit, payer, month, package: id, fen, decidedAt } of fees) {
        expect(this.fees.filter((fee) => fee.month === month && fee.fen > fee.returned)).toEqual([]);
        const fee = {
          unit,
          payer,
          month,
          package: id,
          fen,
          returned: 0,
          returnedAt: null,
          profileVersion: 'v',
          decidedAt,
        };
        this.fees.push({ id: this.fees.length, ...fee });
        this.lines.push(fen);
      }
    }
  }
}

describe('a ledger that was told late', () => {
  it.each<[string, string[], number[]]>([
    // Findings B1: a year cancelled, then an earlier cancel recorded: what was given back is raised.
    [
      'an earlier cancel of a cancelled year gives back the rest',
      ['web order HS/year 09-05 10:00', 'cancel 11-20 10:00', 'cancel 09-06 10:00 learnt 11-21 10:00'],
      [4000, -2666, -1334],
    ],
    [
      'an earlier cancel of a cancelled year gives back what it would have',
      ['web order HS/year 09-05 10:00', 'cancel 11-20 10:00', 'cancel 10-06 10:00 learnt 11-21 10:00'],
      [4000, -2666, -445],
    ],
    // Findings B11.
    [
      'after a fee was taken back, a new order of the month is charged',
      ['order 03-05 10:00', 'cancel 03-06 10:00 learnt 03-09 10:00', 'order 03-12 10:00'],
      [500, -500, 500],
    ],
    [
      'an order that seemed to change nothing keeps the fee of the one that it proved to repeat',
      ['order 03-05 10:00', 'order 03-12 10:00', 'cancel 03-06 10:00 learnt 03-15 10:00'],
      [500],
    ],
    [
      'a dearer order heard late takes the place of what was charged',
      ['order 03-06 10:00', 'web order ALL 03-05 10:00 learnt 03-15 10:00'],
      [500, -500, 1000],
    ],
    [
      'a fee that was wholly given back is not booked again by who asks again with an earlier time',
      ['web order HS/year 02-01 00:00', 'web order SAFE/year 02-27 23:59:59'],
      [4000, -4000],
    ],
    [
      'in a free month nothing takes the place of nothing',
      ['order 07-06 10:00', 'web order ALL 07-05 10:00 learnt 07-15 10:00'],
      [0],
    ],
    ['a cancel heard before the fee was booked books nothing', ['order 03-25 10:00', 'cancel 03-26 10:00'], []],
  ])('%s', (_words, said, lines) => {
    const ledger = new Ledger('shanxi');
    const events = said.map((each) => eventOf(each));
    hear(ledger, events);
    expect(ledger.lines).toEqual(lines);
  });

  it.each(['gansu', 'shanxi'] as const)('says of %s in the end what the rules say of all that was said', (carrier) => {
    const anything = anyEvents(carriers.profile(carrier), ['month', 'year'], ['a']);
    fc.assert(
      fc.property(anything, (events) => {
        const ledger = new Ledger(carrier);
        hear(ledger, events);
        const last = months.start(2026 * 12 + 20);
        for (let month = 2026 * 12; month < 2026 * 12 + 18; month++) ledger.settle(events, last, formatMonth(month));
        const decided = decideUnit(events, carriers.versions(carrier), months.start(2026 * 12 + 18) - 1);
        expect(ledger.lines.reduce((sum, fen) => sum + fen, 0)).toBe(decided.reduce((sum, { fen }) => sum + fen, 0));
        expect(standingOf(ledger.fees)).toEqual(standingOf(feesOf(decided)));
      }),
      { numRuns: 150 },
    );
  });
});

describe('what is missing in a ledger', () => {
  const ORDER = 'web order HS 03-05 10:00';
  const YEAR = 'web order HS/year 03-05 10:00';
  const march = { id: 7, unit: 'family', month: '2026-03', payer: 'family', returned: 0, returnedAt: null };
  const booked = (id: string, fen: number, returned = 0): BookedFee => ({
    ...{ ...march, package: id, fen, returned, profileVersion: 'v' },
    decidedAt: eventOf(ORDER).at,
  });
  const missing = (fees: BookedFee[], said: string[]) => {
    const events = said.map((each) => eventOf(each));
    const now = eventOf('cancel 03-20 10:00').at;
    const versions = carriers.versions('shanxi');
    return bookUnit({ booked: fees, events, versions, now, mayBook: () => true });
  };

  it.each<[string, BookedFee[], string[], string[], number[], boolean]>([
    ['a fee', [], [ORDER], [], [500], false],
    ['nothing beside the same fee', [booked('home-school', 500)], [ORDER], [], [], false],
    ['another price of it', [booked('home-school', 450)], [ORDER], ['correction -450'], [500], false],
    ['another package at its price', [booked('home-school+family-phone', 500)], [ORDER], ['correction -500'], [500], false],
    ['what was charged before a cancel was heard, to be taken back next', [], [ORDER, 'cancel 03-06 10:00 learnt 03-09 10:00'], [], [500], true],
    ['a year that was given up: the refund comes once its fee is booked', [], [YEAR, 'cancel 03-10 10:00'], [], [4000], true],
    ['what a year pays back', [booked('home-school/year', 4000)], [YEAR, 'cancel 03-10 10:00'], ['refund -3555'], [], false],
    ['what it pays back more', [booked('home-school/year', 4000, 3000)], [YEAR, 'cancel 03-10 10:00'], ['refund -555'], [], false],
    ['a fee that a cancel in time forbade, taken back', [booked('home-school', 500)], [ORDER, 'cancel 03-06 10:00'], ['reversal -500'], [], false],
    ['what a cancel heard late takes back', [booked('home-school', 500)], [ORDER, 'cancel 03-06 10:00 learnt 03-09 10:00'], ['reversal -500'], [], false],
  ])('%s', (_what, fees, said, back, owed, isPart) => {
    const booking = missing(fees, said);
    expect(booking.returns.map(({ basis, fen }) => `${basis.kind} ${fen}`)).toEqual(back);
    expect(booking.fees.map(({ fen }) => fen)).toEqual(owed);
    expect(booking.isPart).toBe(isPart);
  }); // prettier-ignore
});

/** In the order they were learnt of, each booked at once, and what falls due by itself a day later. */
function hear(ledger: Ledger, events: readonly ChargeEvent[]): void {
  const inTurn = events.toSorted((a, b) => a.receivedAt - b.receivedAt);
  inTurn.forEach(({ receivedAt }, i) => {
    const known = inTurn.slice(0, i + 1);
    ledger.settle(known, receivedAt);
    const next = inTurn[i + 1]?.receivedAt ?? Infinity;
    ledger.settle(known, Math.min(next, receivedAt + 80 * 3_600_000));
    // Asked again by who was slow: that changes nothing.
    const before = ledger.lines.length;
    ledger.settle(known, receivedAt);
    expect(ledger.lines.length).toBe(before);
  });
}

function feesOf(decided: readonly ChargeLine[]): BookedFee[] {
  const fees: BookedFee[] = [];
  for (const { unit, payer, month, package: id, fen, feeMonth, decidedAt } of decided) {
    const fee = {
      id: 0,
      unit,
      payer,
      month,
      package: id,
      fen,
      returned: 0,
      returnedAt: null,
      profileVersion: 'v',
      decidedAt,
    };
    if (feeMonth === undefined) fees.push(fee);
    else fees.findLast((fee) => fee.month === feeMonth)!.returned -= fen;
  }
  return fees;
}

function standingOf(fees: readonly BookedFee[]): string[] {
  return fees
    .filter(({ fen, returned }) => fen > returned)
    .map(({ month, package: id, fen, returned }) => `${month} ${id} ${fen} −${returned}`)
    .sort();
}
