/**
 * What an order or a cancel does to a unit (spec §5, §6): what is recorded of it, and what is answered. Pure: the fold of
 * the log tells all. It may be heard in any order, so it is judged by what was so when it was said, and told as it stands
 * beside what was said since.
 */
import { packageSold, profileAt, type CarrierProfile, type Package, type Service } from '../carrier-profile.ts';
import { foldUnit } from './fold.ts';
import { knownBy, type UnitLog } from './log.ts';
import {
  awaitedOf,
  isKeyword,
  isOwnConsent,
  packageOf,
  type CancelOutcome,
  type Decision,
  type OrderOutcome,
  type SubscriptionEvent,
  type SubscriptionState,
} from './state.ts';

/** Who says something, and when. */
export interface Said {
  unit: string;
  /** Guardian id of the phone it is said from or for. */
  payer: string;
  channel: string;
  /** Epoch ms: from when it counts, when we learnt of it. */
  at: number;
  receivedAt: number;
  /** When the word was given, if it counts only from `at` (ChargeEvent.saidAt). */
  saidAt?: number | undefined;
}

export interface Order extends Said {
  package: string;
  /** Somebody else's order, with a slip that the parent signed. */
  slip?: boolean;
  /** What waits was offered to this phone, with its price, within the week before: the keyword is a consent to it. */
  offered?: boolean;
  /** Whether the carrier serves the phone that orders. */
  onNet: boolean;
}

export interface Cancel extends Said {
  /** `home-school`, `free`, `everything` or a package id. */
  scope: string;
}

type Versions = readonly CarrierProfile[];

/** Decides an order. The parent's own is its consent; any other waits for that, unless it is on a signed slip. */
export function decideOrder(log: UnitLog, order: Order, versions: Versions): Decision<OrderOutcome> {
  const profile = profileAt(versions, order.at);
  const refused = (outcome: OrderOutcome) => ({ outcome, events: [], state: foldWith(log, [], order, versions) });
  const wanted = packageOf(profile, order.package);
  if (!wanted) return refused('unknown-package');
  if (!order.onNet) return refused('off-net');
  if (!isOwnConsent(order.channel) && !order.slip) return ask(log, order, wanted, versions);
  if (!isDeclinedSince(log, order)) return take(log, order, versions);
  const state = foldWith(log, [], order, versions);
  return { outcome: state.state === 'active' ? 'already-subscribed' : 'cancelled-since', events: [], state };
}

/** Whether a no on trial overrules the order: it is not recorded then, as nothing recorded would end its fees. */
function isDeclinedSince({ trial }: UnitLog, { at, saidAt = at }: Order): boolean {
  const declinedAt = trial?.declinedAt ?? null;
  return declinedAt !== null && declinedAt >= saidAt && (declinedAt <= at || trial!.answer === 'no');
}

/** Somebody else's order: what is had or waits already, it changes nothing of. */
function ask(log: UnitLog, order: Order, wanted: Package, versions: Versions): Decision<OrderOutcome> {
  const { state: before, upcoming } = foldUnit(log, versions, order.at);
  const isHad = has(before, wanted, upcoming.isLastMonth);
  const ordered: SubscriptionEvent = { type: 'order', package: wanted.id };
  const events = isHad || awaitedOf(before) !== null ? [{ ...ordered, unchanged: true as const }] : [ordered];
  const state = foldWith(log, events, order, versions);
  const isNow = has(state, wanted, upcoming.isLastMonth);
  const outcome = isNow ? 'already-subscribed' : awaitedOf(state) === null ? 'cancelled-since' : 'pending-consent';
  return { outcome, events, state };
}

/** A consented order. */
function take(log: UnitLog, order: Order, versions: Versions): Decision<OrderOutcome> {
  const profile = profileAt(versions, order.at);
  const { state: before, upcoming } = foldUnit(log, versions, order.at);
  const isConsent = isConsentTo(awaitedWhenSaid(awaitedOf(before), log, order, versions), order, versions);
  const wanted = packageOf(profile, isConsent ? awaitedOf(before)! : order.package)!;
  const isIncluded = !isConsent && !upcoming.isLastMonth && hasIncluded(before, order, versions);
  const isSame = isIncluded || has(before, wanted, upcoming.isLastMonth);
  const gifts = isSame && !isGift(wanted) ? profile.gifts.filter((gift) => !before.services.includes(gift)) : [];
  const events = [
    ...eventsOf(order, wanted, isConsent).map((event) =>
      isSame && !isConsent ? { ...event, unchanged: true as const } : event,
    ),
    // The order gives the gifts too (spec §4), and no keyword orders them: it is how cancelled ones come back.
    ...gifts.map((gift) => ({ type: 'order' as const, package: gift })),
  ];
  const state = foldWith(log, events, order, versions);
  const isHad = isSame || (before.state === 'active' && before.package === wanted.id);
  const outcome = outcomeOf(state, wanted, isHad);
  // A change whose month has begun meanwhile came after all.
  const dropped = before.next?.package;
  const takenBack = outcome === 'already-subscribed' && !state.next && dropped !== state.package ? dropped : undefined;
  return { outcome, events, state, ...(takenBack !== undefined && { takenBack }) };
}

/** A slip is a consent of its own beside somebody else's order, which without it would be none. */
function eventsOf({ channel }: Order, { id }: Package, isConsent: boolean): SubscriptionEvent[] {
  const ordered: SubscriptionEvent = { type: 'order', package: id };
  const consented: SubscriptionEvent = { type: 'consent', package: id };
  if (isConsent) return [consented];
  return isOwnConsent(channel) ? [ordered] : [ordered, consented];
}

/** What a consented order comes to, by what the unit has with it: what was said since may have made another thing of it. */
function outcomeOf(state: SubscriptionState, wanted: Package, wasHad: boolean): OrderOutcome {
  if (state.state !== 'active') return 'cancelled-since';
  if (isGift(wanted)) return !wasHad && receives(state, wanted) ? 'subscribed' : 'already-subscribed';
  if (state.next) return 'changes-next-month';
  return wasHad || state.package !== wanted.id ? 'already-subscribed' : 'subscribed';
}

/**
 * What waited for consent when the word was given, and still does when it counts: what was ordered since is not what the
 * parent said yes to. A slip names what it is for.
 */
function awaitedWhenSaid(now: string | null, log: UnitLog, order: Order, versions: Versions): string | null {
  if (now === null || order.slip || order.saidAt === undefined) return now;
  return awaitedOf(foldUnit(log, versions, order.saidAt).state) === now ? now : null;
}

/**
 * Whether a parent's order says yes to the package that waits: it names it, or it is the subscribe keyword after the offer
 * was handed over (spec §6, JX).
 */
function isConsentTo(awaited: string | null, order: Order, versions: Versions): boolean {
  if (awaited === null || order.package === awaited) return awaited !== null;
  const profile = profileAt(versions, order.at);
  return order.offered === true && isKeyword(order, profile) && includes(awaited, order.package, profile, versions);
}

/** Whether the unit has it already, or what comes is it: ordering it again changes nothing. */
function has(state: SubscriptionState, wanted: Package, isLastMonth: boolean): boolean {
  if (state.state !== 'active') return false;
  if (isGift(wanted)) return receives(state, wanted);
  return (state.next?.package ?? (isLastMonth ? undefined : state.package)) === wanted.id;
}

/** Whether the keyword orders what the unit's package includes: it names none, and changes nothing (spec §6, JX). */
function hasIncluded(state: SubscriptionState, order: Order, versions: Versions): boolean {
  const profile = profileAt(versions, order.at);
  return (
    state.state === 'active' && isKeyword(order, profile) && includes(state.package!, order.package, profile, versions)
  );
}

function includes(id: string, wanted: string, profile: CarrierProfile, versions: Versions): boolean {
  const { services } = packageSold(versions, profile, id);
  return packageOf(profile, wanted)!.services.every((service) => services.includes(service));
}

function receives({ services }: SubscriptionState, wanted: Package): boolean {
  return wanted.services.every((service) => services.includes(service));
}

/**
 * Decides a cancel. It always works (spec §5); where there is nothing to end it is harmless, and still recorded: an order
 * that the SMSC had before may come after it.
 */
export function decideCancel(log: UnitLog, cancel: Cancel, versions: Versions): Decision<CancelOutcome> {
  const { scope, at } = cancel;
  const profile = profileAt(versions, at);
  const named = packageOf(profile, scope);
  if (scope === 'free') return endGifts(log, profile.gifts, cancel, versions);
  // One subscription per unit: whichever bundle is named, home-school ends and takes everything along (spec §5).
  if (scope === 'everything') return end(log, cancel, versions, isServed);
  if (scope === 'home-school' || named?.services.includes('home-school'))
    return end(log, cancel, versions, (state) => hasHomeSchool(state, profile, versions));
  if (named) return endGifts(log, named.services, cancel, versions);
  return { outcome: 'unknown-package', events: [], state: foldWith(log, [], cancel, versions) };
}

/** Ends all there is, if it is there: each thing that ends is an event of its own. */
function end(
  log: UnitLog,
  cancel: Cancel,
  versions: Versions,
  isThere: (state: SubscriptionState) => boolean,
): Decision<CancelOutcome> {
  const profile = profileAt(versions, cancel.at);
  const { state: before } = foldUnit(log, versions, cancel.at);
  const wasThere = isThere(foldWith(log, [], cancel, versions));
  const ended = isThere(before) ? whatEnds(before, profile, versions) : [usual(before, profile, versions)];
  const events = cancels(ended);
  const state = foldWith(log, events, cancel, versions);
  const goesOn = isThere(state) && (state.state !== 'pending' || !isThere(before) || before.state === 'pending');
  return { outcome: goesOn ? 'ordered-since' : wasThere ? 'cancelled' : 'not-subscribed', events, state };
}

function isServed({ state }: SubscriptionState): boolean {
  return state !== 'none' && state !== 'cancelled';
}

function hasHomeSchool(state: SubscriptionState, profile: CarrierProfile, versions: Versions): boolean {
  const packages = [state.package, state.waiting, state.next?.package];
  return (
    isServed(state) && packages.some((id) => id && packageSold(versions, profile, id).services.includes('home-school'))
  );
}

function whatEnds(state: SubscriptionState, profile: CarrierProfile, versions: Versions): string[] {
  const bundled: readonly string[] = packageSold(versions, profile, state.package!).services;
  const gifts = state.services.filter((service) => !bundled.includes(service));
  return [...new Set([state.package, ...gifts, state.waiting, state.next?.package])].filter(
    (id) => id !== null && id !== undefined,
  );
}

/** What a cancel that ends nothing is recorded of: of something paid, so that it overrules what was ordered before it. */
function usual({ package: id }: SubscriptionState, profile: CarrierProfile, versions: Versions): string {
  return id === null || isGift(packageSold(versions, profile, id)) ? profile.defaultPackage : id;
}

/** Ends those of `gifts` that are received free; what is paid for stays. */
function endGifts(
  log: UnitLog,
  gifts: readonly Service[],
  cancel: Cancel,
  versions: Versions,
): Decision<CancelOutcome> {
  const profile = profileAt(versions, cancel.at);
  const { state: before } = foldUnit(log, versions, cancel.at);
  const current = before.package === null ? undefined : packageSold(versions, profile, before.package);
  const paid = current && !isGift(current) ? current.services : [];
  const ended = gifts.filter((gift) => before.services.includes(gift) && !paid.includes(gift));
  const events = cancels(ended);
  return {
    outcome: ended.length > 0 ? 'free-services-cancelled' : 'not-subscribed',
    events,
    state: foldWith(log, events, cancel, versions),
  };
}

function cancels(packages: readonly string[]): SubscriptionEvent[] {
  return packages.map((id) => ({ type: 'cancel', package: id }));
}

/** What the unit has once these events are recorded too, beside all that is known by then. */
function foldWith(
  log: UnitLog,
  events: readonly SubscriptionEvent[],
  { unit, payer, channel, at, receivedAt, saidAt }: Said,
  versions: Versions,
): SubscriptionState {
  const said = { unit, payer, channel, at, receivedAt, saidAt };
  const whole = {
    ...log,
    events: [...log.events, ...events.map(({ type, package: id }) => ({ ...said, type, package: id }))],
  };
  // An SMSC's clock may be ahead of ours.
  return foldUnit(whole, versions, knownBy(whole, Math.max(at, receivedAt))).state;
}

function isGift({ fen }: Package): boolean {
  return fen === 0;
}
