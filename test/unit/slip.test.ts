import { describe, expect, it } from 'vitest';
import { signedOnFault, slipSaidAt } from '../../workflows/domain/slip.ts';

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
});
