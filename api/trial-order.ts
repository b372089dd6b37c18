import { addPending, type Pending } from '../infra/postgres/pending.ts';
import type { Db } from '../infra/postgres/pool.ts';
import { readSubscription } from '../infra/postgres/subscriptions.ts';
import { findOpenTrial, recordAnswer, type FamilyAnswer } from '../infra/postgres/trial-answers.ts';
import type { OrderCommand, SubscriptionView } from '../workflows/contracts.ts';
import type { CarrierProfile } from '../workflows/domain/carrier-profile.ts';

/**
 * A parent's order while on trial, on the web or by a signed slip: its confirmation, ordered by the trial's workflow when
 * the trial ends, so that a trial is never charged (spec §6).
 * In the caller's transaction.
 * @returns what is so now and the trial, to be told; undefined when the unit is on no trial that goes on
 */
export async function confirmOnTrial(
  db: Db,
  profile: CarrierProfile,
  unit: string,
  order: OrderCommand & { channel: FamilyAnswer['channel'] },
): Promise<{ view: SubscriptionView; pending: Pending } | undefined> {
  const { carrier: tenant } = profile;
  const { requestId, guardianId, actor, channel, evidence } = order;
  const at = new Date(order.at);
  const trial = await findOpenTrial(db, { tenant, unit, at, requestId });
  if (!trial || at >= trial.endsAt) return undefined;
  const said = { tenant, unit, at, requestId, guardianId, actor, package: order.package };
  const answer = { ...said, trialId: trial.trialId, answer: 'yes' as const, channel, evidence };
  await recordAnswer(db, answer);
  const pending: Pending = { kind: 'trial', tenant, key: trial.trialId };
  await addPending(db, pending);
  const { state, services, since } = await readSubscription(db, tenant, unit);
  const view = { tenant, unit, state, services, package: order.package, outcome: 'subscribed' as const };
  return { view: { ...view, since: since === null ? null : new Date(since).toISOString() }, pending };
}
