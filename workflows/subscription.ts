import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { SubscriptionActivities } from '../activities/subscription.ts';
import { cancelUpdate, orderUpdate, type SubscriptionView } from './contracts.ts';

// Repeatable: decided once per request id by the database. Retried for as long as it takes, because a failed update
// would answer its request id with that failure for ever; a command that can never work fails without a retry.
const { orderSubscription, cancelSubscription } = proxyLocalActivities<SubscriptionActivities>({
  startToCloseTimeout: '10 s',
  retry: { initialInterval: '100 ms', maximumInterval: '30 s' },
});

/**
 * One billing unit's subscription (architecture §3): an entity that takes its orders and cancels one after another. What
 * is so is in Postgres and read there each time, so rows that were there before the workflow, or outlived it, count.
 * Nothing is pending while it waits: an idle subscription costs nothing.
 */
export async function subscription({ tenant, unit }: { tenant: string; unit: string }): Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (act: () => Promise<SubscriptionView>): Promise<SubscriptionView> => {
    const mine = last.then(act);
    last = mine.catch(() => undefined);
    return mine;
  };
  setHandler(orderUpdate, (command) => inTurn(() => orderSubscription({ tenant, unit, command })));
  setHandler(cancelUpdate, (command) => inTurn(() => cancelSubscription({ tenant, unit, command })));

  // No update is lost: those in hand finish first, and the server keeps those that come meanwhile for the next run.
  await condition(() => workflowInfo().continueAsNewSuggested && allHandlersFinished());
  await continueAsNew<typeof subscription>({ tenant, unit });
}
