import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCarriers, parseCarrier } from '../../infra/carriers.ts';
import { isOnNet } from '../../workflows/domain/carrier-profile.ts';
import { matchKeyword } from '../../workflows/domain/keywords.ts';
import { decideOrder } from '../../workflows/domain/subscription/decide.ts';
import { answerText } from '../../workflows/domain/subscription-texts.ts';
import { eventOf, linesOf } from '../support/charge-story.ts';

const folder = fileURLToPath(new URL('../../carriers', import.meta.url));
const gansu = readFileSync(join(folder, 'gansu.json'), 'utf8');

/** A carrier that nobody has heard of: everything that can differ does. Its price goes up in May. */
const MADE_UP = {
  carrier: 'qinghai',
  name: '青海移动',
  zone: 'Asia/Shanghai',
  versions: [
    {
      version: 'qinghai-1',
      effectiveFrom: '2026-01-01T00:00:00+08:00',
      shortCode: '106571234',
      onNetPrefixes: ['188'],
      billingUnit: 'payer',
      packages: [
        { id: 'home-school', name: '家校通', services: ['home-school'], fen: 650, period: 'month' },
        { id: 'family-phone', name: '亲情热线', services: ['family-phone'], fen: 0, period: 'month' },
      ],
      defaultPackage: 'home-school',
      gifts: ['family-phone'],
      keywords: {
        subscribe: ['DZ'],
        cancel: ['QXDZ'],
        cancelFree: ['QXFREE'],
        cancelAll: ['停'],
        query: ['CXDZ'],
        mailbox: ['LS'],
      },
      freeMonths: [10],
      firstOrder: { fromDay: 1, untilDay: 11, waiverHours: 24 },
      repeatOrder: { fromDay: 1, untilDay: 16 },
      feeStandsAfterCancel: false,
      yearlyRefund: null,
      trial: null,
    },
  ],
};

describe('a third carrier is one file', () => {
  let carriers: ReturnType<typeof loadCarriers>;
  let temporary: string;
  beforeAll(() => {
    temporary = mkdtempSync(join(tmpdir(), 'campusline-carriers-'));
    for (const name of ['gansu.json', 'shanxi.json']) copyFileSync(join(folder, name), join(temporary, name));
    const [first] = MADE_UP.versions;
    const dearer = {
      ...first,
      version: 'qinghai-2',
      effectiveFrom: '2026-05-01T00:00:00+08:00',
      packages: [{ ...first!.packages[0], fen: 900 }, first!.packages[1]],
    };
    writeFileSync(join(temporary, 'qinghai.json'), JSON.stringify({ ...MADE_UP, versions: [first, dearer] }));
    carriers = loadCarriers(temporary);
  });
  afterAll(() => rmSync(temporary, { recursive: true, force: true }));

  it('is known by its name, short code and numbers', () => {
    expect(carriers.names).toEqual(['gansu', 'qinghai', 'shanxi']);
    expect(carriers.byAddress('106571234100001')).toBe('qinghai');
    expect(isOnNet(carriers.profile('qinghai'), '18800000001')).toBe(true);
    expect(isOnNet(carriers.profile('qinghai'), '13900000001')).toBe(false);
    expect(carriers.profile('qinghai').numberPrefixes).toEqual(['86', '0086']);
    expect(carriers.profile('gansu').numberPrefixes).toContain('12520');
  });

  it('has its own keywords, services and texts', () => {
    const profile = carriers.profile('qinghai', Date.parse('2026-03-05T10:00:00+08:00'));
    expect(matchKeyword(profile.keywords, ' dz ')).toEqual({ keyword: 'subscribe' });
    expect(matchKeyword(profile.keywords, 'JX')).toBeUndefined();
    const order = {
      unit: 'u',
      package: profile.defaultPackage,
      channel: 'sms',
      payer: 'g',
      at: 0,
      receivedAt: 0,
      onNet: true,
    };
    const decided = decideOrder({ events: [], trial: null }, order, carriers.versions('qinghai'));
    expect(answerText(decided, profile, { chargedAt: null, returned: null })).toBe(
      '【校讯通】已为您订制家校通，每月6.5元。免费赠送亲情热线。发送QXDZ到106571234退订。',
    );
  });

  // Boundaries at day 11 and 16, a waiver of 24 hours, October free, fees that don't stand, another price from May.
  it.each([
    ['2026-03', ['order 03-10 23:59:59'], ['R1 650 03-11 23:59:59']],
    ['2026-03', ['order 03-11 00:00:00'], []],
    ['2026-03', ['order 03-05 10:00', 'cancel 03-06 09:59:59'], []],
    ['2026-03', ['order 03-05 10:00', 'cancel 03-06 09:00', 'order 03-15 23:59:59'], ['R3 650 03-15 23:59:59']],
    ['2026-03', ['order 03-05 10:00', 'cancel 03-06 09:00', 'order 03-16 00:00:00'], []],
    ['2026-03', ['order 03-05 10:00', 'cancel 03-06 10:00'], ['R1 650 03-06 10:00:00', 'R8 -650 03-06 10:00:00']],
    ['2026-04', ['order 03-05 10:00'], ['R4 650 04-01 00:00:00']],
    ['2026-05', ['order 03-05 10:00'], ['R4 900 05-01 00:00:00']],
    ['2026-10', ['order 03-05 10:00'], ['R5 0 10-01 00:00:00']],
    ['2026-07', ['order 03-05 10:00'], ['R4 900 07-01 00:00:00']],
  ])('charges by its own rules: %s %j → %j', (month, said, lines) => {
    expect(
      linesOf(
        said.map((each) => eventOf(each)),
        carriers.versions('qinghai'),
        month,
      ),
    ).toEqual(lines);
  });
});

describe('a carrier file that is wrong is refused, and the fault named', () => {
  type File = { versions: Record<string, unknown>[] } & Record<string, unknown>;
  it.each<[string, (file: File) => void, RegExp]>([
    ['a misspelt field', ({ versions }) => (versions[0]!['freeMonth'] = []), /freeMonth/],
    ['a price in yuan', ({ versions }) => ((versions[0]!['packages'] as { fen: number }[])[0]!.fen = 0.8), /fen/],
    ['an unknown zone', (file) => (file['zone'] = 'Asia/Lanzhou'), /zone/],
    ['a default that is no package', ({ versions }) => (versions[0]!['defaultPackage'] = 'gold'), /gold/],
    ['a month 13', ({ versions }) => (versions[0]!['freeMonths'] = [13]), /freeMonths/],
    ['versions out of order', ({ versions }) => versions.push({ ...versions[0], version: 'older' }), /in order/],
    ['a prefix with a plus', (file) => (file['numberPrefixes'] = ['+86']), /numberPrefixes/],
    [
      'a prefix of marks alone',
      ({ versions }) => ((versions[0]!['keywords'] as { mailbox: string[] }).mailbox = ['##']),
      /mailbox/,
    ],
    ['no versions', (file) => (file.versions = []), /versions/],
  ])('%s', (_what, spoil, message) => {
    const file = JSON.parse(gansu) as File;
    spoil(file);
    expect(() => parseCarrier(JSON.stringify(file))).toThrow(message);
  });
});
