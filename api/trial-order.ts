import type { Client } from '@temporalio/client';
import { inTransaction, type Pool } from '../infra/postgres/pool.ts';
import { readSubscription } from '../infra/postgres/subscriptions.ts';
import { findOpenTrial, recordAnswer, type FamilyAnswer } from '../infra/postgres/trial-answers.ts';
import { nudgeTrial } from '../infra/temporal/trial-client.ts';
import type { OrderCommand, SubscriptionView } from '../workflows/contracts.ts';
import type { CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import { Problem } from './problem.ts';

/**
 * A parent's order while on trial, on the web or by a signed slip: its confirmation, ordered by the trial's workflow when
 * the trial ends, so that a trial is never charged (spec §6).
 * @returns what is so now and the trial, to be told; undefined when the unit is on no trial that goes on
 */
export function confirmOnTrial(
  pool: Pool,
  profile: CarrierProfile,
  unit: string,
  order: OrderCommand & { channel: FamilyAnswer['channel'] },
): Promise<{ view: SubscriptionView; trialId: string } | undefined> {
  const { carrier: tenant } = profile;
  const { requestId, guardianId, actor, channel, evidence } = order;
  const at = new Date(order.at);
  return inTransaction(pool, async (db) => {
    const trial = await findOpenTrial(db, { tenant, unit, at, requestId });
    if (!trial || at >= trial.endsAt) return undefined;
    const said = { tenant, unit, at, requestId, guardianId, actor, package: order.package };
    const answer = { ...said, trialId: trial.trialId, answer: 'yes' as const, channel, evidence };
    await recordAnswer(db, answer);
    const { state, services, since } = await readSubscription(db, tenant, unit);
    const view = { tenant, unit, state, services, package: order.package, outcome: 'subscribed' as const };
    return {
      view: { ...view, since: since === null ? null : new Date(since).toISOString() },
      trialId: trial.trialId,
    };
  });
}

/**
 * Tells the trial that something was recorded which may change what is next.
 * @throws Problem 503 when the engine is out of reach: the same request may be sent again
 */
export async function tellTrial(temporal: Client, trialId: string): Promise<void> {
  await nudgeTrial(temporal, trialId).catch((cause: unknown) => {
    throw new Problem(503, 'Recorded, but the engine is out of reach; send it again.', { cause });
  });
}
