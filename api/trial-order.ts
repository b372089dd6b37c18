import { enqueueSms } from '../infra/postgres/outbox.ts';
import { addPending, type Pending } from '../infra/postgres/pending.ts';
import type { Db } from '../infra/postgres/pool.ts';
import { phoneOfGuardian } from '../infra/postgres/subscribers.ts';
import { readSubscription } from '../infra/postgres/subscriptions.ts';
import { findOpenTrial, recordAnswer, type FamilyAnswer, type OpenTrial } from '../infra/postgres/trial-answers.ts';
import type { OrderCommand, SubscriptionView } from '../workflows/contracts.ts';
import { profileAt, type CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import { slipSaidAt, slipText } from '../workflows/domain/slip.ts';
import { confirmedEarlyText } from '../workflows/domain/subscription-texts.ts';
import { trialPeriodId } from '../workflows/ids.ts';

type TrialOrder = OrderCommand & { channel: FamilyAnswer['channel'] };

/**
 * A parent's order while on trial, on the web or by a signed slip: its confirmation, ordered by the trial's workflow when
 * the trial ends, so that a trial is never charged (spec §6). The phone is told.
 * In the caller's transaction.
 * @returns what is so now and the trial, to be told; undefined when the unit is on no trial that goes on
 */
export async function confirmOnTrial(
  db: Db,
  versions: readonly CarrierProfile[],
  unit: string,
  order: TrialOrder,
): Promise<{ view: SubscriptionView; pending: Pending } | undefined> {
  const profile = profileAt(versions, Date.parse(order.at));
  const { carrier: tenant } = profile;
  const { requestId, guardianId, actor, channel, evidence } = order;
  const at = new Date(slipSaidAt({ answer: 'yes', ...evidence }, Date.parse(order.at), profile.zone));
  const trial = await findOpenTrial(db, { tenant, unit, at, requestId });
  if (!trial || at >= trial.endsAt) return undefined;
  const said = { tenant, unit, at, requestId, guardianId, actor, package: order.package };
  const answer = { ...said, trialId: trial.trialId, answer: 'yes' as const, channel, evidence };
  const stands = await recordAnswer(db, answer);
  await tell(db, versions, trial, { ...order, at: at.toISOString() }, stands);
  const pending: Pending = { kind: 'trial', tenant, key: trial.trialId };
  await addPending(db, pending);
  const { state, services, since } = await readSubscription(db, tenant, unit);
  const outcome = stands ? ('subscribed' as const) : ('cancelled-since' as const);
  const view = { tenant, unit, state, services, package: order.package, outcome };
  return { view: { ...view, since: since === null ? null : new Date(since).toISOString() }, pending };
}

async function tell(
  db: Db,
  versions: readonly CarrierProfile[],
  { trialId, endsAt }: OpenTrial,
  { requestId, guardianId, evidence, package: id, at }: TrialOrder,
  stands: boolean,
): Promise<void> {
  const phone = await phoneOfGuardian(db, guardianId);
  if (phone === undefined) return;
  const { carrier: tenant, shortCode } = profileAt(versions, Date.parse(at));
  const ends = endsAt.getTime();
  const body =
    evidence.slip === undefined && stands
      ? confirmedEarlyText(ends, versions, id)
      : slipText({ answer: 'yes', stands, package: id, at: Date.parse(at), endsAt: ends }, versions);
  await enqueueSms(db, [
    {
      origin: `${requestId}/answer`,
      ...{ tenant, workflowId: trialPeriodId(trialId), kind: 'answer', guardianId },
      ...{ phone, source: shortCode, body },
    },
  ]);
}
