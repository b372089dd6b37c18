import { civilOf } from './civil-time.ts';

/** Local times `HH:MM` or `HH:MM:SS`, half-open `[from, until)`; may cross midnight; equal times mean never. */
export interface QuietHours {
  from: string;
  until: string;
}

const DAY = 24 * 60 * 60;

/**
 * When a text that is ready at `at` (epoch ms) may leave: at once, or when the quiet hours it falls in end.
 * Where clocks change during the night the answer may be an hour early: ask again then.
 * @param quiet null: never quiet
 * @param zone IANA zone the hours are meant in
 */
export function quietUntil(at: number, quiet: QuietHours | null, zone: string): number {
  if (!quiet) return at;
  const from = secondsOf(quiet.from);
  const until = secondsOf(quiet.until);
  const { hour, minute, second } = civilOf(at, zone);
  const now = hour * 3600 + minute * 60 + second;
  const isQuiet = from <= until ? from <= now && now < until : now >= from || now < until;
  if (!isQuiet) return at;
  const wholeSecond = Math.floor(at / 1000) * 1000;
  return wholeSecond + ((until - now + DAY) % DAY) * 1000;
}

function secondsOf(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
  return hours * 3600 + minutes * 60 + seconds;
}
