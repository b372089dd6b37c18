/**
 * What an order or a cancel does to a unit's subscription (spec §5, §6). Pure: the state before and the command in, the
 * state after, the events to record and the outcome out.
 */
import type { CarrierProfile, Package, Service } from './carrier-profile.ts';
import { startOfMonth } from './civil-time.ts';

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
  /** Ordered by somebody else while another package is active: waits for the parent's consent. */
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

export interface Order {
  package: string;
  /** An order by `sms` or `web` is the parent's own consent; any other waits for it, */
  channel: string;
  /** unless a slip that the parent signed is recorded with it. */
  slip?: boolean;
  /** When that was signed (epoch ms); null: nobody knows, so that any stop may be the later word. */
  signedAt?: number | null;
  /** Said before what waits for consent was ordered: no consent to that. */
  unaware?: boolean;
  /** What waits was offered to this phone, with its price, within the week before: the keyword is a consent to it. */
  offered?: boolean;
  /** Said in the last month of a paid year: the order of what follows (R6). */
  lastMonth?: boolean;
  /** Guardian id of the phone that orders. */
  payer: string;
  /** Epoch ms. */
  at: number;
}

export interface Cancel {
  /** `home-school`, `free`, `everything` or a package id. */
  scope: string;
  at: number;
}

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

/** Decides an order. `onNet`: whether the carrier serves the phone that orders. */
export function decideOrder(
  before: SubscriptionState,
  order: Order,
  profile: CarrierProfile,
  { onNet }: { onNet: boolean },
): Decision<OrderOutcome> {
  const state = withDueChange(before, order.at, profile);
  const unchanged = (outcome: OrderOutcome) => ({ outcome, state, events: [] });
  if (!packageOf(profile, order.package)) return unchanged('unknown-package');
  if (!onNet) return unchanged('off-net');

  const awaited = pendingOf(state) ?? state.waiting;
  if (isOwnConsent(order.channel) || order.slip) {
    const consents = awaited !== null && isConsentTo(awaited, order, profile);
    const wanted = packageOf(profile, consents ? awaited : order.package)!;
    return take(state, eventsOf(order, wanted, consents), wanted, order, profile);
  }
  const again = (outcome: OrderOutcome) => ({ outcome, state, events: repeated(order.package) });
  if (has(state, packageOf(profile, order.package)!, order)) return again('already-subscribed');
  // An order while one is pending changes nothing: it is the one pending that the parent was asked about.
  if (awaited !== null) return again('pending-consent');
  return {
    outcome: 'pending-consent',
    events: [{ type: 'order', package: order.package }],
    state:
      state.state === 'active' || state.state === 'trial'
        ? { ...state, waiting: order.package }
        : {
            ...NO_SUBSCRIPTION,
            state: 'pending',
            package: order.package,
            since: order.at,
            payer: order.payer,
          },
  };
}

/**
 * Decides a cancel. It always works (spec §5); where there is nothing to end it is harmless, and still recorded: an order
 * that the SMSC had before may come after it.
 */
export function decideCancel(
  before: SubscriptionState,
  cancel: Cancel,
  profile: CarrierProfile,
): Decision<CancelOutcome> {
  const state = withDueChange(before, cancel.at, profile);
  const { scope } = cancel;
  if (scope === 'everything') return end(state, cancel.at, profile);
  if (scope === 'free') return endGifts(state, profile.gifts, cancel.at, profile);
  const named = scope === 'home-school' ? undefined : packageOf(profile, scope);
  if (scope !== 'home-school' && !named) return { outcome: 'unknown-package', state, events: [] };
  if (named && !named.services.includes('home-school')) return endGifts(state, named.services, cancel.at, profile);
  // One subscription per unit: whichever bundle is named, home-school ends and takes everything along (spec §5).
  const hasHomeSchool = [state.package, state.waiting, state.next?.package].some(
    (id) => id && packageOf(profile, id)?.services.includes('home-school'),
  );
  return hasHomeSchool ? end(state, cancel.at, profile) : nothingToEnd(state, profile);
}

/** The state once a change ordered for a month that has begun is made (R7). */
export function withDueChange(state: SubscriptionState, at: number, profile: CarrierProfile): SubscriptionState {
  const { next } = state;
  if (!next || at < next.from) return state;
  const { services } = packageOf(profile, next.package)!;
  return { ...state, package: next.package, services: [...services], payer: next.payer, since: next.from, next: null };
}

/** Whether a year is subscribed, which ends by itself. */
export function isYear(state: SubscriptionState, profile: CarrierProfile): boolean {
  return state.state === 'active' && packageOf(profile, state.package!)?.period === 'year';
}

/** The state once a paid year is over at `at`: only a new consent renews it (R6). */
export function endOfYear(state: SubscriptionState, at: number): SubscriptionState {
  return { ...state, state: 'cancelled', services: [], since: at, waiting: null, next: null };
}

/** The profile's package of that id. */
export function packageOf(profile: CarrierProfile, id: string): Package | undefined {
  return profile.packages.find((each) => each.id === id);
}

/**
 * Whether a parent's order says yes to the package that waits: it names it, or it is the subscribe keyword after the offer
 * was handed over (spec §6, JX).
 */
function isConsentTo(awaited: string, order: Order, profile: CarrierProfile): boolean {
  if (order.unaware) return false;
  if (order.package === awaited) return true;
  return order.offered === true && isKeyword(order, profile) && includes(awaited, order.package, profile);
}

/** Whether the unit has it already, or what comes is it: ordering it again changes nothing. */
function has(state: SubscriptionState, wanted: Package, { lastMonth = false }: Order): boolean {
  if (state.state !== 'active') return false;
  if (isGift(wanted)) return wanted.services.every((service) => state.services.includes(service));
  return (state.next?.package ?? (lastMonth ? undefined : state.package)) === wanted.id;
}

/** Whether the keyword orders what the unit's package includes: it names none, and changes nothing (spec §6, JX). */
function hasIncluded(state: SubscriptionState, order: Order, profile: CarrierProfile): boolean {
  if (state.state !== 'active' || !isKeyword(order, profile) || (order.lastMonth && !state.next)) return false;
  return includes(state.package!, order.package, profile);
}

function includes(id: string, wanted: string, profile: CarrierProfile): boolean {
  const { services } = packageOf(profile, id)!;
  return packageOf(profile, wanted)!.services.every((service) => services.includes(service));
}

function pendingOf(state: SubscriptionState): string | null {
  return state.state === 'pending' ? state.package : null;
}

function repeated(id: string): SubscriptionEvent[] {
  return [{ type: 'order', package: id, unchanged: true }];
}

/** A slip is a consent of its own beside somebody else's order, which without it would be none. */
function eventsOf(order: Order, { id }: Package, consents: boolean): SubscriptionEvent[] {
  const ordered: SubscriptionEvent = { type: 'order', package: id };
  const consented: SubscriptionEvent = { type: 'consent', package: id };
  if (consents) return [consented];
  return isOwnConsent(order.channel) ? [ordered] : [ordered, consented];
}

/** Takes a consented order. */
function take(
  state: SubscriptionState,
  events: SubscriptionEvent[],
  wanted: Package,
  order: Order,
  profile: CarrierProfile,
): Decision<OrderOutcome> {
  const isAwaited = events[0]!.type === 'consent';
  const isIncluded = !isAwaited && hasIncluded(state, order, profile);
  if (isIncluded || has(state, wanted, order)) {
    const outcome = state.next ? 'changes-next-month' : 'already-subscribed';
    const said = isAwaited ? events : events.map((event) => ({ ...event, unchanged: true as const }));
    const back = isGift(wanted) ? [] : profile.gifts.filter((gift) => !state.services.includes(gift));
    return {
      outcome,
      state: { ...state, waiting: isIncluded ? state.waiting : null, services: [...state.services, ...back] },
      // The order gives the gifts too (spec §4), and no keyword orders them: it is how cancelled ones come back.
      events: [...said, ...back.map((gift) => ({ type: 'order' as const, package: gift }))],
    };
  }
  const current = state.state === 'active' ? packageOf(profile, state.package!) : undefined;
  const waiting = state.waiting === wanted.id ? null : state.waiting;
  if (current && isGift(wanted)) {
    const services = [...new Set([...state.services, ...wanted.services])];
    return { outcome: 'subscribed', state: { ...state, waiting, services }, events };
  }
  if (current && !isGift(current)) {
    // The parent's latest word counts: ordering the package one has takes back a change that has not begun.
    const next =
      wanted.id === state.package && !order.lastMonth
        ? null
        : { package: wanted.id, payer: order.payer, from: startOfMonth(order.at, profile.zone, 1) };
    return {
      outcome: next ? 'changes-next-month' : 'already-subscribed',
      state: { ...state, waiting: null, next },
      events,
      ...(state.next && !next && { takenBack: state.next.package }),
    };
  }
  const services = [...new Set([...wanted.services, ...(isGift(wanted) ? [] : profile.gifts)])];
  // The keyword was not of an offer that had not come: that waits on.
  const unseen = isAwaited || !isKeyword(order, profile) ? null : (state.waiting ?? pendingOf(state));
  return {
    outcome: 'subscribed',
    state: {
      ...NO_SUBSCRIPTION,
      waiting: unseen === wanted.id ? null : unseen,
      state: 'active',
      package: wanted.id,
      services,
      since: order.at,
      payer: order.payer,
    },
    events,
  };
}

function nothingToEnd(state: SubscriptionState, profile: CarrierProfile): Decision<CancelOutcome> {
  return { outcome: 'not-subscribed', state, events: cancels([state.package ?? profile.defaultPackage]) };
}

/** Ends all there is: each thing that ends is an event of its own. */
function end(state: SubscriptionState, at: number, profile: CarrierProfile): Decision<CancelOutcome> {
  if (state.state === 'none' || state.state === 'cancelled') return nothingToEnd(state, profile);
  const ended = new Set([state.package!]);
  const bundled = packageOf(profile, state.package!)?.services ?? [];
  for (const gift of state.services) if (!bundled.includes(gift)) ended.add(gift);
  for (const each of [state.waiting, state.next?.package]) if (each) ended.add(each);
  return {
    outcome: 'cancelled',
    state: { ...state, state: 'cancelled', services: [], since: at, waiting: null, next: null },
    events: cancels([...ended]),
  };
}

/** Ends those of `gifts` that are received free; what is paid for stays. */
function endGifts(
  state: SubscriptionState,
  gifts: readonly Service[],
  at: number,
  profile: CarrierProfile,
): Decision<CancelOutcome> {
  const current = state.package === null ? undefined : packageOf(profile, state.package);
  const paid = current && !isGift(current) ? current.services : [];
  const ended = gifts.filter((gift) => state.services.includes(gift) && !paid.includes(gift));
  if (ended.length === 0) return { outcome: 'not-subscribed', state, events: [] };
  const services = state.services.filter((service) => !ended.includes(service));
  return {
    outcome: 'free-services-cancelled',
    state: services.length > 0 ? { ...state, services } : { ...state, state: 'cancelled', services, since: at },
    events: cancels(ended),
  };
}

function cancels(packages: string[]): SubscriptionEvent[] {
  return packages.map((id) => ({ type: 'cancel', package: id }));
}

function isGift({ fen }: Package): boolean {
  return fen === 0;
}
