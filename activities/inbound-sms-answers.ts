/** What each route does to the record: one answer, or the reason why there is none. */
import { childStatus } from '../infra/postgres/child-status.ts';
import * as conversation from '../infra/postgres/conversation.ts';
import { enqueueSms, suppressSms, type NewSms } from '../infra/postgres/outbox.ts';
import type { Db } from '../infra/postgres/pool.ts';
import { matchKeyword } from '../workflows/domain/keywords.ts';
import * as routing from '../workflows/domain/routing.ts';
import { readStop } from '../workflows/domain/stop-words.ts';
import { taught, TEXTS } from '../workflows/domain/texts/index.ts';
import { ask, help, teachersHelp } from './inbound-sms-help.ts';
import { answer, type Incoming, type Outcome } from './inbound-sms-incoming.ts';

type Answered = Exclude<routing.Route, { to: 'subscription' | 'trial' }>;

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
    case 'teachers-help':
      return teachersHelp(db, incoming, route.why);
  }
}

async function answerQuery(db: Db, incoming: Incoming): Promise<Outcome> {
  if (await answeredOften(db, incoming)) return { route: 'query', answered: false, reason: TOO_OFTEN };
  const children = [];
  for (const child of incoming.children) {
    const status = await childStatus(db, incoming.mo, child, incoming.profile.zone);
    children.push({ name: child.name, ...status });
  }
  await answer(db, incoming, TEXTS.STATUS.zh({ children }));
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
  await answer(db, incoming, TEXTS.WHICH_CHILD.zh({ children }));
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
    body: TEXTS.MAILBOX.zh({ children: about, body }),
    teacherId,
    studentId: child.studentId,
  });
  // A stop said to the teacher isn't one to us, which its writer may not know.
  const stop = readStop(profile.keywords, body) && taught(profile.keywords).cancelAll;
  await answer(db, incoming, TEXTS.MAILBOX_CONFIRMED.zh({ children: about, stop }));
  return { route, answered: true, reason: 'forwarded to the homeroom teacher' };
}

const FORWARDED = 'forwarded to the teacher';

async function converse(db: Db, incoming: Incoming, route: routing.OpenThread & { ask?: routing.Question }) {
  const passedOn = await forwardReply(db, incoming, route);
  return route.ask
    ? ask(db, incoming, route.ask, { ...passedOn, isWithTeacher: passedOn.reason === FORWARDED })
    : passedOn;
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
  const children = childrenOfTeacher(incoming.children, people);
  await forward(db, incoming, {
    phone: people.teacherPhone,
    source: incoming.profile.shortCode + threadId,
    body: TEXTS.PARENTS_ANSWER.zh({ children, body: incoming.mo.body }),
    teacherId: people.teacherId,
    studentId: children[0]?.studentId,
  });
  return { route: 'reply', answered: false, reason: FORWARDED };
}

/** Whom the two of a thread talk about: the guardian's children in the teacher's class, or else in the school. */
function childrenOfTeacher(
  children: readonly conversation.GuardiansChild[],
  { teacherId, teacherSchoolId }: conversation.ThreadPeople,
) {
  const inSchool = children.filter(({ schoolId }) => schoolId === teacherSchoolId);
  const ownClass = inSchool.filter(({ homeroomTeacherId }) => homeroomTeacherId === teacherId);
  return ownClass.length > 0 ? ownClass : inSchool;
}

/**
 * A parent who cancelled is not reached by the back door. The teacher hears nothing either way: an answer to the one and
 * none to the other would tell who pays.
 */
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
    return { route: 'reply', answered: false, reason: 'in the reply-box; the guardian is not subscribed' };
  }
  const all = await conversation.childrenOf(db, guardianId);
  const children = childrenOfTeacher(all, people);
  const { teacherSchool: school, teacherName: teacher } = people;
  await forward(db, incoming, {
    phone: guardianPhone,
    source: profile.shortCode + threadId,
    body: TEXTS.TEACHERS_ANSWER.zh({ school, teacher, children, shared: all.length > 1, body: mo.body }),
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

type Forwarded = Pick<NewSms, 'phone' | 'source' | 'body' | 'guardianId' | 'teacherId' | 'studentId'>;

async function forward(db: Db, { mo, workflowId }: Incoming, text: Forwarded): Promise<void> {
  const reason = { origin: `mo/${mo.id}/forward`, tenant: mo.tenant, workflowId, kind: 'conversation' as const };
  await enqueueSms(db, [{ ...reason, ...text }]);
}
