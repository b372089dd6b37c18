import { ApplicationFailure } from '@temporalio/common';
import type { Carriers } from '../infra/carriers.ts';
import { enqueueSms } from '../infra/postgres/outbox.ts';
import { inTransaction, type Db, type Pool } from '../infra/postgres/pool.ts';
import {
  lockUnit,
  readRequest,
  readSubscription,
  writeEvents,
  writeRequest,
  writeSubscription,
} from '../infra/postgres/subscriptions.ts';
import type { CancelCommand, OrderCommand, SubscriptionView } from '../workflows/contracts.ts';
import { isOnNet, type CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import {
  decideCancel,
  decideOrder,
  type CancelOutcome,
  type Decision,
  type OrderOutcome,
  type SubscriptionState,
  withDueChange,
} from '../workflows/domain/ordering.ts';
import { answerText } from '../workflows/domain/subscription-texts.ts';
import { subscriptionId } from '../workflows/ids.ts';

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
type Outcome = OrderOutcome | CancelOutcome;

/** An answer, and when the subscription next changes by itself (epoch ms): a change of bundle begins with a month. */
interface Answer {
  view: SubscriptionView;
  changesAt: number | null;
}

/** Orders and cancels, each one transaction: events, row and the one text that answers, or nothing. */
export function createSubscriptionActivities({ pool, carriers }: SubscriptionDeps) {
  return {
    /** Decides and records an order. Throws a non-retryable failure for a guardian who isn't of the unit. */
    orderSubscription: ({ command, ...unit }: Unit & { command: OrderCommand }): Promise<Answer> =>
      once(unit, command, command.package, (state, profile, phone) =>
        decideOrder(
          state,
          {
            package: command.package,
            channel: command.channel,
            slip: command.evidence.slip !== undefined,
            payer: command.guardianId,
            at: Date.parse(command.at),
          },
          profile,
          { onNet: isOnNet(profile, phone) },
        ),
      ),

    /** Decides and records a cancel. Throws a non-retryable failure for a guardian who isn't of the unit. */
    cancelSubscription: ({ command, ...unit }: Unit & { command: CancelCommand }): Promise<Answer> =>
      once(unit, command, undefined, (state, profile) =>
        decideCancel(state, { scope: command.scope, at: Date.parse(command.at) }, profile),
      ),

    /** Makes a change of bundle whose month has begun at `at` (epoch ms). */
    makeDueChange: ({ tenant, unit, at }: Unit & { at: number }): Promise<{ changesAt: number | null }> =>
      inTransaction(pool, async (db) => {
        await lockUnit(db, tenant, unit);
        const state = withDueChange(await readSubscription(db, tenant, unit), at, carriers.profile(tenant, at));
        await writeSubscription(db, tenant, unit, state);
        return { changesAt: state.next?.from ?? null };
      }),
  };

  /** Decides once per request id: asked again, it answers what it answered before. */
  function once(
    { tenant, unit }: Unit,
    command: OrderCommand | CancelCommand,
    asked: string | undefined,
    decide: (state: SubscriptionState, profile: CarrierProfile, phone: string) => Decision<Outcome>,
  ): Promise<Answer> {
    const profile = carriers.profile(tenant, Date.parse(command.at));
    return inTransaction(pool, async (db) => {
      // An attempt that was given up may still be running beside this one.
      await lockUnit(db, tenant, unit);
      const answered = await readRequest(db, tenant, command.requestId);
      const before = await readSubscription(db, tenant, unit);
      if (answered) {
        if (answered.unit === unit) return { view: answered.view, changesAt: before.next?.from ?? null };
        throw ApplicationFailure.nonRetryable('the request id was used for another unit', 'RequestIdReused');
      }
      const phone = await phoneOf(db, tenant, unit, command.guardianId, profile);
      const decision = decide(before, profile, phone);
      const view = viewOf(tenant, unit, decision);
      await writeEvents(db, tenant, unit, command, decision.events);
      await writeSubscription(db, tenant, unit, decision.state);
      await writeRequest(db, command.requestId, view);
      await enqueueSms(db, [
        {
          origin: `subscription/${command.requestId}/answer`,
          tenant,
          workflowId: subscriptionId(tenant, unit),
          kind: 'answer',
          phone,
          source: profile.shortCode,
          body: answerText(decision, profile, asked),
          guardianId: command.guardianId,
        },
      ]);
      return { view, changesAt: decision.state.next?.from ?? null };
    });
  }
}

async function phoneOf(db: Db, tenant: string, unit: string, guardian: string, { billingUnit }: CarrierProfile) {
  const { rows } = await db.query<{ phone: string; household_id: string }>(
    'select phone, household_id from guardian where id = $1 and tenant = $2',
    [guardian, tenant],
  );
  const found = rows[0];
  if (!found || unit !== (billingUnit === 'household' ? found.household_id : guardian))
    throw ApplicationFailure.nonRetryable(`guardian ${guardian} is not of unit ${unit}`, 'UnknownGuardian');
  return found.phone;
}

function viewOf(tenant: string, unit: string, { outcome, state }: Decision<Outcome>): SubscriptionView {
  return {
    tenant,
    unit,
    state: state.state,
    package: state.package,
    services: state.services,
    since: state.since === null ? null : new Date(state.since).toISOString(),
    outcome,
  };
}
