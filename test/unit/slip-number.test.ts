import { expect, it } from 'vitest';
import { slipNumber } from '../../api/fields.ts';

it.each<[string, boolean]>([
  ['A-1', true],
  ['2026/0007', true],
  ['R-2026-000123', true],
  ['20260001234567890', true],
  ['11012345678', true],
  ['138-000', true],
  ['13800000008', false],
  ['13800-000008', false],
  ['138-0000-0008', false],
  ['138.0000.0008', false],
  ['138_0000_0008', false],
  ['1/3/8/0/0/0/0/0/0/0/8', false],
  ['8613800000008', false],
  ['A-13800000008-B', false],
  ['R1-38000-00008', false],
  ['', false],
  [' A-1', false],
  ['A 1', false],
  ['王小兵', false],
])('the number of a paper may be %s: %s', (number, may) => {
  expect(slipNumber.safeParse(number).success).toBe(may);
});
