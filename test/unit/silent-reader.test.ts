import { describe, expect, it } from 'vitest';
import { parseWithOffset } from '../../workflows/domain/civil-time.ts';
import { isSilent } from '../../workflows/domain/silent-reader.ts';

const WINDOW = { fromMinute: 6 * 60 + 30, untilMinute: 8 * 60 + 30 };
const today = (time: string) => parseWithOffset(`2026-11-23T${time}+08:00`)!;

describe('a gate in the morning', () => {
  it.each([
    ['08:29:59', undefined, false],
    ['08:30:00', undefined, true],
    ['08:30:00', '06:29:59', true],
    ['08:30:00', '06:30:00', false],
    ['17:00:00', '06:29:59', true],
    ['17:00:00', '07:31:00', false],
    ['00:10:00', undefined, false],
  ])('at %s, last heard of at %s: silent %s', (now, seen, silent) => {
    expect(isSilent(WINDOW, seen === undefined ? undefined : today(seen), today(now), 'Asia/Shanghai')).toBe(silent);
  });
});
