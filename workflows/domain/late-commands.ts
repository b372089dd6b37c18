/**
 * Commands that come in another order than they were said in: an SMSC retries, two texts are routed at once, customer
 * service records what was said on the phone. The time it was said decides (spec §5), so what was said later stands; the
 * earlier word is recorded, for the fees up to then.
 */
import type { CarrierProfile } from './carrier-profile.ts';
import {
  isOwnConsent,
  type Cancel,
  type CancelOutcome,
  type Decision,
  type Order,
  type OrderOutcome,
  type SubscriptionState,
} from './ordering.ts';

/** The latest of each that is recorded of the unit, by the time it was said (epoch ms); null: none. */
export interface SaidBefore {
  /** By whomever. */
  orderedAt: number | null;
  /** By the parent, or with the parent's consent: only that outweighs a stop of what is served. */
  consentedAt: number | null;
  cancelledAt: number | null;
  /** When the family said no on trial, if that is its answer: no event of the subscription. */
  declinedAt: number | null;
}

/**
 * Decides a consented order that a cancel followed, or a no on trial; undefined: it is any other. At one instant the
 * cancel wins. A slip counts as said when it was signed; without a date it overrules no stop at all. An order that only a
 * no ends is not recorded, as nothing recorded would end its fees.
 */
export function decideLateOrder(
  state: SubscriptionState,
  order: Order,
  { cancelledAt, declinedAt }: SaidBefore,
): Decision<OrderOutcome> | undefined {
  const isConsented = isOwnConsent(order.channel) || order.slip === true;
  const saidAt = order.slip ? (order.signedAt ?? -Infinity) : order.at;
  const isEnded = (endedAt: number | null) => endedAt !== null && endedAt >= saidAt;
  if (!isConsented) return undefined;
  if (isEnded(cancelledAt))
    return { outcome: 'cancelled-since', state, events: [{ type: 'order', package: order.package }] };
  return isEnded(declinedAt) ? { outcome: 'cancelled-since', state, events: [] } : undefined;
}

/** Decides a cancel that an order followed; undefined: it is any other. Gifts, which cost nothing, are just ended. */
export function decideLateCancel(
  state: SubscriptionState,
  { scope, at }: Cancel,
  said: SaidBefore,
  profile: CarrierProfile,
): Decision<CancelOutcome> | undefined {
  const isServed = state.state === 'active' || state.state === 'trial' || state.state === 'pending';
  const orderedAt = state.state === 'pending' ? said.orderedAt : said.consentedAt;
  const ofGifts = scope === 'free' || profile.packages.some(({ id, fen }) => id === scope && fen === 0);
  if (!isServed || ofGifts || orderedAt === null || orderedAt <= at) return undefined;
  return { outcome: 'ordered-since', state, events: [{ type: 'cancel', package: state.package! }] };
}
