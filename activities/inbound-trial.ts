/** Parents' texts that answer a fee notice (spec §7.4). */
import type { Carriers } from '../infra/carriers.ts';
import { eventRowsOfUnits } from '../infra/postgres/charge-events.ts';
import type { MoOutcome } from '../infra/postgres/conversation.ts';
import type { Db } from '../infra/postgres/pool.ts';
import { readSubscription } from '../infra/postgres/subscriptions.ts';
import {
  findOpenTrial,
  recordAnswer,
  trialOfUnit,
  type HadTrial,
  type OpenTrial,
} from '../infra/postgres/trial-answers.ts';
import { chargeEvent } from '../workflows/domain/billing-decision.ts';
import { nextChargeAt } from '../workflows/domain/charging.ts';
import type { SubscriptionState } from '../workflows/domain/subscription/state.ts';
import { billingUnitOf } from '../workflows/domain/routing.ts';
import { answerText, confirmedEarlyText } from '../workflows/domain/subscription-texts.ts';
import { TEXTS } from '../workflows/domain/texts/index.ts';
import { requestOf } from './inbound-sms-commands.ts';
import { answer, type Incoming } from './inbound-sms-incoming.ts';

/** The trial that the text may answer, if any. */
export async function trialOf(db: Db, incoming: Incoming): Promise<OpenTrial | undefined> {
  const { mo, guardian, profile } = incoming;
  if (!guardian) return undefined;
  const unit = billingUnitOf(profile, guardian);
  return findOpenTrial(db, { tenant: mo.tenant, unit, at: mo.receivedAt, requestId: requestOf(incoming) });
}

/**
 * Records a yes or no, in the caller's transaction.
 * @returns undefined for a yes after the trial's end, or heard after its close: the order is to be made now, and is what
 *   answers the text
 */
export async function answerTrial(
  db: Db,
  carriers: Carriers,
  incoming: Incoming,
  { trialId, endsAt, closed }: OpenTrial,
  said: 'yes' | 'no',
): Promise<MoOutcome | undefined> {
  const { mo, guardian, profile } = incoming;
  const guardianId = guardian!.id;
  const family = {
    ...{ trialId, tenant: mo.tenant, unit: billingUnitOf(profile, guardian!), answer: said, at: mo.receivedAt },
    ...{ guardianId, channel: 'sms' as const, actor: guardianId, requestId: requestOf(incoming) },
    ...{ package: profile.defaultPackage, evidence: { moId: mo.id } },
  };
  const stands = await recordAnswer(db, family);
  // What was said later and heard before stands, and the parent is told so.
  const { tenant, unit } = family;
  if (said === 'no' && !stands)
    return overruled(db, carriers, incoming, await readSubscription(db, tenant, unit), 'ordered-since');
  if (said === 'yes' && mo.receivedAt < endsAt && !stands)
    return overruled(db, carriers, incoming, await readSubscription(db, tenant, unit), 'cancelled-since');
  if (said === 'no') {
    const subscribe = { word: profile.keywords.subscribe[0]!, shortCode: profile.shortCode };
    await answer(db, incoming, TEXTS.DECLINED.zh({ subscribe }));
    return { route: 'trial-no', answered: true, reason: 'declined: the trial ends without an order' };
  }
  if (closed || mo.receivedAt >= endsAt) return undefined;
  await answer(db, incoming, confirmedEarlyText(endsAt.getTime(), carriers.versions(mo.tenant)));
  return { route: 'trial-yes', answered: true, reason: 'confirmed: ordered when the trial ends' };
}

/** The trial that the sender's unit was on when the text was said, also where it is over by now. */
export async function trialSaidOn(db: Db, { mo, guardian, profile }: Incoming): Promise<HadTrial | undefined> {
  if (!guardian || !profile.trial) return undefined;
  const trial = await trialOfUnit(db, mo.tenant, billingUnitOf(profile, guardian));
  const at = mo.receivedAt.getTime();
  return trial && at >= trial.startedAt && at < trial.endsAt ? trial : undefined;
}

/**
 * Answers a JX said on trial and heard after the yes that the family gave on trial was ordered: it names no package, and
 * is no order of its own. Nothing is recorded but what it is answered.
 * @returns undefined where no such yes was given
 */
export async function answerAgain(
  db: Db,
  carriers: Carriers,
  incoming: Incoming,
  { answer: given, answeredAt, endsAt }: HadTrial,
): Promise<MoOutcome | undefined> {
  if (given !== 'yes' || answeredAt! >= endsAt) return undefined;
  const { mo, guardian, profile } = incoming;
  const subscription = await readSubscription(db, mo.tenant, billingUnitOf(profile, guardian!));
  const outcome = subscription.state === 'active' ? 'already-subscribed' : 'cancelled-since';
  return overruled(db, carriers, incoming, subscription, outcome);
}

/** Tells what stands: what was said later, or ordered. */
async function overruled(
  db: Db,
  carriers: Carriers,
  incoming: Incoming,
  state: SubscriptionState,
  outcome: 'ordered-since' | 'cancelled-since' | 'already-subscribed',
): Promise<MoOutcome> {
  const { profile, mo, guardian } = incoming;
  const events = (await eventRowsOfUnits(db, mo.tenant, [billingUnitOf(profile, guardian!)])).map(chargeEvent);
  const chargedAt = nextChargeAt(events, carriers.versions(mo.tenant), mo.storedAt.getTime());
  const facts = { asked: profile.defaultPackage, chargedAt, returned: null };
  await answer(db, incoming, answerText({ outcome, state, events: [] }, profile, facts));
  return { route: outcome === 'ordered-since' ? 'trial-no' : 'trial-yes', answered: true, reason: outcome };
}
