import { ApplicationFailure } from '@temporalio/common';
import type { Carriers } from '../infra/carriers.ts';
import * as conversation from '../infra/postgres/conversation.ts';
import { isAboutData } from '../infra/postgres/data-error.ts';
import type { Pending } from '../infra/postgres/pending.ts';
import { addPending } from '../infra/postgres/pending.ts';
import { inTransaction, type Db, type Pool } from '../infra/postgres/pool.ts';
import { codeOf } from '../infra/telemetry/log.ts';
import type { OpenTrial } from '../infra/postgres/trial-answers.ts';
import type { PendingStarter } from '../infra/temporal/pending-starter.ts';
import { noticeAnswer } from '../workflows/domain/notice-answer.ts';
import * as routing from '../workflows/domain/routing.ts';
import { inboundSmsId } from '../workflows/ids.ts';
import { answerRoute } from './inbound-sms-answers.ts';
import { commandByText, type ByText } from './inbound-sms-commands.ts';
import { NOTICE_QUESTION, offerTo } from './inbound-sms-help.ts';
import type { Incoming } from './inbound-sms-incoming.ts';
import { answerAgain, answerTrial, trialOf, trialSaidOn } from './inbound-trial.ts';

export interface InboundSmsDeps {
  pool: Pool;
  carriers: Carriers;
  /** Tells the workflows of what a text changed. */
  starter: PendingStarter;
}

/** Texts of one phone served before others have their turn: a fifth of a second. */
const TEXTS_AT_A_TIME = 20;

/** Who else is to be told of what a text did, once it is committed. */
type Told = Pending[];

/** What a text to the short code does. Only ids go in and out. */
export function createInboundSmsActivities({ pool, carriers, starter }: InboundSmsDeps) {
  return { routeTexts, routeInboundSms, runSubscriptionKeyword };

  /**
   * Serves what waits of the phone that sent the text, in the order it was said: each text routed, done what its route
   * asks, answered and recorded in one transaction.
   * @returns whether there may be more, after a bounded number
   * @throws ApplicationFailure retryable PhoneBusy while another serves the phone
   */
  async function routeTexts(text: { tenant: string; hash: string } | { moId: number }): Promise<{ more: boolean }> {
    const line = await conversation.lineOf(pool, text);
    if (!line) throw ApplicationFailure.nonRetryable('there is no such text', 'UnknownText');
    for (let served = 0; served < TEXTS_AT_A_TIME; served++) {
      const told = await serveNext(line);
      if (!told) return { more: false };
      starter.offer(told);
    }
    return { more: true };
  }

  /** Of runs begun when an order or cancel was a step of its own. */
  async function routeInboundSms({ moId }: { moId: number }): Promise<{ command: string | null; trialId?: string }> {
    while ((await routeTexts({ moId })).more);
    return { command: null };
  }

  /** Of such runs: the second step. */
  async function runSubscriptionKeyword({ moId }: { moId: number }): Promise<void> {
    await routeInboundSms({ moId });
  }

  /** Undefined: nothing waits. */
  async function serveNext(line: conversation.Line): Promise<Told | undefined> {
    let next: conversation.Mo | undefined;
    try {
      return await inTransaction(pool, async (db) => {
        if (!(await conversation.takeLine(db, line))) return Promise.reject(new LineBusy());
        next = await conversation.nextText(db, line);
        return next && route(db, next);
      });
    } catch (error) {
      if (error instanceof LineBusy) throw ApplicationFailure.create({ message: error.message, type: 'PhoneBusy' });
      if (!next || !isAboutData(error)) throw error;
      return setAside(next, codeOf(error));
    }
  }

  async function route(db: Db, mo: conversation.Mo): Promise<Told> {
    const incoming = await meet(db, mo);
    const trial = await trialOf(db, incoming);
    const facts = textFacts(incoming, trial);
    const to =
      routing.routeByWords(facts) ??
      routing.routeConversation({ ...facts, ...(await conversationFacts(db, incoming, trial)) });
    const told: Told = trial ? [{ kind: 'trial', tenant: mo.tenant, key: trial.trialId }] : [];
    for (const each of told) await addPending(db, each);
    const outcome = await answerAlone(db, incoming, to, trial);
    const done = outcome ? { outcome, pending: null } : await command(db, incoming, to, trial);
    await conversation.recordOutcome(db, mo.id, done.outcome, incoming.workflowId);
    return done.pending ? [...told, done.pending] : told;
  }

  /** Answers a text that orders and cancels nothing; undefined: it does. */
  async function answerAlone(
    db: Db,
    incoming: Incoming,
    to: routing.Route,
    trial: OpenTrial | undefined,
  ): Promise<conversation.MoOutcome | undefined> {
    if (to.to === 'trial') return answerTrial(db, carriers, incoming, trial!, to.answer);
    return to.to === 'subscription' ? undefined : answerRoute(db, incoming, to);
  }

  /** Orders or cancels. A yes to a trial that is over is an order like any other. */
  async function command(db: Db, incoming: Incoming, to: routing.Route, trial: OpenTrial | undefined): Promise<ByText> {
    const keyword = to.to === 'subscription' ? to.command : 'subscribe';
    if (keyword !== 'subscribe') return commandByText(db, carriers, incoming, keyword);
    const saidOn = await trialSaidOn(db, incoming);
    const outcome = saidOn && !trial ? await answerAgain(db, carriers, incoming, saidOn) : undefined;
    if (outcome) return { outcome, pending: null };
    return commandByText(db, carriers, incoming, keyword, saidOn?.endsAt);
  }

  /** Refused for what it says, it would be at each try, and what the phone said after it must not wait for ever. */
  async function setAside(mo: conversation.Mo, code: string): Promise<Told> {
    const outcome = { route: 'set-aside', answered: false, reason: `could not be routed (${code}): for an operator` };
    await conversation.recordOutcome(pool, mo.id, outcome, inboundSmsId(mo.tenant, mo.hash));
    return [];
  }

  async function meet(db: Db, mo: conversation.Mo): Promise<Incoming> {
    const guardian = await conversation.findGuardian(db, mo);
    return {
      mo,
      guardian,
      isTeacher: guardian === undefined && (await conversation.isTeacher(db, mo)),
      children: guardian ? await conversation.childrenOf(db, guardian.id) : [],
      profile: carriers.profile(mo.tenant, mo.receivedAt.getTime()),
      workflowId: inboundSmsId(mo.tenant, mo.hash),
    };
  }
}

class LineBusy extends Error {
  override message = 'another worker serves this phone';
}

function textFacts(incoming: Incoming, trial: OpenTrial | undefined): routing.TextFacts {
  const { mo, guardian, isTeacher, children, profile } = incoming;
  const phone = { knownGuardian: guardian !== undefined, knownTeacher: isTeacher, children };
  return { keywords: profile.keywords, body: mo.body, ...phone, trial };
}

async function conversationFacts(db: Db, incoming: Incoming, trial: OpenTrial | undefined) {
  const { mo, profile } = incoming;
  const { shortCode } = profile;
  const extension = routing.extensionOf(mo.destination, shortCode) ?? '';
  const addressed = routing.threadOf(extension);
  const sources = await conversation.recentSources(db, mo, shortCode, routing.CONVERSATION_MS);
  const recent = sources
    .map((source) => routing.threadOf(source.slice(shortCode.length)))
    .filter((id) => id !== undefined);
  const question = await conversation.openQuestion(db, mo, routing.CHOICE_VALID_MS);
  const noticeAskedAt = trial?.texted
    ? Math.max(...(await conversation.answeredAt(db, mo, [NOTICE_QUESTION])))
    : -Infinity;
  // A number answers the latest question that takes one.
  const numbered = noticeAskedAt > (question?.askedAt.getTime() ?? -Infinity);
  const agreesOrRefuses = ['yes', 'no'].includes(noticeAnswer(mo.body, numbered) ?? '');
  return {
    extension,
    choices: numbered ? undefined : question?.studentIds.length,
    offered: agreesOrRefuses && (await offerTo(db, incoming)) !== undefined,
    trial: trial && { asked: trial.asked, texted: trial.texted, numbered },
    addressedThread: addressed === undefined ? undefined : (await conversation.openThreads(db, mo, [addressed]))[0],
    recentThreads: await conversation.openThreads(db, mo, recent),
  };
}
