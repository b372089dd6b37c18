import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { signedOnFault, slipSaidAt, slipText } from '../../workflows/domain/slip.ts';

const ZONE = 'Etc/GMT-8';
const at = (text: string) => Date.parse(`${text}+08:00`);
const RECORDED = at('2026-11-20T10:00:00');

describe('when a slip was said', () => {
  it.each<[string, 'yes' | 'no', string | undefined, string]>([
    ['a yes with a date: its beginning', 'yes', '2026-11-10', '2026-11-10T00:00:00'],
    ['a yes of today', 'yes', '2026-11-20', '2026-11-20T00:00:00'],
    ['a yes without a date: when recorded', 'yes', undefined, '2026-11-20T10:00:00'],
    ['a no with a date: its end', 'no', '2026-11-10', '2026-11-10T23:59:59.999'],
    ['a no of today: when recorded', 'no', '2026-11-20', '2026-11-20T10:00:00'],
    ['a no without a date', 'no', undefined, '2026-11-20T10:00:00'],
  ])('%s', (_name, answer, signedOn, said) => {
    expect(slipSaidAt({ answer, signedOn }, RECORDED, ZONE)).toBe(at(said));
  });

  it.each<[string, string | undefined]>([
    ['2026-11-20', undefined],
    ['2026-11-21', 'is in the future'],
    ['2025-11-19', undefined],
    ['2025-11-18', 'is more than 366 days ago'],
  ])('signed on %s: %s', (signedOn, fault) => {
    expect(signedOnFault(signedOn, RECORDED, ZONE)).toBe(fault);
  });

  it('signed on the day that begins as it is recorded: not in the future', () => {
    expect(signedOnFault('2026-11-20', at('2026-11-20T00:00:00'), ZONE)).toBeUndefined();
  });
});

describe('what the phone is told of a slip', () => {
  const versions = loadCarriers().versions('shanxi');
  const endsAt = at('2026-11-10T10:00:00');

  it.each<[string, 'yes' | 'no', boolean, string, string]>([
    [
      'a yes within the trial: free until its end',
      'yes',
      true,
      '2026-11-05T00:00:00',
      '试用到11月10日，在此之前免费，11月13日起计费',
    ],
    [
      'a yes as the trial ends: nothing is free any more',
      'yes',
      true,
      '2026-11-10T10:00:00',
      '每月5元。11月13日起计费',
    ],
    ['a yes after it', 'yes', true, '2026-11-12T00:00:00', '每月5元。11月15日起计费'],
    ['a yes that a stop overrules', 'yes', false, '2026-11-05T00:00:00', '未订制家校互动，不收费'],
    ['a no', 'no', true, '2026-11-05T23:59:59', '不订制校讯通，不收取任何费用'],
    ['a no that a later yes overrules', 'no', false, '2026-11-05T23:59:59', '您在此之后又确认了订制，订制有效'],
  ])('%s', (_name, answer, stands, said, words) => {
    expect(slipText({ answer, stands, package: 'home-school', at: at(said), endsAt }, versions)).toContain(words);
  });
});
