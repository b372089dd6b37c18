import { AHEAD_AFTER_MS, LATE_AFTER_MS } from './attendance.ts';

/** What a reader's newest records say of its clock. */
export interface ClockFacts {
  /** How far each was ahead of our clock when it came, in ms, the newest first; below zero: it came later than it says. */
  leadsMs: readonly number[];
  /** Newer ones were quarantined because their time could not be (spec §9). */
  off: boolean;
}

/** What is wrong with a clock, and in Chinese, for the school. */
export interface ClockFault {
  fault: 'ahead' | 'behind' | 'off';
  words: string;
}

/** Records looked at: what came late once was uploaded late, what always does is told by a slow clock. */
export const CLOCK_RECORDS = 10;

/**
 * Whether a reader's clock can be believed. One record from the future is enough; a clock that is slow can't be told
 * from an upload after an outage but by its going on, so all of the newest ten have to be late.
 * @returns undefined: nothing speaks against it
 */
export function clockFault({ leadsMs, off }: ClockFacts): ClockFault | undefined {
  if (off) return { fault: 'off', words: '时钟相差超过24小时，刷卡不计考勤' };
  const newest = leadsMs[0];
  if (newest === undefined) return undefined;
  if (newest > AHEAD_AFTER_MS) return { fault: 'ahead', words: `时钟快${duration(newest)}，刷卡只记录不发短信` };
  const least = -Math.max(...leadsMs);
  if (leadsMs.length < CLOCK_RECORDS || least <= LATE_AFTER_MS) return undefined;
  return { fault: 'behind', words: `最近的记录都晚到${duration(least)}以上：时钟慢，或在补传` };
}

/** Whole minutes, from an hour and a half on whole hours. */
function duration(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  return minutes < 90 ? `${minutes}分钟` : `${Math.floor(minutes / 60)}小时`;
}
