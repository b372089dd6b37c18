import { describe, expect, it } from 'vitest';
import { quietUntil } from '../../workflows/domain/quiet-hours.ts';

const at = (time: string) => Date.parse(`2026-11-23T${time}+08:00`);
const night = { from: '21:30:00', until: '06:30:00' };
const noon = { from: '12:00', until: '14:00' };

describe('quiet hours in Shanghai', () => {
  it.each([
    // Across midnight, half-open at both ends.
    [night, '21:29:59.999', '2026-11-23T21:29:59.999+08:00'],
    [night, '21:30:00', '2026-11-24T06:30:00+08:00'],
    [night, '23:59:59.999', '2026-11-24T06:30:00+08:00'],
    [night, '00:00:00', '2026-11-23T06:30:00+08:00'],
    [night, '06:29:59.999', '2026-11-23T06:30:00+08:00'],
    [night, '06:30:00', '2026-11-23T06:30:00+08:00'],
    [night, '12:00:00', '2026-11-23T12:00:00+08:00'],
    // Within a day.
    [noon, '11:59:59', '2026-11-23T11:59:59+08:00'],
    [noon, '12:00:00', '2026-11-23T14:00:00+08:00'],
    [noon, '13:59:59', '2026-11-23T14:00:00+08:00'],
    [noon, '14:00:00', '2026-11-23T14:00:00+08:00'],
    // Never: null, or equal times.
    [null, '23:00:00', '2026-11-23T23:00:00+08:00'],
    [{ from: '08:00', until: '08:00' }, '08:00:00', '2026-11-23T08:00:00+08:00'],
    // All day but one second.
    [{ from: '00:00:01', until: '00:00:00' }, '00:00:01', '2026-11-24T00:00:00+08:00'],
    [{ from: '22:00', until: '24:00:00' }, '23:00:00', '2026-11-24T00:00:00+08:00'],
  ])('%j: ready at %s leaves at %s', (quiet, ready, leaves) => {
    expect(quietUntil(at(ready), quiet, 'Asia/Shanghai')).toBe(Date.parse(leaves));
  });

  it('is meant in the carrier’s zone', () => {
    const utcEvening = Date.parse('2026-11-23T22:00:00Z');
    expect(quietUntil(utcEvening, night, 'Asia/Shanghai')).toBe(Date.parse('2026-11-23T22:30:00Z'));
    expect(quietUntil(utcEvening, night, 'UTC')).toBe(Date.parse('2026-11-24T06:30:00Z'));
  });
});
