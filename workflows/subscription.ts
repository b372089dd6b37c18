import {
  allHandlersFinished,
  condition,
  continueAsNew,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { SubscriptionActivities } from '../activities/subscription.ts';
import { commandDecided } from './contracts.ts';
import { subscriptionEntity, type SubscriptionEntityInput } from './subscription-entity.ts';

// One transaction, safe to repeat: it goes on until Postgres is back.
const { lookAtSubscription } = proxyActivities<SubscriptionActivities>({
  startToCloseTimeout: '10 s',
  retry: { initialInterval: '200 ms', maximumInterval: '15 s' },
});

/** A billing unit: household or payer's guardian id. */
interface SubscriptionInput {
  tenant: string;
  unit: string;
  /** Told apart from runs begun when the workflow took commands itself. */
  as: 'clock';
}

/**
 * The clock of one billing unit's subscription (docs/decisions/0001): a command is decided in the database by whoever
 * hears it, and this keeps the one timer of what happens by itself: the end of a first order's waiver (R1), a change of
 * bundle (R7), a year's end (R6). It looks when it begins, when it is told of a command, and when its time has come; it
 * ends when nothing is due. A signal that comes while it ends makes the server ask again, so none is lost.
 */
export async function subscription(input: SubscriptionInput | SubscriptionEntityInput): Promise<void> {
  if (!('as' in input)) return subscriptionEntity(input);
  const { tenant, unit } = input;
  let told = 0;
  setHandler(commandDecided, () => void told++);
  for (;;) {
    const heard = told;
    const { dueAt } = await lookAtSubscription({ tenant, unit, now: Date.now() });
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof subscription>(input);
    }
    if (dueAt !== null) await condition(() => told !== heard, Math.max(1, dueAt - Date.now()));
    else if (told === heard) return;
  }
}
