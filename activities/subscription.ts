import { ApplicationFailure } from '@temporalio/common';
import type { Carriers } from '../infra/carriers.ts';
import { eventRowsOfUnit } from '../infra/postgres/charge-events.ts';
import { enqueueSms } from '../infra/postgres/outbox.ts';
import { inTransaction, type Db, type Pool } from '../infra/postgres/pool.ts';
import {
  isUnaware,
  lockUnit,
  readRequest,
  readSaid,
  readSubscription,
  writeEvents,
  writeRequest,
  writeSubscription,
} from '../infra/postgres/subscriptions.ts';
import { cancelCountsFrom } from '../infra/postgres/trial-answers.ts';
import type { CancelCommand, OrderCommand, SubscriptionOutcome, SubscriptionView } from '../workflows/contracts.ts';
import { isOnNet, type CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import { startOfDay } from '../workflows/domain/civil-time.ts';
import { decideLateCancel, decideLateOrder, type SaidBefore } from '../workflows/domain/late-commands.ts';
import {
  decideCancel,
  decideOrder,
  endOfYear,
  type Decision,
  type SubscriptionState,
  isYear,
  withDueChange,
} from '../workflows/domain/ordering.ts';
import { chargeEvent } from '../workflows/domain/billing-decision.ts';
import { whatIsDue } from '../workflows/domain/charging.ts';
import { billingUnitOf } from '../workflows/domain/routing.ts';
import { answerText, yearOverText } from '../workflows/domain/subscription-texts.ts';
import { subscriptionId } from '../workflows/ids.ts';
import { settleUnit } from './charge-units.ts';

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

interface Answer extends Due {
  view: SubscriptionView;
}

/** What a command is decided from. */
interface Known {
  state: SubscriptionState;
  said: SaidBefore;
  profile: CarrierProfile;
  /** The one that orders or cancels. */
  phone: string;
  /** From when it counts (epoch ms). */
  at: number;
  /** Whether it was said before somebody else ordered what waits. */
  unaware: boolean;
}

/** What nobody asked for is not texted at midnight, when months begin. */
const YEAR_OVER_TEXT_HOUR = 8;
const HOUR_MS = 3_600_000;

/**
 * Orders, cancels and what happens by itself, each one transaction: events, row, the lines of the ledger that are due
 * by it, and the one text that answers, or nothing.
 */
export function createSubscriptionActivities({ pool, carriers }: SubscriptionDeps) {
  return {
    /** Decides and records an order. Throws a non-retryable failure for a guardian who isn't of the unit. */
    orderSubscription: ({ command, ...unit }: Unit & { command: OrderCommand }): Promise<Answer> =>
      once(unit, command, command.package, ({ state, said, profile, phone, unaware }) => {
        const order = {
          ...{ package: command.package, channel: command.channel, payer: command.guardianId },
          slip: command.evidence.slip !== undefined,
          unaware,
          at: Date.parse(command.at),
        };
        return (
          decideLateOrder(state, order, said) ?? decideOrder(state, order, profile, { onNet: isOnNet(profile, phone) })
        );
      }),

    /** Decides and records a cancel. Throws a non-retryable failure for a guardian who isn't of the unit. */
    cancelSubscription: ({ command, ...unit }: Unit & { command: CancelCommand }): Promise<Answer> =>
      once(unit, command, undefined, ({ state, said, profile, at }) => {
        const cancel = { scope: command.scope, at };
        return decideLateCancel(state, cancel, said, profile) ?? decideCancel(state, cancel, profile);
      }),

    /** Makes what was due at `dueAt` so, by `now` (epoch ms): a first order's fee, a change of bundle, a year's end. */
    makeDue: ({ tenant, unit, dueAt, now }: Unit & { dueAt: number; now: number }): Promise<Due> =>
      inTransaction(pool, async (db) => {
        await lockUnit(db, tenant, unit);
        const state = await stateAt(db, { tenant, unit }, now, carriers.profile(tenant, now));
        await writeSubscription(db, tenant, unit, state);
        return { dueAt: await settle(db, { tenant, unit }, state, dueAt, now) };
      }),
  };

  /** Decides once per request id: asked again, it answers what it answered before. */
  function once(
    { tenant, unit }: Unit,
    asSaid: OrderCommand | CancelCommand,
    asked: string | undefined,
    decide: (known: Known) => Decision<SubscriptionOutcome>,
  ): Promise<Answer> {
    return inTransaction(pool, async (db) => {
      // An attempt that was given up may still be running beside this one.
      await lockUnit(db, tenant, unit);
      const counts = 'scope' in asSaid ? await cancelCountsFrom(db, tenant, unit, asSaid.at) : asSaid.at;
      const command = { ...asSaid, at: counts };
      const at = Date.parse(command.at);
      const profile = carriers.profile(tenant, at);
      const answered = await readRequest(db, tenant, command.requestId);
      // An SMSC's clock may be ahead of ours.
      const known = Math.max(at, Date.parse(command.receivedAt));
      if (answered) {
        if (answered.unit !== unit)
          throw ApplicationFailure.nonRetryable('the request id was used for another unit', 'RequestIdReused');
        const state = await readSubscription(db, tenant, unit);
        return { view: answered.view, dueAt: await settle(db, { tenant, unit }, state, at, known) };
      }
      const state = await stateAt(db, { tenant, unit }, at, profile);
      const said = await readSaid(db, tenant, unit);
      const phone = await phoneOf(db, tenant, unit, command.guardianId, profile);
      const unaware = 'scope' in asSaid ? false : await isUnaware(db, { tenant, unit, ...command });
      const decision = decide({ state, said, profile, phone, at, unaware });
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
      return { view, dueAt: await settle(db, { tenant, unit }, decision.state, at, known) };
    });
  }

  /** The subscription as it is at `at`, with what happened to it by itself. */
  async function stateAt(db: Db, unit: Unit, at: number, profile: CarrierProfile): Promise<SubscriptionState> {
    const state = withDueChange(await readSubscription(db, unit.tenant, unit.unit), at, profile);
    if (!isYear(state, profile)) return state;
    const events = await eventRowsOfUnit(db, unit.tenant, unit.unit);
    const { yearOverAt } = whatIsDue(events.map(chargeEvent), carriers.versions(unit.tenant), at);
    if (yearOverAt === null) return state;
    await recordYearOver(db, unit, state, yearOverAt, profile);
    return endOfYear(state, yearOverAt);
  }

  /** Writes the lines that are due by `now`. Returns when something next happens by itself. */
  async function settle(db: Db, { tenant, unit }: Unit, { next }: SubscriptionState, since: number, now: number) {
    const settled = { tenant, unit, since, now, workflowId: subscriptionId(tenant, unit) };
    const { dueAt } = await settleUnit(db, settled, carriers.versions(tenant));
    return next ? Math.min(dueAt ?? next.from, next.from) : dueAt;
  }

  async function recordYearOver(
    db: Db,
    { tenant, unit }: Unit,
    { package: ended, payer }: SubscriptionState,
    at: number,
    profile: CarrierProfile,
  ): Promise<void> {
    const workflowId = subscriptionId(tenant, unit);
    const requestId = `year-over/${unit}/${at}`;
    const instant = new Date(at).toISOString();
    const cause = { requestId, channel: 'system' as const, actor: workflowId, guardianId: payer!, evidence: {} };
    await writeEvents(db, tenant, unit, { ...cause, at: instant, receivedAt: instant }, [
      { type: 'expire', package: ended! },
    ]);
    await enqueueSms(db, [
      {
        origin: `subscription/${requestId}`,
        ...{ tenant, workflowId, kind: 'notice', source: profile.shortCode, guardianId: payer! },
        phone: await phoneOf(db, tenant, unit, payer!, profile),
        body: yearOverText(ended!, profile),
        notBefore: new Date(startOfDay(at, profile.zone) + YEAR_OVER_TEXT_HOUR * HOUR_MS),
      },
    ]);
  }
}

async function phoneOf(db: Db, tenant: string, unit: string, guardian: string, profile: CarrierProfile) {
  const { rows } = await db.query<{ phone: string; household_id: string }>(
    'select phone, household_id from guardian where id = $1 and tenant = $2',
    [guardian, tenant],
  );
  const found = rows[0];
  if (!found || unit !== billingUnitOf(profile, { id: guardian, householdId: found.household_id }))
    throw ApplicationFailure.nonRetryable(`guardian ${guardian} is not of unit ${unit}`, 'UnknownGuardian');
  return found.phone;
}

function viewOf(tenant: string, unit: string, { outcome, state }: Decision<SubscriptionOutcome>): SubscriptionView {
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
