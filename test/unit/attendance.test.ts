import { describe, expect, it } from 'vitest';
import { decideAttendance, suppressionReason, swipeText } from '../../workflows/domain/attendance.ts';
import { segmentsOf } from '../../workflows/domain/sms-text.ts';

const AT = Date.parse('2026-11-23T07:31:05+08:00');
const SECOND = 1_000;
const MINUTE = 60_000;

describe('what a swipe means', () => {
  it.each([
    [0, 'texted'],
    [5 * MINUTE, 'texted'],
    [5 * MINUTE + 1, 'late'],
    [120 * MINUTE, 'late'],
    [120 * MINUTE + 1, 'stale'],
  ])('known %i ms after it: %s', (later, outcome) => {
    expect(decideAttendance({ at: AT, receivedAt: AT + later, now: AT + later, told: [] })).toBe(outcome);
  });

  it.each([
    [2 * MINUTE, 'texted'],
    [2 * MINUTE + 1, 'ahead'],
    [8 * 60 * MINUTE, 'ahead'],
  ])('stored with a time %i ms ahead of our clock: %s, whatever else is so', (ahead, outcome) => {
    const facts = { at: AT, receivedAt: AT - ahead };
    expect(decideAttendance({ ...facts, now: AT - ahead, told: [] })).toBe(outcome);
    // Decided after an outage, when its time has come, it is no truer.
    expect(decideAttendance({ ...facts, now: AT + MINUTE, told: [] })).toBe(outcome);
    expect(decideAttendance({ ...facts, now: AT, told: [AT] })).toBe(outcome === 'ahead' ? 'ahead' : 'debounced');
  });

  it.each([
    [[-1 * SECOND], 'debounced'],
    [[-60 * SECOND], 'debounced'],
    [[-60 * SECOND - 1], 'texted'],
    [[60 * SECOND], 'debounced'],
    [[60 * SECOND + 1], 'texted'],
    [[-90 * SECOND, -30 * SECOND], 'debounced'],
  ])('told at %j ms from it: %s', (told, outcome) => {
    expect(decideAttendance({ at: AT, receivedAt: AT, now: AT, told: told.map((ms) => AT + ms) })).toBe(outcome);
  });

  it.each([
    ['texted', true, undefined],
    ['late', true, undefined],
    ['texted', false, '未订制平安短信'],
    ['late', false, '未订制平安短信'],
    ['debounced', true, '一分钟内重复刷卡,只记录'],
    ['stale', true, '补传超过2小时,只记录'],
    ['ahead', true, '读卡器时钟超前,时间不可信,只记录'],
  ] as const)('%s, entitled %s: not told because %s', (outcome, entitled, reason) => {
    expect(suppressionReason(outcome, entitled)).toBe(reason);
  });
});

describe('the words', () => {
  const words = {
    name: '王小兵',
    dir: 'in',
    at: AT,
    now: AT + SECOND,
    zone: 'Asia/Shanghai',
    outcome: 'texted',
  } as const;

  it.each([
    [words, '您的孩子王小兵已于07:31到校。'],
    [{ ...words, dir: 'out' as const, at: Date.parse('2026-11-23T16:40:59+08:00') }, '您的孩子王小兵已于16:40离校。'],
    [{ ...words, outcome: 'late' as const, now: AT + 40 * MINUTE }, '(补报)您的孩子王小兵已于07:31到校。'],
    [
      { ...words, at: Date.parse('2026-11-22T23:30:00+08:00'), now: AT - 7 * 60 * MINUTE, outcome: 'late' as const },
      '(补报)您的孩子王小兵已于11月22日23:30到校。',
    ],
    [
      {
        ...words,
        dir: 'out' as const,
        at: Date.parse('2026-11-22T23:59:59+08:00'),
        now: Date.parse('2026-11-23T00:00:00+08:00'),
      },
      '您的孩子王小兵已于11月22日23:59离校。',
    ],
  ])('%#', (given, text) => {
    expect(swipeText(given)).toBe(text);
    expect(segmentsOf(text)).toBe(1);
  });
});
