import { civilOf, formatTime } from './civil-time.ts';

/** An instant (epoch ms) in words for a sentence: `2026年3月8日10:00` and `on 2026-03-08 at 10:00`. */
export function civilWords(at: number, zone: string): { zh: string; en: string } {
  const { year, month, day } = civilOf(at, zone);
  const two = (value: number) => String(value).padStart(2, '0');
  const time = formatTime(at, zone);
  return { zh: `${year}年${month}月${day}日${time}`, en: `on ${year}-${two(month)}-${two(day)} at ${time}` };
}
