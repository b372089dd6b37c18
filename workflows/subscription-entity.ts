import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { SubscriptionActivities } from '../activities/subscription.ts';
import { cancelUpdate, commandDecided, orderUpdate } from './contracts.ts';
import type { subscription } from './subscription.ts';

// Repeatable: decided once per request id by the database. Retried for as long as it takes, because a failed update
// would answer its request id with that failure for ever; a command that can never work fails without a retry.
// Not local ones: with twenty commands for one unit at once (test/workflow/subscription.test.ts) the server refused
// an update as unprocessed in two runs of five, with these in none of six.
const { orderSubscription, cancelSubscription, makeDue } = proxyActivities<SubscriptionActivities>({
  startToCloseTimeout: '10 s',
  retry: { initialInterval: '100 ms', maximumInterval: '30 s' },
});

export interface SubscriptionEntityInput {
  tenant: string;
  unit: string;
  /** When something next happens by itself (epoch ms); null: nothing. */
  dueAt?: number | null;
}

/**
 * How a unit's subscription ran when it took orders and cancels itself, as updates: for runs that are still open. Told of
 * anything by a signal, as each is once after the upgrade (migration 0017), it goes on as the clock that it is now.
 */
export async function subscriptionEntity({ tenant, unit, dueAt = null }: SubscriptionEntityInput): Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Done extends { dueAt: number | null }>(act: () => Promise<Done>): Promise<Done> => {
    const mine = last.then(async () => {
      const done = await act();
      ({ dueAt } = done);
      return done;
    });
    last = mine.catch(() => undefined);
    return mine;
  };
  setHandler(orderUpdate, async (command) => (await inTurn(() => orderSubscription({ tenant, unit, command }))).view);
  setHandler(cancelUpdate, async (command) => (await inTurn(() => cancelSubscription({ tenant, unit, command }))).view);

  let told = false;
  setHandler(commandDecided, () => void (told = true));
  // No update is lost: those in hand finish first, and the server keeps those that come meanwhile for the next run.
  const mayContinue = () => (told || workflowInfo().continueAsNewSuggested) && allHandlersFinished();
  while (!mayContinue()) {
    const waitsFor = dueAt;
    const isOtherwise = () => dueAt !== waitsFor || mayContinue();
    if (waitsFor === null) await condition(isOtherwise);
    else if (!(await condition(isOtherwise, Math.max(1, waitsFor - Date.now()))))
      await inTurn(() => makeDue({ tenant, unit, dueAt: waitsFor, now: Date.now() }));
  }
  await continueAsNew<typeof subscription>({ tenant, unit, as: 'clock' });
}
