import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { chargeEvent, feeLine, type EventRow } from '../../workflows/domain/billing-decision.ts';
import type { BookedFee } from '../../workflows/domain/booking.ts';
import { refundInReview, whatComes } from '../../workflows/domain/billing-forecast.ts';
import { monthBefore, monthEnd, monthsBetween, monthStart } from '../../workflows/domain/billing-month.ts';
import { changeProfile } from '../../workflows/domain/billing-tariff.ts';
import { decideUnit } from '../../workflows/domain/charging.ts';
import { NO_SUBSCRIPTION } from '../../workflows/domain/subscription/state.ts';

const carriers = loadCarriers();
const gansu = carriers.versions('gansu');
const at = (text: string) => Date.parse(`${text}+08:00`);
const event = (id: number, type: EventRow[2], when: string, received = when): EventRow => [
  ...(['h1', id, type, 'home-school', 'sms', 'g1'] as const),
  at(when),
  at(received),
  null,
];

describe('a line for the ledger', () => {
  const told = (rows: EventRow[]) => {
    const events = rows.map(chargeEvent);
    return decideUnit(events, gansu, at('2026-04-01T00:00:00') - 1).map((fee) => feeLine(fee, events));
  };

  it('keeps from what it was decided: times and ids, never people', () => {
    const [fee, ...others] = told([event(7, 'order', '2026-03-05T10:00:00')]);
    expect(others).toEqual([]);
    expect(fee).toMatchObject({
      unit: 'h1',
      payer: 'g1',
      fen: 800,
      rule: 'R1',
      reason: 'first-order',
      consent: 7,
      nth: 1,
    });
    expect(JSON.parse(fee!.inputs)).toEqual({ orderedAt: at('2026-03-05T10:00:00'), events: [7] });
  });

  it('names the latest twenty events of a unit that never makes up its mind', () => {
    const rows = Array.from({ length: 50 }, (_, i) =>
      event(i, i % 2 ? 'cancel' : 'order', `2026-03-05T10:${String(i).padStart(2, '0')}:00`),
    );
    const inputs = JSON.parse(told(rows)[0]!.inputs) as { events: number[] };
    expect(inputs.events).toEqual(Array.from({ length: 20 }, (_, i) => i + 30));
  });
});

describe('what comes next', () => {
  const ordered = { unit: 'h1', payer: 'g1', package: 'home-school', type: 'order', channel: 'sms' } as const;
  const when = at('2026-03-05T10:00:00');
  const state = { ...NO_SUBSCRIPTION, state: 'active' as const, package: 'home-school', payer: 'g1', since: when };
  const known = { state, events: [{ ...ordered, at: when, receivedAt: when }], booked: [], versions: gansu };
  const [march, april] = ['2026-03', '2026-04'].map((month) => ({
    ...{ id: 1, unit: 'h1', payer: 'g1', month, package: 'home-school', fen: 800, returned: 0, returnedAt: null },
    ...{ profileVersion: 'v', decidedAt: when },
  })) as [BookedFee, BookedFee];

  it('is the fee at the end of the waiver, then the next month’s', () => {
    const coming = whatComes({ ...known, now: when + 1 });
    expect(coming.map(({ what, at, fen, rule }) => [what, at, fen, rule])).toEqual([
      ['fee', at('2026-03-08T10:00:00'), 800, 'R1'],
      ['fee', at('2026-04-01T00:00:00'), 800, 'R4'],
    ]);
    expect(coming[0]!.text.zh).toBe('如不退订，2026年3月8日10:00计收“家校互动”信息费8元。');
  });

  it('leaves out what has been decided', () => {
    const coming = whatComes({ ...known, booked: [march], now: at('2026-03-08T10:00:00') });
    expect(coming.map(({ rule }) => rule)).toEqual(['R4']);
  });

  // Findings B15.
  it('is also a month’s fee that is decided and not booked, until it is', () => {
    const now = at('2026-04-26T10:00:00');
    const [first, ...others] = whatComes({ ...known, booked: [march], now });
    expect(first).toMatchObject({ what: 'fee', at: at('2026-05-01T00:00:00'), fen: 800, rule: 'R4' });
    expect(first!.text.zh).toBe('2026年4月“家校互动”信息费8元，待出账。');
    expect(others).toHaveLength(1);
    expect(whatComes({ ...known, booked: [march, april], now })).toEqual(others);
    const later = whatComes({ ...known, booked: [], now: at('2026-07-26T10:00:00') });
    expect(later.map(({ text }) => text.zh.slice(0, 7))).toEqual(['2026年6月', '2026年7月', '如不退订，20']);
  });

  it('is no year’s end where something was ordered to follow it', () => {
    const year = { ...ordered, package: 'home-school/year', at: when, receivedAt: when };
    const renewed = at('2027-02-10T10:00:00');
    const events = [year, { ...year, at: renewed, receivedAt: renewed }];
    const paid = { ...known, events, booked: [{ ...march, package: year.package, fen: 4000 }] };
    const coming = whatComes({ ...paid, versions: loadCarriers().versions('shanxi'), now: renewed });
    expect(coming.map(({ what, fen }) => [what, fen])).toEqual([['fee', 4000]]);
  });

  it('is the end of a paid year', () => {
    const year = { ...ordered, package: 'home-school/year', at: when, receivedAt: when };
    const paid = { ...known, events: [year], versions: loadCarriers().versions('shanxi') };
    const booked = [{ ...march, package: 'home-school/year', fen: 4000 }];
    const ofYear = { ...state, package: 'home-school/year' };
    const coming = whatComes({ ...paid, state: ofYear, booked, now: at('2026-03-08T10:00:00') });
    expect(coming).toMatchObject([{ what: 'year-end', at: at('2027-03-01T00:00:00'), package: 'home-school/year' }]);
  });

  it('is a change of bundle when its month begins, and consent whenever it comes', () => {
    const next = { package: 'safety-sms', payer: 'g1', from: at('2026-04-01T00:00:00') };
    const coming = whatComes({ ...known, state: { ...state, next, waiting: 'family-phone' }, now: when });
    expect(coming.map(({ what }) => what)).toEqual(['fee', 'fee', 'change', 'consent']);
    expect(coming.at(-1)).toMatchObject({ at: null, fen: null });
  });

  it('is no change that has begun', () => {
    const next = { package: 'safety-sms', payer: 'g1', from: at('2026-04-01T00:00:00') };
    const coming = whatComes({ ...known, booked: [march], state: { ...state, next }, now: next.from });
    expect(coming.map(({ what }) => what)).not.toContain('change');
  });

  it('is what a changed year pays back', () => {
    const [year, month] = ['2026-03-05T10:00:00', '2026-04-10T10:00:00'].map(at) as [number, number];
    const events = [
      { ...ordered, package: 'home-school/year', at: year, receivedAt: year },
      { ...ordered, channel: 'web', at: month, receivedAt: month },
    ];
    const booked = [{ ...march, package: 'home-school/year', fen: 4000 }];
    const coming = whatComes({ ...known, events, booked, versions: loadCarriers().versions('shanxi'), now: month });
    const back = coming.find(({ what }) => what === 'reversal');
    expect(back).toMatchObject({ at: at('2026-05-01T00:00:00'), fen: -3111, rule: 'R6' });
    expect(back!.text.zh).toBe('2026年5月1日00:00减收31.11元，已收取的予以退费。');
  });

  /** Ordered in January, before shanxi's free February. */
  const beforeFree = (now: string) => {
    const january = at('2026-01-05T10:00:00');
    const events = [{ ...ordered, at: january, receivedAt: january }];
    const booked = [{ ...march, month: '2026-01', fen: 500, decidedAt: january }];
    return whatComes({ ...known, events, booked, versions: loadCarriers().versions('shanxi'), now: at(now) });
  };

  it('is a free month’s line of nothing, which pays nothing back', () => {
    const coming = beforeFree('2026-01-20T10:00:00');
    expect(coming.map(({ what, fen, rule }) => [what, fen, rule])).toEqual([['fee', 0, 'R5']]);
    expect(coming[0]!.text.zh).toContain('计收“家校互动”信息费0元');
  });

  it('tells nothing of a free month that has begun', () => {
    const coming = beforeFree('2026-02-10T10:00:00');
    expect(coming.map(({ fen, at }) => [fen, at])).toEqual([[500, at('2026-03-01T00:00:00')]]);
  });

  it('is the consent that an agent’s order waits for; a package that nobody names keeps its id', () => {
    const pending = { ...NO_SUBSCRIPTION, state: 'pending' as const, package: 'old-bundle' };
    const coming = whatComes({ ...known, state: pending, events: [], now: when });
    expect(coming).toMatchObject([{ what: 'consent', package: 'old-bundle' }]);
    expect(coming[0]!.text.zh).toContain('“old-bundle”等待家长确认');
  });

  it('is a refund that waits for a second person', () => {
    expect(refundInReview({ fen: 2500, package: 'home-school' })).toMatchObject({ what: 'refund-review', fen: -2500 });
  });
});

describe('months', () => {
  it('begin and end in the carrier’s civil time', () => {
    expect(monthStart('2026-03', 'Asia/Shanghai')).toBe(at('2026-03-01T00:00:00'));
    expect(monthEnd('2026-12', 'Asia/Shanghai')).toBe(at('2027-01-01T00:00:00'));
    expect(monthBefore(at('2026-03-01T00:00:00'), 'Asia/Shanghai')).toBe('2026-02');
    expect(monthBefore(at('2026-03-01T00:00:00') - 1, 'Asia/Shanghai')).toBe('2026-01');
    expect(monthsBetween('2025-11', '2026-02')).toEqual(['2025-11', '2025-12', '2026-01', '2026-02']);
    expect(() => monthStart('2026-13', 'Asia/Shanghai')).toThrow('2026-13 is not a month');
  });
});

describe('a changed tariff', () => {
  it('changes what is said, leaves the rest, and never passes for the real one', () => {
    const changed = changeProfile(gansu[0]!, { freeMonths: [2], gifts: undefined });
    expect(changed).toEqual({ ...gansu[0], freeMonths: [2], version: 'gansu-2019-07-changed' });
  });
});
