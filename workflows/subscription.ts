import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { SubscriptionActivities } from '../activities/subscription.ts';
import { cancelUpdate, orderUpdate } from './contracts.ts';

// Repeatable: decided once per request id by the database. Retried for as long as it takes, because a failed update
// would answer its request id with that failure for ever; a command that can never work fails without a retry.
// Not local ones: with twenty commands for one unit at once (test/workflow/subscription.test.ts) the server refused
// an update as unprocessed in two runs of five, with these in none of six.
const { orderSubscription, cancelSubscription, makeDueChange } = proxyActivities<SubscriptionActivities>({
  startToCloseTimeout: '10 s',
  retry: { initialInterval: '100 ms', maximumInterval: '30 s' },
});

interface SubscriptionInput {
  tenant: string;
  unit: string;
  /** When a change ordered earlier begins (epoch ms); null: none is to come. */
  changesAt?: number | null;
}

/**
 * One billing unit's subscription (architecture §3): an entity that takes its orders and cancels one after another. What
 * is so is in Postgres and read there each time, so rows that were there before the workflow, or outlived it, count.
 * One timer at most, for a change of bundle to come; nothing is pending while it is simply active.
 */
export async function subscription({ tenant, unit, changesAt = null }: SubscriptionInput): Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Done extends { changesAt: number | null }>(act: () => Promise<Done>): Promise<Done> => {
    const mine = last.then(async () => {
      const done = await act();
      ({ changesAt } = done);
      return done;
    });
    last = mine.catch(() => undefined);
    return mine;
  };
  setHandler(orderUpdate, async (command) => (await inTurn(() => orderSubscription({ tenant, unit, command }))).view);
  setHandler(cancelUpdate, async (command) => (await inTurn(() => cancelSubscription({ tenant, unit, command }))).view);

  // No update is lost: those in hand finish first, and the server keeps those that come meanwhile for the next run.
  const mayContinue = () => workflowInfo().continueAsNewSuggested && allHandlersFinished();
  while (!mayContinue()) {
    const waitsFor = changesAt;
    const isOtherwise = () => changesAt !== waitsFor || mayContinue();
    if (waitsFor === null) await condition(isOtherwise);
    else if (!(await condition(isOtherwise, Math.max(1, waitsFor - Date.now()))))
      await inTurn(() => makeDueChange({ tenant, unit, at: Date.now() }));
  }
  await continueAsNew<typeof subscription>({ tenant, unit, changesAt });
}
