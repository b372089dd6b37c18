import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { decideCharges } from '../../workflows/domain/charging.ts';
import { eventOf, linesOf } from '../support/charge-story.ts';

const carriers = loadCarriers();

describe('R6: where the profile pays nothing back, a year given up stays paid for', () => {
  const versions = carriers.versions('shanxi').map((each) => ({ ...each, yearlyRefund: null }));
  const again = ['web order HS/year 03-05 10:00', 'cancel 09-10 10:00', 'order 09-12 10:00'];
  it.each<[month: string, said: string[], lines: string[]]>([
    ['2026-09', again.slice(0, 2), []],
    ['2026-09', again, []],
    ['2026-10', again, []],
    ['2027-01', again, []],
    ['2027-03', again, ['R4 500 2027-03-01 00:00:00']],
  ])('%s: %j → %j', (month, said, lines) => {
    const events = said.map((each) => eventOf(each));
    expect(linesOf(events, versions, month)).toEqual(lines);
  });
});

it.each([
  ['2026-13', '2026-12'],
  ['2026-03', 'March'],
])('decides nothing from %s to %s, which are not months', (from, to) => {
  expect(() => decideCharges([], carriers.versions('gansu'), from, to)).toThrow(`${from}…${to} are not months`);
});

describe('what a line rests on', () => {
  it.each<[string, string, string[]]>([
    ['first-order', '2026-03', ['order 03-05 10:00']],
    ['repeat-order', '2026-03', ['order 03-05 10:00', 'cancel 03-06 10:00', 'order 03-07 10:00']],
    ['monthly', '2026-04', ['order 03-05 10:00']],
  ])('%s', (kind, month, said) => {
    const lines = decideCharges(
      said.map((each) => eventOf(each)),
      carriers.versions('gansu'),
      month,
    );
    expect(lines.map(({ basis }) => basis.kind)).toEqual([kind]);
  });

  it('a package that is sold no more is charged as it was sold last', () => {
    const [first] = carriers.versions('shanxi');
    const version = (name: string, from: string, fen: Record<string, number>) => ({
      ...{ ...first!, version: name, effectiveFrom: `${from}T00:00:00+08:00` },
      packages: first!.packages.filter(({ id }) => id in fen).map((each) => ({ ...each, fen: fen[each.id]! })),
    });
    const versions = [
      version('dear', '2025-01-01', { 'home-school': 500, 'home-school+safety-sms': 700 }),
      version('dearer', '2026-03-20', { 'home-school': 550, 'home-school+safety-sms': 750 }),
      version('without', '2026-04-15', { 'home-school': 600 }),
    ];
    const events = [eventOf('order SAFE 03-05 10:00')];
    expect(linesOf(events, versions, '2026-04')).toEqual(['R4 750 04-01 00:00:00']);
    expect(linesOf(events, versions, '2026-05')).toEqual(['R4 750 05-01 00:00:00']);
    expect(() => linesOf([eventOf('order gold 03-05 10:00')], versions, '2026-05')).toThrow('has a package gold');
  });
});
