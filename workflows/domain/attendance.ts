/** What a swipe that counts means for the guardians (spec §9). */

/** texted: told now; late: told, saying it is late; debounced, stale, ahead (of our clock): recorded only. */
export type AttendanceOutcome = 'texted' | 'late' | 'debounced' | 'stale' | 'ahead';
export type Direction = 'in' | 'out';

/** The same card in the same direction within this is one passing of the gate. */
export const DEBOUNCE_MS = 60_000;
/** A reader's clock further ahead of ours when its record came is wrong, and so is the time the text would tell. */
export const AHEAD_AFTER_MS = 2 * 60_000;
/** Told later than this, a swipe is told as late. */
export const LATE_AFTER_MS = 5 * 60_000;
/** Until then a text is still of use. */
export const USEFUL_MS = 2 * 3_600_000;

export interface AttendanceFacts {
  /** When the card was swiped, by the reader's clock; epoch ms, as all times here. */
  at: number;
  /** When it was stored. */
  receivedAt: number;
  /** When we can tell, at the earliest: now. */
  now: number;
  /** Swipes of the same card and direction that were told before, near in time. */
  told: readonly number[];
}

/**
 * Whether guardians are told of a swipe, and how. All bounds are inclusive: exactly 60 s is debounced, 2 h is useful,
 * exactly 2 min ahead is believed.
 */
export function decideAttendance({ at, receivedAt, now, told }: AttendanceFacts): AttendanceOutcome {
  // Before anything is made of its time: that is not when the card was swiped.
  if (at - receivedAt > AHEAD_AFTER_MS) return 'ahead';
  // Either side: of two swipes that arrive in the wrong order, the first to be told is the one text.
  if (told.some((other) => Math.abs(other - at) <= DEBOUNCE_MS)) return 'debounced';
  if (now - at <= LATE_AFTER_MS) return 'texted';
  return now - at <= USEFUL_MS ? 'late' : 'stale';
}

/** Why a guardian of the child is not told; undefined: is told. */
export function suppressionReason(outcome: AttendanceOutcome, entitled: boolean): string | undefined {
  switch (outcome) {
    case 'debounced':
      return '一分钟内重复刷卡，只记录';
    case 'stale':
      return '补传超过2小时，只记录';
    case 'ahead':
      return '读卡器时钟超前，时间不可信，只记录';
    case 'texted':
    case 'late':
      return entitled ? undefined : '未订制平安短信';
  }
}
