/** Subscriptions in a database of a test's own, told by commands as whoever hears them gives them. */
import { createSubscriptionActivities, type SubscriptionActivities } from '../../activities/subscription.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { liveInAnyYear } from './any-year.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { addGuardian } from './family.ts';

export interface SubscriptionRig {
  database: TestDatabase;
  activities: SubscriptionActivities;
  /** Adds a guardian with a household and phone of their own. Returns their id; `h-` before it is the household's. */
  newGuardian: (tenant: string, prefix?: string) => Promise<string>;
  /** A request id that was not used. */
  newRequest: () => string;
}

export async function startSubscriptions(): Promise<SubscriptionRig> {
  const database = await createTestDatabase();
  await liveInAnyYear(database.pool);
  let people = 0;
  let requests = 0;
  return {
    database,
    activities: createSubscriptionActivities({ pool: database.pool, carriers: loadCarriers() }),
    async newGuardian(tenant, prefix = '139') {
      const id = `g${++people}`;
      await addGuardian(database.pool, tenant, id, `${prefix}${String(people).padStart(8, '0')}`);
      return id;
    },
    newRequest: () => `r${++requests}`,
  };
}
