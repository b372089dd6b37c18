/** When a signed slip was said (spec §6: the later word stands, by when it was said). */
import { instantOf, startOfDay } from './civil-time.ts';

/** What a slip says, and the date beside its signature, `2026-03-05`, where one is known. */
export interface SlipWords {
  answer: 'yes' | 'no';
  signedOn?: string | undefined;
}

/** A paper of an earlier school year is no answer to this one's. */
const KEPT_DAYS = 366;

/**
 * When it counts as said (epoch ms), recorded at `recordedAt`. A paper has a date and no hour: a yes counts from the
 * day's beginning and a no from its end, so that on one day the stop is the later word. Without a date, from when it was
 * recorded.
 */
export function slipSaidAt({ answer, signedOn }: SlipWords, recordedAt: number, zone: string): number {
  if (signedOn === undefined) return recordedAt;
  return answer === 'yes' ? beginOf(signedOn, zone) : Math.min(beginOf(signedOn, zone, 1) - 1, recordedAt);
}

/** What is wrong with the date of a slip that is recorded at `recordedAt` (epoch ms); undefined: nothing. */
export function signedOnFault(signedOn: string, recordedAt: number, zone: string): string | undefined {
  const begins = beginOf(signedOn, zone);
  if (begins > recordedAt) return 'is in the future';
  return begins < startOfDay(recordedAt, zone, -KEPT_DAYS) ? `is more than ${KEPT_DAYS} days ago` : undefined;
}

function beginOf(date: string, zone: string, days = 0): number {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  return instantOf({ year, month, day: day + days, hour: 0, minute: 0, second: 0 }, zone);
}
