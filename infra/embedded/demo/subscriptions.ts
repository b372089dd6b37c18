import type { Carriers } from '../../carriers.ts';
import { billingUnitOf } from '../../../workflows/domain/routing.ts';
import { derive, type DemoSchool } from './roster.ts';

/** A subscription as a carrier hands it over: ordered long ago, on a signed slip. */
export interface DemoSubscription {
  tenant: string;
  /** Household or guardian, as the carrier bills. */
  unit: string;
  payerGuardianId: string;
  package: string;
  services: string[];
  slip: string;
}

/** Since the start of a school year: the first of a month long past. */
export const SUBSCRIBED_SINCE = '2025-09-01T00:00:00+08:00';
/** In the second school one payer in so many, each with another bundle. */
const SHANXI_PAYERS_PER_SUBSCRIBER = 3;

/** Every family of gansu's school with its package and gifts; a third of shanxi's, the bundles taken in turn. */
export function demoSubscriptions(schools: readonly DemoSchool[], carriers: Carriers): DemoSubscription[] {
  return schools.flatMap(({ tenant, families }) => {
    const profile = carriers.profile(tenant);
    const everyone = tenant === 'gansu';
    const bundles = everyone
      ? profile.packages.filter(({ id }) => id === profile.defaultPackage)
      : profile.packages.filter(({ period, fen }) => period === 'month' && fen > 0);
    return families
      .filter((_, i) => everyone || i % SHANXI_PAYERS_PER_SUBSCRIBER === 0)
      .map(({ householdId, guardians }, i): DemoSubscription => {
        const payer = guardians[0]!;
        const bundle = bundles[i % bundles.length]!;
        return {
          tenant,
          unit: billingUnitOf(profile, { id: payer.id, householdId }),
          payerGuardianId: payer.id,
          package: bundle.id,
          services: [...bundle.services, ...profile.gifts],
          slip: `SLIP-${derive(tenant, householdId).slice(0, 8).toUpperCase()}`,
        };
      });
  });
}
