/** What a unit has, and the words in which orders and cancels of it are answered (spec §6). */
import type { CarrierProfile, Package, Service } from '../carrier-profile.ts';

export interface SubscriptionState {
  state: 'none' | 'pending' | 'trial' | 'active' | 'cancelled';
  /** What is subscribed, or what waits for consent while `state` is pending. */
  package: string | null;
  /** What is received now. */
  services: Service[];
  /** Epoch ms. */
  since: number | null;
  /** Guardian id. */
  payer: string | null;
  /** Ordered by somebody else beside what is had: waits for the parent's consent. */
  waiting: string | null;
  /** Ordered with consent while another package is active: replaces it at `from` (epoch ms), a month's beginning (R7). */
  next: { package: string; payer: string; from: number } | null;
}

export const NO_SUBSCRIPTION: SubscriptionState = {
  state: 'none',
  package: null,
  services: [],
  since: null,
  payer: null,
  waiting: null,
  next: null,
};

/** To be recorded, in this order. */
export interface SubscriptionEvent {
  type: 'order' | 'consent' | 'cancel' | 'expire';
  package: string;
  /** An order of what was so already: it changes nothing, but a cancel said before it does not end what it asked for. */
  unchanged?: true;
}

export type OrderOutcome =
  | 'subscribed'
  | 'pending-consent'
  | 'already-subscribed'
  | 'changes-next-month'
  | 'off-net'
  | 'unknown-package'
  | 'cancelled-since';
export type CancelOutcome =
  'cancelled' | 'free-services-cancelled' | 'not-subscribed' | 'unknown-package' | 'ordered-since';

export interface Decision<Outcome> {
  outcome: Outcome;
  /** What the unit has with it, beside all else that was said. */
  state: SubscriptionState;
  events: SubscriptionEvent[];
  /** The package of a change that was ordered and told, and will not come. */
  takenBack?: string;
}

/** Whether who speaks through this channel is the parent, whose order is its own consent (自愿). */
export function isOwnConsent(channel: string): boolean {
  return channel === 'sms' || channel === 'web';
}

/** Whether the order is the subscribe keyword's, which can name nothing but the default package. */
export function isKeyword({ channel, package: id }: { channel: string; package: string }, profile: CarrierProfile) {
  return channel === 'sms' && id === profile.defaultPackage;
}

/** The profile's package of that id. */
export function packageOf(profile: CarrierProfile, id: string): Package | undefined {
  return profile.packages.find((each) => each.id === id);
}

/** What waits for the parent's consent; null: nothing. */
export function awaitedOf({ state, package: id, waiting }: SubscriptionState): string | null {
  return state === 'pending' ? id : waiting;
}
