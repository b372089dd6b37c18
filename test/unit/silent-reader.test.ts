import { describe, expect, it } from 'vitest';
import { parseWithOffset } from '../../workflows/domain/civil-time.ts';
import { alarmWords, windowsEnded } from '../../workflows/domain/silent-reader.ts';

const WINDOW = { fromMinute: 6 * 60 + 30, untilMinute: 8 * 60 + 30 };
const at = (time: string) => parseWithOffset(`${time}+08:00`)!;
const ended = (after: string, until: string, window = WINDOW) =>
  windowsEnded(window, at(after), at(until), 'Asia/Shanghai').map(({ date }) => date);

// 2026-11-23 is a Monday.
describe('the arrival windows that ended', () => {
  it('have their times in the school’s zone', () => {
    expect(windowsEnded(WINDOW, at('2026-11-23T08:28:00'), at('2026-11-23T08:30:00'), 'Asia/Shanghai')).toEqual([
      { date: '2026-11-23', from: at('2026-11-23T06:30:00'), until: at('2026-11-23T08:30:00') },
    ]);
  });

  it.each([
    ['before its end', '2026-11-23T08:27:00', '2026-11-23T08:29:59', []],
    ['at its end', '2026-11-23T08:29:59', '2026-11-23T08:30:00', ['2026-11-23']],
    ['looked at already', '2026-11-23T08:30:00', '2026-11-23T08:32:00', []],
    ['behind an outage of two days', '2026-11-23T09:00:00', '2026-11-25T09:00:00', ['2026-11-24', '2026-11-25']],
    ['on Friday and over the weekend', '2026-11-27T00:00:00', '2026-11-29T23:59:00', ['2026-11-27']],
    ['on a Sunday', '2026-11-29T08:29:00', '2026-11-29T08:31:00', []],
    ['early on Monday, which is Sunday in UTC', '2026-11-30T07:59:00', '2026-11-30T08:31:00', ['2026-11-30']],
    ['nowhere', '2026-11-24T00:00:00', '2026-11-23T00:00:00', []],
  ])('%s', (_what, after, until, dates) => {
    expect(ended(after, until)).toEqual(dates);
  });

  it('are none where the window ends before it begins', () => {
    expect(ended('2026-11-23T00:00:00', '2026-11-25T00:00:00', { fromMinute: 600, untilMinute: 600 })).toEqual([]);
  });
});

it('a reason is told in words', () => {
  expect(alarmWords('unheard')).toBe('上学时段没有任何上报');
  expect(alarmWords('no-swipe')).toBe('上学时段没有有效刷卡');
});
