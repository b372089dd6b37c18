import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addMonths,
  civilOf,
  formatDate,
  formatTime,
  formatWithOffset,
  instantOf,
  isSameDay,
  parseWithOffset,
  startOfDay,
  startOfMonth,
} from '../../workflows/domain/civil-time.ts';

const SHANGHAI = 'Asia/Shanghai';
const at = (text: string) => parseWithOffset(text)!;
const back = (instant: number, zone = SHANGHAI) => formatWithOffset(instant, zone);

describe('civil time', () => {
  it('reads the wall clock of the zone, not of the machine', () => {
    expect(civilOf(at('2026-11-22T23:31:05Z'), SHANGHAI)).toEqual({
      year: 2026,
      month: 11,
      day: 23,
      hour: 7,
      minute: 31,
      second: 5,
    });
    expect(formatTime(at('2026-11-22T23:31:05Z'), SHANGHAI)).toBe('07:31');
    expect(formatTime(at('2026-11-22T16:00:00Z'), SHANGHAI)).toBe('00:00');
    expect(formatDate(at('2026-11-22T23:31:05Z'), SHANGHAI)).toBe('2026-11-23');
  });

  it.each([
    ['2026-11-23T00:00:00+08:00', '2026-11-23T00:00:00+08:00'],
    ['2026-11-23T23:59:59+08:00', '2026-11-23T00:00:00+08:00'],
    ['2026-11-22T15:59:59Z', '2026-11-22T00:00:00+08:00'],
    ['2026-11-22T16:00:00Z', '2026-11-23T00:00:00+08:00'],
  ])('the day of %s begins at %s', (instant, start) => {
    expect(back(startOfDay(at(instant), SHANGHAI))).toBe(start);
  });

  it.each([
    ['2026-11-30T23:59:59+08:00', 0, '2026-11-01T00:00:00+08:00'],
    ['2026-11-30T23:59:59+08:00', 1, '2026-12-01T00:00:00+08:00'],
    ['2026-11-30T23:59:59+08:00', 2, '2027-01-01T00:00:00+08:00'],
    ['2026-01-15T12:00:00+08:00', -1, '2025-12-01T00:00:00+08:00'],
  ])('%s, %i months on, is the month from %s', (instant, months, start) => {
    expect(back(startOfMonth(at(instant), SHANGHAI, months))).toBe(start);
  });

  it.each([
    ['2026-01-31T10:00:00+08:00', 1, '2026-02-28T10:00:00+08:00'],
    ['2028-01-31T10:00:00+08:00', 1, '2028-02-29T10:00:00+08:00'],
    ['2026-12-31T10:00:00+08:00', 2, '2027-02-28T10:00:00+08:00'],
    ['2026-03-31T10:00:00+08:00', -1, '2026-02-28T10:00:00+08:00'],
    ['2026-11-23T10:00:00+08:00', 12, '2027-11-23T10:00:00+08:00'],
  ])('%s plus %i months is %s', (instant, months, later) => {
    expect(back(addMonths(at(instant), months, SHANGHAI))).toBe(later);
  });

  it('follows a zone whose clocks change', () => {
    const zone = 'Europe/Berlin';
    const civil = { year: 2026, month: 3, day: 29, hour: 2, minute: 30, second: 0 };
    expect(back(instantOf(civil, zone), zone)).toBe('2026-03-29T03:30:00+02:00');
    expect(back(instantOf({ ...civil, month: 10, day: 25 }, zone), zone)).toBe('2026-10-25T02:30:00+02:00');
    expect(
      startOfDay(at('2026-03-29T12:00:00+02:00'), zone, 1) - startOfDay(at('2026-03-29T12:00:00+02:00'), zone),
    ).toBe(23 * 3_600_000);
  });

  it('knows one day from the next', () => {
    expect(isSameDay(at('2026-11-23T00:00:00+08:00'), at('2026-11-23T23:59:59+08:00'), SHANGHAI)).toBe(true);
    expect(isSameDay(at('2026-11-22T23:59:59+08:00'), at('2026-11-23T00:00:00+08:00'), SHANGHAI)).toBe(false);
  });

  it.each([
    '',
    '2026-11-23',
    '2026-11-23T07:31:05',
    '2026-02-30T07:31:05+08:00',
    '2026-13-01T07:31:05+08:00',
    '2026-11-23T24:00:00+08:00',
    '2026-11-23T07:60:00+08:00',
    '2026-11-23T07:31:05+8:00',
    '2026-11-23T07:31:05+25:00',
    '2026-11-23 07:31:05+08:00',
    '2026-11-23T07:31:05+08:00 ',
    'Mon Nov 23 2026',
  ])('%j is no time with an offset', (text) => {
    expect(parseWithOffset(text)).toBeUndefined();
  });

  it('reads back what it writes, in any zone', () => {
    const zones = fc.constantFrom(SHANGHAI, 'UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu');
    const seconds = fc.integer({ min: 0, max: 4_000_000_000 });
    fc.assert(
      fc.property(zones, seconds, (zone, second) => {
        const text = formatWithOffset(second * 1000, zone);
        expect(parseWithOffset(text)).toBe(second * 1000);
      }),
    );
  });
});
