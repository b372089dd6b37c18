/** When a signed slip was said, and what its phone is told (spec §6: the later word stands, by when it was said). */
import { profileAt, type CarrierProfile } from './carrier-profile.ts';
import { civilOf, instantOf, startOfDay } from './civil-time.ts';
import { packageName, priceWords } from './package-words.ts';
import { firstChargeAt } from './subscription-texts.ts';
import { TEXTS } from './texts/index.ts';

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

/** A slip of a family on trial, as somebody else recorded it. */
export interface RecordedSlip {
  answer: 'yes' | 'no';
  /** Whether it is what the family says: nothing was said later that overrules it. */
  stands: boolean;
  /** What a yes orders. */
  package: string;
  /** When it was said, and when the trial ends; epoch ms. */
  at: number;
  endsAt: number;
}

/** What the phone is told of it. */
export function slipText(
  { answer, stands, package: id, at, endsAt }: RecordedSlip,
  versions: readonly CarrierProfile[],
): string {
  const orderedAt = Math.max(at, endsAt);
  const profile = profileAt(versions, orderedAt);
  const { keywords, shortCode, zone } = profile;
  const subscribe = { word: keywords.subscribe[0]!, shortCode };
  const cancel = { word: keywords.cancel[0]!, shortCode };
  const name = packageName(id, profile);
  if (answer === 'no') return stands ? TEXTS.SLIP_NO.zh({ subscribe }) : TEXTS.SLIP_ORDERED_SINCE.zh({ cancel });
  if (!stands) return TEXTS.SLIP_STOPPED.zh({ package: name, subscribe });
  const free = at < endsAt ? civilOf(endsAt, zone) : null;
  const chargedOn = civilOf(firstChargeAt(id, orderedAt, versions), zone);
  return TEXTS.SLIP_YES.zh({ package: name, price: priceWords(id, profile), free, chargedOn, cancel });
}

function beginOf(date: string, zone: string, days = 0): number {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  return instantOf({ year, month, day: day + days, hour: 0, minute: 0, second: 0 }, zone);
}
