/** What is answered where a text did nothing by itself: help, or a question what was meant. Each so often and no more. */
import * as conversation from '../infra/postgres/conversation.ts';
import type { Db } from '../infra/postgres/pool.ts';
import { readSubscription, wasOffered } from '../infra/postgres/subscriptions.ts';
import { packageName, priceWords } from '../workflows/domain/package-words.ts';
import * as routing from '../workflows/domain/routing.ts';
import { awaitedOf } from '../workflows/domain/subscription/state.ts';
import { taught, TEXTS, type HelpReason, type TeacherHelp } from '../workflows/domain/texts/index.ts';
import { answer, type Incoming, type Outcome } from './inbound-sms-incoming.ts';

/** Why help was sent, as the trace tells it. */
const HELP: Record<HelpReason, string> = {
  'unknown-phone': 'the phone is not registered',
  'no-children': 'no child is registered with the phone',
  empty: 'there was no text',
  'not-their-thread': 'the address is no open conversation of this phone',
  'not-understood': 'neither a keyword nor a reply to anything',
};
const TEACHERS_HELP: Record<TeacherHelp, string> = {
  subscribe: 'a teacher has nothing to order',
  stop: 'a teacher has nothing to cancel',
  query: 'a teacher has no child to ask about',
  mailbox: 'a teacher has no homeroom teacher',
  empty: 'there was no text',
  'not-their-thread': 'the address is no open conversation of this phone',
  'several-threads': 'it may be for any of several families',
  'no-thread': 'no family wrote to this teacher lately',
};

export function help(db: Db, incoming: Incoming, why: HelpReason): Promise<Outcome> {
  return send(db, incoming, HELP[why], TEXTS.HELP.zh({ why, keywords: incoming.profile.keywords }));
}

export function teachersHelp(db: Db, incoming: Incoming, why: TeacherHelp): Promise<Outcome> {
  return send(db, incoming, TEACHERS_HELP[why], TEXTS.TEACHERS_HELP.zh({ why }));
}

async function send(db: Db, incoming: Incoming, reason: string, text: string): Promise<Outcome> {
  const earlier = await conversation.answeredAt(db, incoming.mo, ['help']);
  if (!routing.withinLimits(routing.HELP_LIMITS, earlier, incoming.mo.receivedAt.getTime()))
    return { route: 'help', answered: false, reason: `${reason}; help was sent often enough` };
  await answer(db, incoming, text);
  return { route: 'help', answered: true, reason };
}

/** The outcome that says that 1 and 2 were offered as answers to the fee notice. */
export const NOTICE_QUESTION = 'notice-question';

/** A question is an outcome of its own, which its limit counts and a number answers. */
const ASKED: Record<routing.Question, { route: string; reason: string }> = {
  stop: { route: 'stop-question', reason: 'asked whether it was a stop' },
  notice: { route: NOTICE_QUESTION, reason: 'asked again whether to order' },
  consent: { route: 'consent-question', reason: 'told how to consent to the order that waits' },
};

/** Asks the parent; `passedOn`: what became of the text beside that, in a conversation. */
export async function ask(
  db: Db,
  incoming: Incoming,
  about: routing.Question,
  passedOn?: Outcome & { isWithTeacher: boolean },
): Promise<Outcome> {
  const { mo } = incoming;
  const { route, reason } = ASKED[about];
  const earlier = await conversation.answeredAt(db, mo, [route]);
  if (!routing.withinLimits(routing.QUESTION_LIMITS, earlier, mo.receivedAt.getTime())) {
    const { route: way, reason: what } = passedOn ?? { route, reason: 'it may be an answer or a stop' };
    return { route: way, answered: false, reason: `${what}; asked often enough` };
  }
  await answer(db, incoming, await question(db, incoming, about, passedOn?.isWithTeacher ?? false));
  return { route, answered: true, reason: passedOn ? `${passedOn.reason}; ${reason}` : reason };
}

async function question(db: Db, incoming: Incoming, about: routing.Question, passedOn: boolean): Promise<string> {
  const { profile } = incoming;
  const { subscribe, cancelAll } = taught(profile.keywords);
  if (about === 'stop') return TEXTS.STOP_QUESTION.zh({ stop: cancelAll, passedOn });
  const id = (about === 'consent' && (await offerTo(db, incoming))) || profile.defaultPackage;
  const sold = { package: packageName(id, profile), price: priceWords(id, profile) };
  return about === 'notice'
    ? TEXTS.NOTICE_QUESTION.zh(sold)
    : TEXTS.CONSENT_ASKED.zh({ ...sold, subscribe: { word: subscribe, shortCode: profile.shortCode } });
}

/** The package that waits for this parent's consent and was offered to this phone, so that the keyword consents to it. */
export async function offerTo(db: Db, { mo, guardian, profile }: Incoming): Promise<string | undefined> {
  if (!guardian) return undefined;
  const unit = routing.billingUnitOf(profile, guardian);
  const awaited = awaitedOf(await readSubscription(db, mo.tenant, unit));
  const isOffered =
    awaited !== null && (await wasOffered(db, { tenant: mo.tenant, unit, phone: mo.phone, at: mo.receivedAt }));
  return isOffered ? awaited : undefined;
}
