/** The texts of a trial and its fee confirmation (spec §7.3, §7.4; seed S 4.2.2). */
import { plainName } from '../plain-words.ts';
import { childrenEnglish, childrenWords, OURS, send, sendEnglish } from './text.ts';
import type { Day, Keyword, NamedChild, Text, Words } from './text.ts';

/** Notice 2: from whom and about whom, then the seed's own words (标准用语). */
export const NOTICE_2: Text<{ school: string; children: readonly NamedChild[]; days: number }> = {
  to: 'family',
  segments: 2,
  zh: ({ school, children, days }) =>
    `${OURS}${plainName(school)}${childrenWords(children)}：尊敬的家长，校讯通试用期已经结束，感谢您的参与和支持。为能继续为您提供孩子的成长信息，敬请您于${days}日内以书面或短信方式确认定制与否。`,
  en: ({ school, children, days }) =>
    `${school}, for parents of ${childrenEnglish(children)}: the trial is over, thank you for taking part. To go on hearing how your child gets on, please say within ${days} days, on paper or by text, whether you order it.`,
};

/** Asked again of whom we did not understand, with what is offered and by words and numbers that answer it. */
export const NOTICE_QUESTION: Text<{ package: string; price: Words }> = {
  to: 'family',
  segments: 1,
  zh: ({ package: name, price }) =>
    `${OURS}请问您是否订制${name}（${price.zh}）？订制请回复1或“同意”，不订制请回复2或“不同意”。不答复即不订制，不收费。本短信免费。`,
  en: ({ package: name, price }) =>
    `Do you order ${name}, ${price.en}? Answer 1 or 同意 to order it, 2 or 不同意 not to. Without an answer nothing is ordered or charged. This text is free.`,
};

/** The answer to a yes that comes before the trial is over. */
export const CONFIRMED_EARLY: Text<{ package: string; price: Words; month: number; day: number; chargedOn: Day }> = {
  to: 'family',
  segments: 1,
  zh: ({ package: name, price, month, day, chargedOn }) =>
    `${OURS}感谢您确认订制${name}，${price.zh}。试用到${month}月${day}日，在此之前免费，${chargedOn.month}月${chargedOn.day}日起计费。`,
  en: ({ package: name, price, month, day, chargedOn }) =>
    `Thank you for confirming ${name}, ${price.en}. The trial ends on ${month}/${day}; it is free until then and charged from ${chargedOn.month}/${chargedOn.day} on.`,
};

/** The answer to a no. */
export const DECLINED: Text<{ subscribe: Keyword }> = {
  to: 'family',
  segments: 1,
  zh: ({ subscribe }) =>
    `${OURS}已按您的意愿不订制校讯通，不收取任何费用，免费试用同时结束。如需订制，请${send(subscribe)}。`,
  en: ({ subscribe }) =>
    `As you wish, nothing is ordered or charged, and the free trial ends. To order, ${sendEnglish(subscribe)}.`,
};

/** A yes on a slip, as somebody else recorded it: whoever didn't sign learns of it. `free`: until when, on trial. */
export const SLIP_YES: Text<{ package: string; price: Words; free: Day | null; chargedOn: Day; cancel: Keyword }> = {
  to: 'family',
  segments: 2,
  zh: ({ package: name, price, free, chargedOn, cancel }) =>
    `${OURS}您签字的回执已登记：订制${name}，${price.zh}。${free ? `试用到${free.month}月${free.day}日，在此之前免费，` : ''}${chargedOn.month}月${chargedOn.day}日起计费。如非本人意愿，请${send(cancel)}退订。`,
  en: ({ package: name, price, free, chargedOn, cancel }) =>
    `Your signed slip is recorded: ${name}, ${price.en},${free ? ` free until the trial ends on ${free.month}/${free.day},` : ''} charged from ${chargedOn.month}/${chargedOn.day} on. If it was not you, ${sendEnglish(cancel)} to cancel.`,
};

/** A no on a slip. */
export const SLIP_NO: Text<{ subscribe: Keyword }> = {
  to: 'family',
  segments: 1,
  zh: ({ subscribe }) =>
    `${OURS}您签字的回执已登记：不订制校讯通，不收取任何费用，免费试用同时结束。如需订制，请${send(subscribe)}。`,
  en: ({ subscribe }) =>
    `Your signed slip is recorded: nothing is ordered or charged, and the free trial ends. To order, ${sendEnglish(subscribe)}.`,
};

/** A yes on a slip that a stop overrules: one of a later day, or any where the slip has no date. */
export const SLIP_STOPPED: Text<{ package: string; subscribe: Keyword }> = {
  to: 'family',
  segments: 1,
  zh: ({ package: name, subscribe }) =>
    `${OURS}您签字的回执已登记，但您另有退订或不订制的答复，未订制${name}，不收费。如需订制，请${send(subscribe)}。`,
  en: ({ package: name, subscribe }) =>
    `Your signed slip is recorded, but you have said no or cancelled: ${name} is not ordered and nothing is charged. To order, ${sendEnglish(subscribe)}.`,
};

/** A no on a slip that a later yes overrules. */
export const SLIP_ORDERED_SINCE: Text<{ cancel: Keyword }> = {
  to: 'family',
  segments: 1,
  zh: ({ cancel }) => `${OURS}您签字的回执已登记，但您在此之后又确认了订制，订制有效。${send(cancel)}退订。`,
  en: ({ cancel }) =>
    `Your signed slip is recorded, but you have confirmed the order since, which stands. To cancel, ${sendEnglish(cancel)}.`,
};
