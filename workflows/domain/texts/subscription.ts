/** What a parent is told about an order or a cancel (spec §5, §6). */
import { OURS, returnedEnglish, returnedWords, send, sendEnglish } from './text.ts';
import type { Day, Keyword, Returned, Text, Words } from './text.ts';

/** A package with what it costs, since or from when, and the word that ends it. */
interface Sold {
  package: string;
  price: Words;
  /** When it is charged next; null: nothing that is coming by itself. */
  chargedOn: Day | null;
  cancel: Keyword;
}

const dayWords = ({ month, day }: Day) => `${month}月${day}日`;
const dayEnglish = ({ month, day }: Day) => `${month}/${day}`;
/** `，12月1日起计费` */
const charged = (on: Day | null) => (on ? `，${dayWords(on)}起计费` : '');
const chargedEnglish = (on: Day | null) => (on ? `, charged from ${dayEnglish(on)} on` : '');
/** `，下次计费12月1日` */
const chargedNext = (on: Day | null) => (on ? `，下次计费${dayWords(on)}` : '');
const chargedNextEnglish = (on: Day | null) => (on ? `, charged next on ${dayEnglish(on)}` : '');

const toCancel = (cancel: Keyword) => `${send(cancel)}退订。`;
const toCancelEnglish = (cancel: Keyword) => `To cancel, ${sendEnglish(cancel)}.`;

export const SUBSCRIBED: Text<Sold & { gifts: string }> = {
  to: 'family',
  segments: 1,
  zh: ({ package: name, price, chargedOn, gifts, cancel }) =>
    `${OURS}已为您订制${name}，${price.zh}${charged(chargedOn)}。${gifts && `免费赠送${gifts}。`}${toCancel(cancel)}`,
  en: ({ package: name, price, chargedOn, gifts, cancel }) =>
    `You have ordered ${name}, ${price.en}${chargedEnglish(chargedOn)}.${gifts && ` With it, free: ${gifts}.`} ${toCancelEnglish(cancel)}`,
};

export const CONSENT_ASKED: Text<{ package: string; price: Words; subscribe: Keyword }> = {
  to: 'family',
  segments: 1,
  zh: ({ package: name, price, subscribe }) =>
    `${OURS}有人为您申请订制${name}，${price.zh}。同意请${send(subscribe)}；不回复则不订制，不收费。`,
  en: ({ package: name, price, subscribe }) =>
    `${name}, ${price.en}, was ordered for you. If you agree, ${sendEnglish(subscribe)}; without an answer nothing is ordered or charged.`,
};

export const ALREADY_SUBSCRIBED: Text<Sold> = {
  to: 'family',
  segments: 1,
  zh: ({ package: name, price, chargedOn, cancel }) =>
    `${OURS}您已是${name}用户，${price.zh}${chargedNext(chargedOn)}，无需重复订制。${toCancel(cancel)}`,
  en: ({ package: name, price, chargedOn, cancel }) =>
    `You have ${name} already, ${price.en}${chargedNextEnglish(chargedOn)}. ${toCancelEnglish(cancel)}`,
};

/** What who has the package already gave up comes back with the order that gives it (spec §4). */
export const GIFTS_BACK: Text<Sold & { gifts: string }> = {
  to: 'family',
  segments: 1,
  zh: ({ package: name, price, chargedOn, gifts, cancel }) =>
    `${OURS}您现有${name}，${price.zh}${chargedNext(chargedOn)}。免费的${gifts}已为您恢复。${toCancel(cancel)}`,
  en: ({ package: name, price, chargedOn, gifts, cancel }) =>
    `You have ${name}, ${price.en}${chargedNextEnglish(chargedOn)}. What is free with it is back: ${gifts}. ${toCancelEnglish(cancel)}`,
};

export const CHANGES_NEXT_MONTH: Text<Sold & { month: number; before: string }> = {
  to: 'family',
  segments: 1,
  zh: ({ month, before, package: name, price, chargedOn, cancel }) =>
    `${OURS}您的套餐将从${month}月1日起由${before}改为${name}，${price.zh}${charged(later(month, chargedOn))}。${toCancel(cancel)}`,
  en: ({ month, before, package: name, price, chargedOn, cancel }) =>
    `From day 1 of month ${month} you have ${name}, ${price.en}${chargedEnglish(later(month, chargedOn))}, instead of ${before}. ${toCancelEnglish(cancel)}`,
};

/** A year that is followed by another of its kind. */
export const RENEWED: Text<Sold & { month: number }> = {
  to: 'family',
  segments: 1,
  zh: ({ month, package: name, price, cancel }) =>
    `${OURS}您的${name}将从${month}月1日起续订，${price.zh}。${toCancel(cancel)}`,
  en: ({ month, package: name, price, cancel }) =>
    `Your ${name} is renewed from day 1 of month ${month} on, ${price.en}. ${toCancelEnglish(cancel)}`,
};

/** Of a change that was told before and will not come. */
export const CHANGE_TAKEN_BACK: Text<Sold & { dropped: string }> = {
  to: 'family',
  segments: 1,
  zh: ({ dropped, package: name, price, chargedOn, cancel }) =>
    `${OURS}已取消改订${dropped}，您继续使用${name}，${price.zh}${chargedNext(chargedOn)}。${toCancel(cancel)}`,
  en: ({ dropped, package: name, price, chargedOn, cancel }) =>
    `The change to ${dropped} is taken back: you keep ${name}, ${price.en}${chargedNextEnglish(chargedOn)}. ${toCancelEnglish(cancel)}`,
};

/** The day of charging where it isn't the one on which the change is made: the months in between are free. */
const later = (month: number, on: Day | null) => (on && (on.month !== month || on.day !== 1) ? on : null);

export const OFF_NET: Text<{ package: string; carrier: string }> = {
  to: 'family',
  segments: 1,
  zh: ({ package: name, carrier }) => `${OURS}订制未成功：${name}仅限${carrier}的手机号码使用。未订制，不收费。`,
  en: ({ package: name, carrier }) => `Not ordered: ${name} is for numbers of ${carrier} only. Nothing is charged.`,
};

/** What the plain order brings. */
interface Usual {
  usual: string;
  subscribe: Keyword;
}

const toOrder = ({ usual, subscribe }: Usual) => `${send(subscribe)}可订制${usual}。`;
const toOrderEnglish = ({ usual, subscribe }: Usual) => `To order ${usual}, ${sendEnglish(subscribe)}.`;

export const UNKNOWN_PACKAGE: Text<Usual> = {
  to: 'family',
  segments: 1,
  zh: (usual) => `${OURS}没有您指定的业务，未作任何更改。${toOrder(usual)}`,
  en: (usual) => `There is no such service; nothing was changed. ${toOrderEnglish(usual)}`,
};

export const CANCELLED: Text<{ package: string; along: string; returned: Returned | null; subscribe: Keyword }> = {
  to: 'family',
  segments: 1,
  zh: ({ package: name, along, returned, subscribe }) =>
    `${OURS}您已退订${name}${along && `，同时退订${along}`}${returned ? `，${returnedWords(returned)}` : ''}。如需再次订制，请${send(subscribe)}。`,
  en: ({ package: name, along, returned, subscribe }) =>
    `You have cancelled ${name}${along && `, and with it ${along}`}${returned ? `; ${returnedEnglish(returned)}` : ''}. To order again, ${sendEnglish(subscribe)}.`,
};

/** Of a cancel that was said before what had ended it all, and counts for the fees. */
export const CANCELLED_EARLIER: Text<{ returned: Returned }> = {
  to: 'family',
  segments: 1,
  zh: ({ returned }) => `${OURS}您的退订已按提出的时间登记，业务此前已停止，${returnedWords(returned)}。`,
  en: ({ returned }) =>
    `Your cancel counts from when it was said; the service had ended before, and ${returnedEnglish(returned)}.`,
};

/** To the phone that pays, where another of its household, or staff for that one, cancelled. */
export const CANCELLED_BY_FAMILY: Text<{ ended: string; subscribe: Keyword }> = {
  to: 'family',
  segments: 1,
  zh: ({ ended, subscribe }) =>
    `${OURS}您付费的${ended}已按您家人的手机的要求退订。如需再次订制，请${send(subscribe)}。`,
  en: ({ ended, subscribe }) =>
    `${ended}, which you pay for, was cancelled for the phone of one of your family. To order again, ${sendEnglish(subscribe)}.`,
};

export const FREE_CANCELLED: Text<{ services: string }> = {
  to: 'family',
  segments: 1,
  zh: ({ services }) => `${OURS}您已退订免费业务：${services}。`,
  en: ({ services }) => `You have cancelled the free services ${services}.`,
};

export const ORDERED_SINCE: Text<Sold> = {
  to: 'family',
  segments: 1,
  zh: ({ package: name, price, chargedOn, cancel }) =>
    `${OURS}您在此之后又订制了${name}，${price.zh}${chargedNext(chargedOn)}，订制有效。${toCancel(cancel)}`,
  en: ({ package: name, price, chargedOn, cancel }) =>
    `You ordered ${name} after that, ${price.en}${chargedNextEnglish(chargedOn)}; it stands. ${toCancelEnglish(cancel)}`,
};

export const CANCELLED_SINCE: Text<Usual & { package: string }> = {
  to: 'family',
  segments: 1,
  zh: ({ package: name, ...usual }) => `${OURS}您在此之后已退订，未订制${name}，不收费。${toOrder(usual)}`,
  en: ({ package: name, ...usual }) =>
    `You cancelled after that: ${name} was not ordered and costs nothing. ${toOrderEnglish(usual)}`,
};

export const NOT_SUBSCRIBED: Text<Usual> = {
  to: 'family',
  segments: 1,
  zh: (usual) => `${OURS}您没有订制此业务，无需退订。${toOrder(usual)}`,
  en: (usual) => `You have not ordered it; there is nothing to cancel. ${toOrderEnglish(usual)}`,
};

/** What was cancelled they don't have; `gone`: gifts that they gave up. */
export const NOT_AMONG_YOURS: Text<Omit<Sold, 'chargedOn'> & { gone: string; subscribe: Keyword }> = {
  to: 'family',
  segments: 2,
  zh: ({ package: name, price, gone, subscribe, cancel }) =>
    `${OURS}您没有此项业务，无需退订。您现有${name}，${price.zh}。${gone && `免费的${gone}已停用，${send(subscribe)}即可恢复。`}${toCancel(cancel)}`,
  en: ({ package: name, price, gone, subscribe, cancel }) =>
    `There is nothing of that to cancel. You have ${name}, ${price.en}.${gone && ` To have ${gone} back, which is free, ${sendEnglish(subscribe)}.`} ${toCancelEnglish(cancel)}`,
};

/** When a paid year is over (R6). */
export const YEAR_OVER: Text<Usual & { ended: string }> = {
  to: 'family',
  segments: 1,
  zh: ({ ended, usual, subscribe }) =>
    `${OURS}您订制的${ended}已满十二个月，服务到期停止，不再收费。如需继续，请${send(subscribe)}订制${usual}。`,
  en: ({ ended, usual, subscribe }) =>
    `Your ${ended} has run for twelve months: it ends and costs nothing more. To go on with ${usual}, ${sendEnglish(subscribe)}.`,
};
