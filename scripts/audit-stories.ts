/** What families say in an audited year and a quarter, and when it is heard. The same seed, the same stories. */
import type { CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import { CivilMonths } from '../workflows/domain/civil-month.ts';
import { mulberry32 } from './random.ts';

const HOUR_MS = 3_600_000;
/** Beyond a year, so that years end and are renewed. */
export const STORY_MONTHS = 15;

/** One thing said for a family. */
export interface Saying {
  does: 'order' | 'cancel';
  channel: 'sms' | 'web' | 'agent' | 'customer-service';
  /** Of an order: a package; of a cancel: its scope. */
  what: string;
  /** The parent signed a paper. */
  slip: boolean;
  /** The text that answers was handed to the carrier. */
  handed: boolean;
  /** Epoch ms. */
  at: number;
  heardAt: number;
}

/** Days and seconds where rules turn, and ordinary ones. */
const DAYS = [1, 1, 4, 5, 8, 12, 18, 20, 21, 23, 24, 26, 28, 32];
const SECONDS = [-1, 0, 0, 1, 36_000];
/** Most is heard at once; an SMSC retries for hours, customer service records what was said weeks ago. */
const LATE_HOURS = [0, 0, 0, 0, 1, 80, 24 * 20, 24 * 70];
const MOST_SAYINGS = 9;

/** The stories of `families` families from `start` (a month of CivilMonths) on. */
export function storiesOf(families: number, seed: number, profile: CarrierProfile, start: number): Saying[][] {
  const months = new CivilMonths(profile.zone);
  const chance = mulberry32(seed);
  const among = <T>(all: readonly T[]): T => all[Math.floor(chance() * all.length)]!;
  const packages = profile.packages.map(({ id }) => id);

  function saying(): Saying {
    const month = start + Math.floor(chance() * STORY_MONTHS);
    const at = months.midnight(month, among(DAYS)) + among(SECONDS) * 1000;
    const heardAt = at + among(LATE_HOURS) * HOUR_MS;
    const said = { at, heardAt, handed: chance() < 0.5, slip: false };
    if (chance() < 0.35) {
      const what = among(['home-school', 'home-school', 'everything', 'free', among(packages)]);
      return { ...said, does: 'cancel', channel: among(['sms', 'sms', 'web', 'customer-service']), what };
    }
    const channel = among(['sms', 'sms', 'web', 'web', 'agent', 'customer-service'] as const);
    const slip = channel === 'agent' && chance() < 0.4;
    return {
      ...said,
      does: 'order',
      channel,
      slip,
      what: channel === 'sms' ? profile.defaultPackage : among(packages),
    };
  }
  return Array.from({ length: families }, () =>
    Array.from({ length: 1 + Math.floor(chance() * MOST_SAYINGS) }, saying).sort((a, b) => a.heardAt - b.heardAt),
  );
}
