import { ApplicationFailure } from '@temporalio/common';
import type { Carriers } from '../infra/carriers.ts';
import { inTransaction, type Pool } from '../infra/postgres/pool.ts';
import { commandSubscription, CommandRefused, lookAtUnit } from '../infra/postgres/subscription-command.ts';
import type { CancelCommand, OrderCommand, SubscriptionRequest, SubscriptionView } from '../workflows/contracts.ts';

/** What subscription activities are made of. */
export interface SubscriptionDeps {
  pool: Pool;
  carriers: Carriers;
}

export type SubscriptionActivities = ReturnType<typeof createSubscriptionActivities>;

interface Unit {
  tenant: string;
  unit: string;
}

/** When something next happens to the unit by itself (epoch ms): the one timer its workflow keeps; null: nothing. */
interface Due {
  dueAt: number | null;
}

/** What a unit's workflow, its clock, does to the record: each is one transaction, harmless to repeat. */
export function createSubscriptionActivities({ pool, carriers }: SubscriptionDeps) {
  return {
    /** Makes what is due by `now` (epoch ms) so. What the workflow was to be told, it knows by that. */
    lookAtSubscription: look,

    /** Of runs begun when the workflow took commands itself: the same. */
    makeDue: ({ now, ...unit }: Unit & { dueAt: number; now: number }): Promise<Due> => look({ ...unit, now }),

    /** Of runs begun when the workflow took commands itself: decides and records an order. */
    orderSubscription: ({ command, ...unit }: Unit & { command: OrderCommand }) =>
      once({ ...unit, action: 'order', command }),

    /** Of such runs: decides and records a cancel. */
    cancelSubscription: ({ command, ...unit }: Unit & { command: CancelCommand }) =>
      once({ ...unit, action: 'cancel', command }),
  };

  async function look(unit: Unit & { now: number }): Promise<Due> {
    return { dueAt: await inTransaction(pool, (db) => lookAtUnit(db, carriers, unit)) };
  }

  async function once(request: SubscriptionRequest): Promise<Due & { view: SubscriptionView }> {
    try {
      const { view, dueAt } = await inTransaction(pool, (db) => commandSubscription(db, carriers, request));
      return { view, dueAt };
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      throw ApplicationFailure.nonRetryable(error.message, error.name);
    }
  }
}
