/**
 * How a subscription and a decision about it stand beside all that was said of the unit, in whatever order it was heard
 * (spec §6): the rules of charging.ts tell what is paid for.
 */
import { packageSold, type CarrierProfile } from './carrier-profile.ts';
import type { Paid } from './charging.ts';
import type { CancelOutcome, Decision, OrderOutcome, SubscriptionState } from './ordering.ts';

/**
 * The subscription with what is paid for as all that was said says, in whatever order it was heard: what is charged for
 * is what is subscribed. Whoever has only what is free keeps it.
 */
export function withPaid(
  state: SubscriptionState,
  { active, endedAt, next }: Paid,
  versions: readonly CarrierProfile[],
  profile: CarrierProfile,
): SubscriptionState {
  const isPaid = state.state === 'active' && packageSold(versions, profile, state.package!).fen > 0;
  if (!active) return isPaid ? { ...state, state: 'cancelled', services: [], since: endedAt, next: null } : state;
  if (isPaid && state.package === active.package) return { ...state, payer: active.payer, next };
  const { services } = packageSold(versions, profile, active.package);
  const { package: id, payer, since } = active;
  const received = [...new Set([...services, ...profile.gifts])];
  return { ...state, state: 'active', package: id, services: received, since, payer, next };
}

/**
 * A decision as it stands beside all that was said, which `state` says: what was said later and heard before may have made
 * another thing of it.
 */
export function asItStands(
  decision: Decision<OrderOutcome | CancelOutcome>,
  state: SubscriptionState,
): Decision<OrderOutcome | CancelOutcome> {
  const { outcome, events } = decision;
  const stands = (as: OrderOutcome | CancelOutcome) => ({ ...decision, state, outcome: as });
  const isActive = state.state === 'active';
  switch (outcome) {
    case 'subscribed':
    case 'already-subscribed':
    case 'changes-next-month': {
      if (!isActive) return stands('cancelled-since');
      if (state.next) return stands('changes-next-month');
      const isNow = events.some(({ type, package: id }) => type !== 'cancel' && id === state.package);
      if (outcome === 'changes-next-month') return stands(isNow ? 'subscribed' : 'already-subscribed');
      const isFree = events[0] !== undefined && state.services.some((service) => service === events[0]!.package);
      return stands(outcome === 'subscribed' && !isNow && !isFree ? 'already-subscribed' : outcome);
    }
    case 'cancelled':
      return stands(isActive ? 'ordered-since' : outcome);
    case 'ordered-since':
      return stands(state.state === 'cancelled' ? 'cancelled' : outcome);
    default:
      return stands(outcome);
  }
}
