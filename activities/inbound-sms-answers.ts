/** What each route does to the record: one answer, or the reason why there is none. */
import { childStatus } from '../infra/postgres/child-status.ts';
import * as conversation from '../infra/postgres/conversation.ts';
import { enqueueSms, suppressSms, type NewSms } from '../infra/postgres/outbox.ts';
import type { Db } from '../infra/postgres/pool.ts';
import type { CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import * as words from '../workflows/domain/conversation-text.ts';
import { helpText, stopHint, stopQuestion, type HelpReason } from '../workflows/domain/help-text.ts';
import { matchKeyword } from '../workflows/domain/keywords.ts';
import { noticeQuestion } from '../workflows/domain/notices.ts';
import * as routing from '../workflows/domain/routing.ts';
import { readStop } from '../workflows/domain/stop-words.ts';

/** The outcome that says that 1 and 2 were offered as answers to the fee notice. */
export const NOTICE_QUESTION = 'notice-question';

/** A text with who sent it. */
export interface Incoming {
  mo: conversation.Mo;
  guardian: conversation.Guardian | undefined;
  /** Whether the phone is a teacher's. */
  isTeacher: boolean;
  children: conversation.GuardiansChild[];
  profile: CarrierProfile;
  workflowId: string;
}

type Answered = Exclude<routing.Route, { to: 'subscription' | 'trial' }>;
type Outcome = conversation.MoOutcome;

/** Does what the route asks, in the caller's transaction. */
export async function answerRoute(db: Db, incoming: Incoming, route: Answered): Promise<Outcome> {
  switch (route.to) {
    case 'query':
      return answerQuery(db, incoming);
    case 'mailbox': {
      const { mo, children } = incoming;
      const about = children.filter(({ studentId }) => route.studentIds.includes(studentId));
      return deliverToMailbox(db, incoming, { route: 'mailbox', moId: mo.id, about, body: route.body });
    }
    case 'which-child':
      return askWhichChild(db, incoming);
    case 'choice':
      return deliverChoice(db, incoming, route.index);
    case 'reply':
      return converse(db, incoming, route);
    case 'question':
      return ask(db, incoming, route.ask);
    case 'help':
      return help(db, incoming, route.why);
  }
}

/** Why help was sent, as the trace tells it. */
const HELP: Record<HelpReason, string> = {
  'unknown-phone': 'the phone is not registered',
  'no-children': 'no child is registered with the phone',
  empty: 'there was no text',
  'not-their-thread': 'the address is no open conversation of this phone',
  'not-understood': 'neither a keyword nor a reply to anything',
  'teacher-subscribe': 'a teacher has nothing to order',
  'teacher-stop': 'a teacher has nothing to cancel',
  'teacher-query': 'a teacher has no child to ask about',
  'teacher-mailbox': 'a teacher has no homeroom teacher',
  'teacher-empty': 'there was no text',
  'teacher-not-their-thread': 'the address is no open conversation of this phone',
  'teacher-several-threads': 'it may be for any of several families',
  'teacher-no-thread': 'no family wrote to this teacher lately',
};

async function help(db: Db, incoming: Incoming, why: HelpReason): Promise<Outcome> {
  const earlier = await conversation.answeredAt(db, incoming.mo, ['help']);
  if (!routing.withinLimits(routing.HELP_LIMITS, earlier, incoming.mo.receivedAt.getTime()))
    return { route: 'help', answered: false, reason: `${HELP[why]}; help was sent often enough` };
  await answer(db, incoming, helpText(incoming.profile, why));
  return { route: 'help', answered: true, reason: HELP[why] };
}

/** A question to the parent is an outcome of its own, which its limit counts and a number answers. */
const ASKED: Record<routing.Question, { route: string; reason: string }> = {
  stop: { route: 'stop-question', reason: 'asked whether it was a stop' },
  notice: { route: NOTICE_QUESTION, reason: 'asked again whether to order' },
};

/** Asks, where `passedOn` says what became of the text beside that. */
async function ask(db: Db, incoming: Incoming, about: routing.Question, passedOn?: Outcome): Promise<Outcome> {
  const { mo, profile } = incoming;
  const { route, reason } = ASKED[about];
  const earlier = await conversation.answeredAt(db, mo, [route]);
  if (!routing.withinLimits(routing.QUESTION_LIMITS, earlier, mo.receivedAt.getTime()))
    return passedOn ?? { route, answered: false, reason: `may have been meant for us; ${route} was sent often enough` };
  const isWithTeacher = passedOn?.reason === FORWARDED;
  await answer(db, incoming, about === 'stop' ? stopQuestion(profile, isWithTeacher) : noticeQuestion(profile));
  return { route, answered: true, reason: passedOn ? `${passedOn.reason}; ${reason}` : reason };
}

async function answerQuery(db: Db, incoming: Incoming): Promise<Outcome> {
  if (await answeredOften(db, incoming)) return { route: 'query', answered: false, reason: TOO_OFTEN };
  const children = [];
  for (const child of incoming.children) {
    const status = await childStatus(db, incoming.mo, child, incoming.profile.zone);
    children.push({ name: child.name, ...status });
  }
  await answer(db, incoming, words.statusText(children));
  return { route: 'query', answered: true, reason: 'told attendance and homework' };
}

async function askWhichChild(db: Db, incoming: Incoming): Promise<Outcome> {
  if (await answeredOften(db, incoming)) return { route: 'mailbox', answered: false, reason: TOO_OFTEN };
  const { mo, children } = incoming;
  await conversation.askQuestion(
    db,
    mo,
    children.map(({ studentId }) => studentId),
  );
  await answer(db, incoming, words.whichChild(children));
  return { route: 'mailbox', answered: true, reason: 'asked which child' };
}

/** The number chose: the text that led to the question is what goes. */
async function deliverChoice(db: Db, incoming: Incoming, index: number): Promise<Outcome> {
  const { mo, children, profile } = incoming;
  const question = (await conversation.openQuestion(db, mo, routing.CHOICE_VALID_MS))!;
  await conversation.closeQuestion(db, mo);
  const about = children.filter(({ studentId }) => studentId === question.studentIds[index]);
  // Left the school, or the family, since the question.
  if (about.length === 0) return help(db, incoming, 'not-understood');
  const original = matchKeyword(profile.keywords, await conversation.bodyOf(db, question.moId));
  if (original?.keyword !== 'mailbox') return help(db, incoming, 'not-understood');
  return deliverToMailbox(db, incoming, { route: 'choice', moId: question.moId, about, body: original.body });
}

interface MailboxText {
  route: 'mailbox' | 'choice';
  /** The text with the words, which may be an earlier one than the text being answered. */
  moId: number;
  /** Whom it may be about: children of one homeroom teacher. */
  about: conversation.GuardiansChild[];
  body: string;
}

/** Into the mailbox and to the homeroom teacher's phone, from the thread on which the teacher can answer. */
async function deliverToMailbox(
  db: Db,
  incoming: Incoming,
  { route, moId, about, body }: MailboxText,
): Promise<Outcome> {
  const { mo, guardian, profile } = incoming;
  const guardianId = guardian!.id;
  const child = about[0]!;
  await conversation.recordMailbox(db, mo, { moId, guardianId, child, body });
  if (await answeredOften(db, incoming)) return { route, answered: false, reason: `in the mailbox; ${TOO_OFTEN}` };
  const threadId = await conversation.threadFor(db, mo.tenant, child.homeroomTeacherId, guardianId);
  const { teacherId, teacherPhone } = await conversation.threadPeople(db, threadId);
  await forward(db, incoming, {
    phone: teacherPhone,
    source: profile.shortCode + threadId,
    body: words.mailboxToTeacher(about, body),
    teacherId,
    studentId: child.studentId,
  });
  // A stop said to the teacher isn't one to us, whose writer may not know.
  const hint = readStop(profile.keywords, body) ? stopHint(profile) : '';
  await answer(db, incoming, words.mailboxConfirmation(about) + hint);
  return { route, answered: true, reason: 'forwarded to the homeroom teacher' };
}

const FORWARDED = 'forwarded to the teacher';

async function converse(db: Db, incoming: Incoming, route: routing.OpenThread & { ask?: routing.Question }) {
  const passedOn = await forwardReply(db, incoming, route);
  return route.ask ? ask(db, incoming, route.ask, passedOn) : passedOn;
}

async function forwardReply(db: Db, incoming: Incoming, thread: routing.OpenThread): Promise<Outcome> {
  const { mo } = incoming;
  const earlier = await conversation.wroteAt(db, mo, thread);
  await conversation.recordReply(db, mo, thread);
  if (!routing.withinLimits(routing.FORWARD_LIMITS, earlier, mo.receivedAt.getTime()))
    return { route: 'reply', answered: false, reason: 'in the reply-box; too many to forward' };
  const people = await conversation.threadPeople(db, thread.threadId);
  return thread.side === 'guardian'
    ? replyToTeacher(db, incoming, thread.threadId, people)
    : replyToGuardian(db, incoming, thread.threadId, people);
}

async function replyToTeacher(
  db: Db,
  incoming: Incoming,
  threadId: number,
  people: conversation.ThreadPeople,
): Promise<Outcome> {
  const inSchool = incoming.children.filter(({ schoolId }) => schoolId === people.teacherSchoolId);
  const ownClass = inSchool.filter(({ homeroomTeacherId }) => homeroomTeacherId === people.teacherId);
  const children = ownClass.length > 0 ? ownClass : inSchool;
  await forward(db, incoming, {
    phone: people.teacherPhone,
    source: incoming.profile.shortCode + threadId,
    body: words.replyToTeacher(children, incoming.mo.body),
    teacherId: people.teacherId,
    studentId: children[0]?.studentId,
  });
  return { route: 'reply', answered: false, reason: FORWARDED };
}

/** A parent who cancelled is not reached by the back door, and the teacher is told. */
async function replyToGuardian(
  db: Db,
  incoming: Incoming,
  threadId: number,
  people: conversation.ThreadPeople,
): Promise<Outcome> {
  const { mo, profile, workflowId } = incoming;
  const { guardianId, teacherId, guardianPhone, householdId } = people;
  const unit = routing.billingUnitOf(profile, { id: guardianId, householdId });
  if (!(await conversation.mayTextGuardian(db, mo, { guardianId, teacherId, unit, ms: routing.CONVERSATION_MS }))) {
    await suppressSms(db, [
      {
        origin: `mo/${mo.id}/forward`,
        tenant: mo.tenant,
        workflowId,
        kind: 'conversation',
        phone: guardianPhone,
        guardianId,
        reason: 'not subscribed, and did not write to the teacher lately',
      },
    ]);
    await answer(db, incoming, words.NOT_FORWARDED);
    return { route: 'reply', answered: true, reason: 'the guardian is not subscribed' };
  }
  await forward(db, incoming, {
    phone: guardianPhone,
    source: profile.shortCode + threadId,
    body: words.replyToGuardian(people.teacherName, mo.body),
    guardianId,
    teacherId,
  });
  return { route: 'reply', answered: false, reason: 'forwarded to the guardian' };
}

const TOO_OFTEN = 'answered often enough this hour';

async function answeredOften(db: Db, { mo }: Incoming): Promise<boolean> {
  const earlier = await conversation.answeredAt(db, mo, ['query', 'mailbox', 'choice']);
  return !routing.withinLimits(routing.ANSWER_LIMITS, earlier, mo.receivedAt.getTime());
}

/** Queues the one text back to the phone that wrote. */
export async function answer(db: Db, { mo, guardian, profile, workflowId }: Incoming, body: string): Promise<void> {
  await enqueueSms(db, [
    {
      origin: `mo/${mo.id}/answer`,
      tenant: mo.tenant,
      workflowId,
      kind: 'answer',
      phone: mo.phone,
      source: profile.shortCode,
      body,
      guardianId: guardian?.id,
    },
  ]);
}

type Forwarded = Pick<NewSms, 'phone' | 'source' | 'body' | 'guardianId' | 'teacherId' | 'studentId'>;

async function forward(db: Db, { mo, workflowId }: Incoming, text: Forwarded): Promise<void> {
  const reason = { origin: `mo/${mo.id}/forward`, tenant: mo.tenant, workflowId, kind: 'conversation' as const };
  await enqueueSms(db, [{ ...reason, ...text }]);
}
