/** What families of classes on trial say, before, in and after the month. The same seed, the same stories. */
import type { CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import { startOfDay } from '../workflows/domain/civil-time.ts';
import type { TrialSaying } from './audit-trial-family.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Trials begin in the first 90 days and are over by the 180th. */
const SAID_WITHIN_DAYS = 200;
const LATE_HOURS = [0, 0, 0, 1, 80, 24 * 20];
const MOST_SAYINGS = 5;

/** The stories of `count` families from `start` (epoch ms) on. */
export function trialStoriesOf(
  count: number,
  chance: () => number,
  profile: CarrierProfile,
  start: number,
): TrialSaying[][] {
  const among = <T>(all: readonly T[]): T => all[Math.floor(chance() * all.length)]!;
  const packages = profile.packages.filter(({ period }) => period === 'month').map(({ id }) => id);

  function saying(): TrialSaying {
    const at = start + Math.floor(chance() * SAID_WITHIN_DAYS * 24) * HOUR_MS;
    const heardAt = at + among(LATE_HOURS) * HOUR_MS;
    const does = among(['order', 'order', 'order', 'cancel', 'no'] as const);
    const said = { does, at, heardAt };
    if (does === 'no') {
      const end = Math.min(startOfDay(at, profile.zone) + DAY_MS - 1, heardAt);
      return { ...said, at: end, channel: 'agent', slip: 'dated', what: profile.defaultPackage };
    }
    const channel = among(['sms', 'sms', 'web', 'agent'] as const);
    if (does === 'cancel')
      return { ...said, channel: channel === 'agent' ? 'web' : channel, slip: null, what: profile.defaultPackage };
    if (channel === 'sms') return { ...said, channel, slip: null, what: profile.defaultPackage };
    if (channel === 'web') return { ...said, at: heardAt, channel, slip: null, what: among(packages) };
    const slip = among(['dated', 'undated'] as const);
    const counts = slip === 'dated' ? startOfDay(at, profile.zone) : heardAt;
    return { ...said, at: counts, channel, slip, what: among(packages) };
  }
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + Math.floor(chance() * MOST_SAYINGS) }, saying).sort((a, b) => a.heardAt - b.heardAt),
  );
}
