import type { CarrierProfile } from './carrier-profile.ts';

/** What a backtest may change: everything but who the carrier is. `undefined` leaves a fact as it is. */
export type TariffChanges = { [Fact in keyof CarrierProfile]?: CarrierProfile[Fact] | undefined };

/**
 * The rules with these changes, in force at all times. Named so, where the changes don't name them, that nobody takes
 * their lines for charged ones.
 */
export function changeProfile(base: CarrierProfile, changes: TariffChanges): CarrierProfile {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  return { ...base, version: `${base.version}-changed`, ...given };
}
