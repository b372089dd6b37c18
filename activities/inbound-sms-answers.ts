/** What each route does to the record: one answer, or the reason why there is none. */
import * as conversation from '../infra/postgres/conversation.ts';
import { enqueueSms, suppressSms, type NewSms } from '../infra/postgres/outbox.ts';
import type { Db } from '../infra/postgres/pool.ts';
import type { CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import { matchKeyword } from '../workflows/domain/keywords.ts';
import * as routing from '../workflows/domain/routing.ts';
import { TEXTS, type HelpReason } from '../workflows/domain/texts/index.ts';

/** A text with who sent it. */
export interface Incoming {
  mo: conversation.Mo;
  guardian: conversation.Guardian | undefined;
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
      const child = children.find(({ studentId }) => studentId === route.studentId)!;
      return deliverToMailbox(db, incoming, { route: 'mailbox', moId: mo.id, child, body: route.body });
    }
    case 'question':
      return askWhichChild(db, incoming);
    case 'choice':
      return deliverChoice(db, incoming, route.index);
    case 'reply':
      return forwardReply(db, incoming, route);
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
};

async function help(db: Db, incoming: Incoming, why: HelpReason): Promise<Outcome> {
  const earlier = await conversation.answeredAt(db, incoming.mo, ['help']);
  if (!routing.withinLimits(routing.HELP_LIMITS, earlier, incoming.mo.receivedAt.getTime()))
    return { route: 'help', answered: false, reason: `${HELP[why]}; help was sent often enough` };
  await answer(db, incoming, TEXTS.HELP.zh({ why, keywords: incoming.profile.keywords }));
  return { route: 'help', answered: true, reason: HELP[why] };
}

async function answerQuery(db: Db, incoming: Incoming): Promise<Outcome> {
  if (await answeredOften(db, incoming)) return { route: 'query', answered: false, reason: TOO_OFTEN };
  const children = [];
  for (const child of incoming.children) {
    const status = await conversation.childStatus(db, incoming.mo, child, incoming.profile.zone);
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
  const child = children.find(({ studentId }) => studentId === question.studentIds[index]);
  // Left the school, or the family, since the question.
  if (!child) return help(db, incoming, 'not-understood');
  const original = matchKeyword(profile.keywords, await conversation.bodyOf(db, question.moId));
  if (original?.keyword !== 'mailbox') return help(db, incoming, 'not-understood');
  return deliverToMailbox(db, incoming, { route: 'choice', moId: question.moId, child, body: original.body });
}

interface MailboxText {
  route: 'mailbox' | 'choice';
  /** The text with the words, which may be an earlier one than the text being answered. */
  moId: number;
  child: conversation.GuardiansChild;
  body: string;
}

/** Into the mailbox and to the homeroom teacher's phone, from the thread on which the teacher can answer. */
async function deliverToMailbox(
  db: Db,
  incoming: Incoming,
  { route, moId, child, body }: MailboxText,
): Promise<Outcome> {
  const { mo, guardian, profile } = incoming;
  const guardianId = guardian!.id;
  await conversation.recordMailbox(db, mo, { moId, guardianId, child, body });
  if (await answeredOften(db, incoming)) return { route, answered: false, reason: `in the mailbox; ${TOO_OFTEN}` };
  const threadId = await conversation.threadFor(db, mo.tenant, child.homeroomTeacherId, guardianId);
  const { teacherId, teacherPhone } = await conversation.threadPeople(db, threadId);
  await forward(db, incoming, {
    phone: teacherPhone,
    source: profile.shortCode + threadId,
    body: TEXTS.MAILBOX.zh({ children: [child], body }),
    teacherId,
    studentId: child.studentId,
  });
  await answer(db, incoming, TEXTS.MAILBOX_CONFIRMED.zh({ children: [child] }));
  return { route, answered: true, reason: 'forwarded to the homeroom teacher' };
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
  return { route: 'reply', answered: false, reason: 'forwarded to the teacher' };
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
    await answer(db, incoming, TEXTS.NOT_FORWARDED.zh());
    return { route: 'reply', answered: true, reason: 'the guardian is not subscribed' };
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
