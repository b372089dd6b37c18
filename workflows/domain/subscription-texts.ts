/** Which text tells a parent what became of an order or a cancel: always one, prices and keywords from the profile. */
import { profileAt, type CarrierProfile } from './carrier-profile.ts';
import { nextChargeAt } from './charging.ts';
import { civilOf } from './civil-time.ts';
import { yuan } from './money.ts';
import {
  awaitedOf,
  packageOf,
  type CancelOutcome,
  type Decision,
  type OrderOutcome,
  type SubscriptionState,
} from './subscription/state.ts';
import { packageName, packageNames, priceWords } from './package-words.ts';
import { TEXTS } from './texts/index.ts';
import { returnedWords } from './texts/text.ts';

/** What an answer tells besides what was decided. */
export interface AnswerFacts {
  /** The package ordered; undefined for a cancel. */
  asked?: string | undefined;
  /** When the unit is charged next (epoch ms); null: nothing comes by itself. */
  chargedAt: number | null;
  /** What the cancel gives back, in fen; null: nothing. */
  returned: { fen: number; collected: boolean } | null;
}

/** Outcomes whose texts say themselves what is given back. */
const TELL_RETURNED: readonly (OrderOutcome | CancelOutcome)[] = ['cancelled', 'not-subscribed'];

/** The text that answers a decided order or cancel. */
export function answerText(
  decision: Decision<OrderOutcome | CancelOutcome>,
  profile: CarrierProfile,
  facts: AnswerFacts,
): string {
  const text = outcomeText(decision, profile, facts);
  const { returned } = facts;
  if (!returned || TELL_RETURNED.includes(decision.outcome)) return text;
  // An order said before what was charged: that is owed no more.
  return `${text}此前的费用${returnedWords({ yuan: yuan(returned.fen), collected: returned.collected })}。`;
}

function outcomeText(
  { outcome, state, events, takenBack }: Decision<OrderOutcome | CancelOutcome>,
  profile: CarrierProfile,
  { asked, chargedAt, returned }: AnswerFacts,
): string {
  const { subscribe, cancel, usual } = wordsOf(profile);
  const named = (id: string | null | undefined) => (id ? packageName(id, profile) : '');
  const chargedOn = chargedAt === null ? null : civilOf(chargedAt, profile.zone);
  const sold = (id: string) => ({
    package: packageName(id, profile),
    price: priceWords(id, profile),
    chargedOn,
    cancel,
  });
  const back = returned && { yuan: yuan(returned.fen), collected: returned.collected };
  switch (outcome) {
    case 'subscribed': {
      const ordered = events[0]!.package;
      const bundled = packageOf(profile, ordered)!.services;
      const gifts = ordered === state.package ? state.services.filter((each) => !bundled.includes(each)) : [];
      return TEXTS.SUBSCRIBED.zh({ ...sold(ordered), gifts: packageNames(gifts, profile) });
    }
    case 'pending-consent': {
      return TEXTS.CONSENT_ASKED.zh({ ...sold(awaitedOf(state)!), subscribe });
    }
    case 'already-subscribed': {
      const now = sold(state.package!);
      if (takenBack !== undefined) return TEXTS.CHANGE_TAKEN_BACK.zh({ ...now, dropped: named(takenBack) });
      const back = events.filter((event) => event.type === 'order' && !event.unchanged).map((event) => event.package);
      const gifts = back.filter((id) => id !== state.package);
      return gifts.length > 0
        ? TEXTS.GIFTS_BACK.zh({ ...now, gifts: packageNames(gifts, profile) })
        : TEXTS.ALREADY_SUBSCRIBED.zh(now);
    }
    case 'changes-next-month': {
      const next = state.next!;
      const { month } = civilOf(next.from, profile.zone);
      if (next.package === state.package) return TEXTS.RENEWED.zh({ ...sold(next.package), month });
      return TEXTS.CHANGES_NEXT_MONTH.zh({ ...sold(next.package), month, before: named(state.package) });
    }
    case 'off-net':
      return TEXTS.OFF_NET.zh({ package: named(asked), carrier: profile.name });
    case 'unknown-package':
      return TEXTS.UNKNOWN_PACKAGE.zh({ usual, subscribe });
    case 'cancelled': {
      const [first, ...others] = events.map((event) => event.package);
      return TEXTS.CANCELLED.zh({
        package: named(first),
        along: packageNames(others, profile),
        returned: back,
        subscribe,
      });
    }
    case 'free-services-cancelled': {
      const ended = events.map((event) => event.package);
      return TEXTS.FREE_CANCELLED.zh({ services: packageNames(ended, profile) });
    }
    case 'ordered-since':
      return TEXTS.ORDERED_SINCE.zh(sold(state.package!));
    case 'cancelled-since':
      return TEXTS.CANCELLED_SINCE.zh({ package: named(asked), usual, subscribe });
    case 'not-subscribed':
      if (back) return TEXTS.CANCELLED_EARLIER.zh({ returned: back });
      return state.state === 'active'
        ? TEXTS.NOT_AMONG_YOURS.zh({ ...whatTheyHave(state, profile), subscribe })
        : TEXTS.NOT_SUBSCRIBED.zh({ usual, subscribe });
  }
}

/**
 * What the phone that pays is told of a cancel by another of its household; undefined: nothing that it pays for ended, or
 * it said so itself.
 * @param by guardian id of the phone that cancelled
 */
export function payerText(
  { outcome, state, events }: Decision<OrderOutcome | CancelOutcome>,
  by: string,
  profile: CarrierProfile,
): string | undefined {
  if (outcome !== 'cancelled' && outcome !== 'free-services-cancelled') return undefined;
  if (state.payer === null || state.payer === by) return undefined;
  const ended = packageNames(
    events.map((event) => event.package),
    profile,
  );
  return TEXTS.CANCELLED_BY_FAMILY.zh({ ended, subscribe: wordsOf(profile).subscribe });
}

/** What an active unit has, which gifts of it are cancelled, and how what it has ends. */
function whatTheyHave({ services, package: id }: SubscriptionState, profile: CarrierProfile) {
  const { keywords, shortCode, gifts } = profile;
  const isFree = packageOf(profile, id!)!.fen === 0;
  const gone = isFree ? [] : gifts.filter((gift) => !services.includes(gift));
  return {
    package: packageName(id!, profile),
    price: priceWords(id!, profile),
    gone: packageNames(gone, profile),
    cancel: { word: (isFree ? keywords.cancelFree : keywords.cancel)[0]!, shortCode },
  };
}

/**
 * The answer to a yes on trial: it is an order at the trial's end (epoch ms), under the rules of a first one (spec §6).
 * @param id the package; what the subscribe keyword orders if unset
 */
export function confirmedEarlyText(endsAt: number, versions: readonly CarrierProfile[], id?: string): string {
  const profile = profileAt(versions, endsAt);
  const of = id ?? profile.defaultPackage;
  const { month, day } = civilOf(endsAt, profile.zone);
  const chargedOn = civilOf(firstChargeAt(of, endsAt, versions), profile.zone);
  const names = { package: packageName(of, profile), price: priceWords(of, profile) };
  return TEXTS.CONFIRMED_EARLY.zh({ ...names, month, day, chargedOn });
}

/** When a first order of the package at `at` is charged (epoch ms), if nothing more is said. */
export function firstChargeAt(id: string, at: number, versions: readonly CarrierProfile[]): number {
  const ordered = { unit: '', payer: '', package: id, type: 'order', channel: 'sms', at, receivedAt: at } as const;
  return nextChargeAt([ordered], versions, at) ?? at;
}

/** What a parent is told when a paid year is over (R6). */
export function yearOverText(ended: string, profile: CarrierProfile): string {
  const { subscribe, usual } = wordsOf(profile);
  return TEXTS.YEAR_OVER.zh({ ended: packageName(ended, profile), usual, subscribe });
}

/** What most texts end with: how to order the usual package, how to cancel. */
function wordsOf(profile: CarrierProfile) {
  const { keywords, shortCode, defaultPackage } = profile;
  return {
    subscribe: { word: keywords.subscribe[0]!, shortCode },
    cancel: { word: keywords.cancel[0]!, shortCode },
    usual: packageName(defaultPackage, profile),
  };
}
