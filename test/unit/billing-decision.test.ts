import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { decideMonth, takenBackSince, type EventRow } from '../../workflows/domain/billing-decision.ts';
import { whatComes } from '../../workflows/domain/billing-forecast.ts';
import { monthBefore, monthEnd, monthsBetween, monthStart } from '../../workflows/domain/billing-month.ts';
import { changeProfile } from '../../workflows/domain/billing-tariff.ts';
import { NO_SUBSCRIPTION } from '../../workflows/domain/ordering.ts';

const carriers = loadCarriers();
const gansu = carriers.versions('gansu');
const at = (text: string) => Date.parse(`${text}+08:00`);
const event = (id: number, type: EventRow[2], when: string, received = when): EventRow => [
  ...(['h1', id, type, 'home-school', 'sms', 'g1'] as const),
  at(when),
  at(received),
];

describe('a month for the ledger', () => {
  it('keeps from what each line was decided: times and ids, never people', () => {
    const { fees, reversals } = decideMonth([event(7, 'order', '2026-03-05T10:00:00')], gansu, '2026-03');
    expect(reversals).toEqual([]);
    expect(fees).toMatchObject([{ unit: 'h1', payer: 'g1', fen: 800, rule: 'R1', reason: 'first-order' }]);
    expect(JSON.parse(fees[0]!.inputs)).toEqual({ orderedAt: at('2026-03-05T10:00:00'), events: [7] });
  });

  it('names the latest twenty events of a unit that never makes up its mind', () => {
    const rows = Array.from({ length: 50 }, (_, i) =>
      event(i, i % 2 ? 'cancel' : 'order', `2026-03-05T10:${String(i).padStart(2, '0')}:00`),
    );
    const inputs = JSON.parse(decideMonth(rows, gansu, '2026-03').fees[0]!.inputs) as { events: number[] };
    expect(inputs.events).toEqual(Array.from({ length: 20 }, (_, i) => i + 30));
  });

  it('takes back a charged fee that what came since says is not owed', () => {
    const rows = [event(1, 'order', '2026-03-05T10:00:00'), event(2, 'cancel', '2026-03-06T10:00:00')];
    const orderedAt = at('2026-03-05T10:00:00');
    const standing = [{ unit: 'h1', payer: 'g1', package: 'home-school', fen: 800, profileVersion: 'v', orderedAt }];
    const decided = decideMonth(rows, gansu, '2026-03');
    expect(decided).toEqual({ fees: [], reversals: [] });
    expect(takenBackSince(standing, decided, rows)).toMatchObject([{ unit: 'h1', fen: -800, rule: 'R8' }]);
    expect(takenBackSince(standing, decideMonth(rows.slice(0, 1), gansu, '2026-03'), rows)).toEqual([]);
    expect(takenBackSince([{ ...standing[0]!, fen: 0 }], decided, rows)).toEqual([]);
  });
});

describe('what comes next', () => {
  const ordered = { unit: 'h1', payer: 'g1', package: 'home-school', type: 'order', channel: 'sms' } as const;
  const when = at('2026-03-05T10:00:00');
  const state = { ...NO_SUBSCRIPTION, state: 'active' as const, package: 'home-school', payer: 'g1', since: when };
  const known = { state, events: [{ ...ordered, at: when, receivedAt: when }], versions: gansu };

  it('is the fee at the end of the waiver, then the next month’s', () => {
    const coming = whatComes({ ...known, now: when + 1 });
    expect(coming.map(({ what, at, fen, rule }) => [what, at, fen, rule])).toEqual([
      ['fee', at('2026-03-08T10:00:00'), 800, 'R1'],
      ['fee', at('2026-04-01T00:00:00'), 800, 'R4'],
    ]);
    expect(coming[0]!.text.zh).toBe('如不退订，2026年3月8日10:00计收“家校互动”信息费8元。');
  });

  it('leaves out what has been decided', () => {
    expect(whatComes({ ...known, now: at('2026-03-08T10:00:00') }).map(({ rule }) => rule)).toEqual(['R4']);
  });

  it('is the end of a paid year', () => {
    const year = { ...ordered, package: 'home-school/year', at: when, receivedAt: when };
    const paid = { ...known, events: [year], versions: loadCarriers().versions('shanxi') };
    const coming = whatComes({ ...paid, now: at('2026-03-08T10:00:00') });
    expect(coming.map(({ what, at }) => [what, at])).toEqual([['year-end', at('2027-03-01T00:00:00')]]);
  });

  it('is a change of bundle when its month begins, and consent whenever it comes', () => {
    const next = { package: 'safety-sms', payer: 'g1', from: at('2026-04-01T00:00:00') };
    const coming = whatComes({ ...known, state: { ...state, next, waiting: 'family-phone' }, now: when });
    expect(coming.map(({ what }) => what)).toEqual(['fee', 'fee', 'change', 'consent']);
    expect(coming.at(-1)).toMatchObject({ at: null, fen: null });
  });
});

describe('months', () => {
  it('begin and end in the carrier’s civil time', () => {
    expect(monthStart('2026-03', 'Asia/Shanghai')).toBe(at('2026-03-01T00:00:00'));
    expect(monthEnd('2026-12', 'Asia/Shanghai')).toBe(at('2027-01-01T00:00:00'));
    expect(monthBefore(at('2026-03-01T00:00:00'), 'Asia/Shanghai')).toBe('2026-02');
    expect(monthBefore(at('2026-03-01T00:00:00') - 1, 'Asia/Shanghai')).toBe('2026-01');
    expect(monthsBetween('2025-11', '2026-02')).toEqual(['2025-11', '2025-12', '2026-01', '2026-02']);
    expect(() => monthStart('2026-13', 'Asia/Shanghai')).toThrow(RangeError);
  });
});

describe('a changed tariff', () => {
  it('changes what is said, leaves the rest, and never passes for the real one', () => {
    const changed = changeProfile(gansu[0]!, { freeMonths: [2], gifts: undefined });
    expect(changed).toEqual({ ...gansu[0], freeMonths: [2], version: 'gansu-2019-07-changed' });
  });
});
