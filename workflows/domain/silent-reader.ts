import { civilOf, formatDate, instantOf } from './civil-time.ts';

/** When a school expects swipes, as wall-clock minutes of its day. */
export interface ArrivalWindow {
  fromMinute: number;
  untilMinute: number;
}

/** That of one school day: [from, until) in epoch ms. */
export interface DayWindow {
  /** `2026-11-23` */
  date: string;
  from: number;
  until: number;
}

/**
 * The windows that ended in (after, until], the oldest first: at its end, and not before, a gate without a single swipe
 * in it is silent (issue 4). School days are Monday to Friday. A window that ends before it begins is none.
 */
export function windowsEnded(window: ArrivalWindow, after: number, until: number, zone: string): DayWindow[] {
  const { fromMinute, untilMinute } = window;
  const { year, month, day } = civilOf(after, zone);
  const ended: DayWindow[] = [];
  for (let days = 0; fromMinute < untilMinute; days++) {
    const at = (minute: number) => instantOf({ year, month, day: day + days, hour: 0, minute, second: 0 }, zone);
    const one = { from: at(fromMinute), until: at(untilMinute) };
    if (one.until > until) break;
    const date = formatDate(one.from, zone);
    if (one.until > after && isSchoolDay(date)) ended.push({ date, ...one });
  }
  return ended;
}

function isSchoolDay(date: string): boolean {
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
  return weekday >= 1 && weekday <= 5;
}

/** Nothing was heard of it since the window began; or it was, by no swipe of that window. */
export type AlarmReason = 'unheard' | 'no-swipe';

const WORDS: Record<AlarmReason, string> = { unheard: '上学时段没有任何上报', 'no-swipe': '上学时段没有有效刷卡' };

/** The reason as the school reads it. */
export function alarmWords(reason: AlarmReason): string {
  return WORDS[reason];
}
