import { describe, expect, it } from 'vitest';
import { decideAttendance, suppressionReason } from '../../workflows/domain/attendance.ts';

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
    ['debounced', true, '一分钟内重复刷卡，只记录'],
    ['stale', true, '补传超过2小时，只记录'],
    ['ahead', true, '读卡器时钟超前，时间不可信，只记录'],
  ] as const)('%s, entitled %s: not told because %s', (outcome, entitled, reason) => {
    expect(suppressionReason(outcome, entitled)).toBe(reason);
  });
});
