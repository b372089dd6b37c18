/** Parents' texts that order or cancel (spec §5, §6). */
import type { Carriers } from '../infra/carriers.ts';
import * as conversation from '../infra/postgres/conversation.ts';
import type { Pending } from '../infra/postgres/pending.ts';
import type { Db } from '../infra/postgres/pool.ts';
import { commandSubscription } from '../infra/postgres/subscription-command.ts';
import type { CancelCommand } from '../workflows/contracts.ts';
import * as routing from '../workflows/domain/routing.ts';
import type { Incoming } from './inbound-sms-incoming.ts';

/** What a parent may do to a subscription by keyword. */
export type SubscriptionKeyword = Extract<routing.Route, { to: 'subscription' }>['command'];

const SCOPE: Record<Exclude<SubscriptionKeyword, 'subscribe'>, CancelCommand['scope']> = {
  cancel: 'home-school',
  'cancel-free': 'free',
  'cancel-all': 'everything',
};
const KEYWORDS: SubscriptionKeyword[] = ['subscribe', 'cancel', 'cancel-free', 'cancel-all'];

/** What a text did, and who is to be told of it. */
export interface ByText {
  outcome: conversation.MoOutcome;
  pending: Pending | null;
}

/** The request id of what a text orders: of what was said, so that a restored database gives it to no other text. */
export const requestOf = ({ mo }: Incoming) => `mo/${mo.hash}`;

/**
 * Orders or cancels for the parent's billing unit, in the caller's transaction, which is also the answer's. A phone that
 * has ordered and cancelled often enough orders no more this hour; a stop is never refused, and answered where it ends
 * anything.
 * @param trialEndsAt of the trial that an order was said on (epoch ms): a trial is never charged, so the order is made at
 *   its end (spec §6)
 */
export async function commandByText(
  db: Db,
  carriers: Carriers,
  incoming: Incoming,
  keyword: SubscriptionKeyword,
  trialEndsAt?: number,
): Promise<ByText> {
  const { mo, guardian, profile } = incoming;
  const earlier = await conversation.answeredAt(db, mo, KEYWORDS);
  const often = !routing.withinLimits(routing.COMMAND_LIMITS, earlier, mo.receivedAt.getTime());
  if (often && keyword === 'subscribe')
    return {
      outcome: { route: keyword, answered: false, reason: 'ordered and cancelled too often this hour' },
      pending: null,
    };
  const { id: guardianId } = guardian!;
  const said = {
    ...{ requestId: requestOf(incoming), channel: 'sms' as const, actor: guardianId, guardianId },
    at: (trialEndsAt === undefined ? mo.receivedAt : new Date(trialEndsAt)).toISOString(),
    receivedAt: mo.storedAt.toISOString(),
    evidence: { moId: mo.id },
  };
  const saidAt = trialEndsAt === undefined ? {} : { saidAt: mo.receivedAt.toISOString() };
  const unit = { tenant: mo.tenant, unit: routing.billingUnitOf(profile, guardian!) };
  const { view, answered, pending } = await commandSubscription(
    db,
    carriers,
    keyword === 'subscribe'
      ? { ...unit, action: 'order', command: { ...said, ...saidAt, package: profile.defaultPackage } }
      : { ...unit, action: 'cancel', command: { ...said, scope: SCOPE[keyword] } },
    { often },
  );
  return { outcome: { route: keyword, answered, reason: view.outcome }, pending };
}
