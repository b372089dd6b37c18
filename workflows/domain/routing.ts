/** Where a parent's or teacher's text goes (spec §5): a pure choice from what is known of the phone and the address. */
import { choiceNumber, matchKeyword, type KeywordMatch } from './keywords.ts';
import type { CarrierProfile, Keywords } from './carrier-profile.ts';
import { noticeAnswer, type NoticeAnswer } from './notice-answer.ts';
import { visible } from './plain-words.ts';
import { readStop, type StopReading } from './stop-words.ts';
import type { HelpReason, TeacherHelp } from './texts/index.ts';

/** How long "which child?" waits for its number. */
export const CHOICE_VALID_MS = 60 * 60 * 1000;
/** How far back the latest message with a thread takes a text that names no thread. */
export const CONVERSATION_MS = 7 * 24 * 60 * 60 * 1000;
/** As threads are numbered: exactly so, and a safe integer. An SMPP address has 20 digits, short code included. */
const EXTENSION = /^[1-9]\d{0,14}$/;

/** What a phone is in a thread. */
export type Side = 'guardian' | 'teacher';

/** A thread that this phone may write to. */
export interface OpenThread {
  threadId: number;
  side: Side;
}

/** A pupil of the guardian, with whom a mailbox text of theirs goes to. */
export interface Child {
  studentId: string;
  homeroomTeacherId: string;
}

/** What is known of a text and its phone when it arrives. */
export interface TextFacts {
  keywords: Keywords;
  body: string;
  /** Whether the phone is a guardian's of this carrier. */
  knownGuardian: boolean;
  /** Whether it is a teacher's; of no account where it is a guardian's too. */
  knownTeacher: boolean;
  children: Child[];
  /** The trial this phone may still answer. Undefined: there is none. */
  trial?: object | undefined;
}

/** What is known besides of what was said to the phone before: asked of a text that does not say by itself where it goes. */
export interface RoutingFacts extends TextFacts {
  /** What follows the short code in the address texted to; empty for the short code itself. */
  extension: string;
  /** How many children the open question offered; undefined: nothing was asked within CHOICE_VALID_MS. */
  choices: number | undefined;
  /** Whether somebody's order waits for this parent's consent, and was offered to this phone lately: of a yes or no. */
  offered: boolean;
  trial?: TrialFacts | undefined;
  /** The extension's thread, if it exists, is open and this phone is one of its two. */
  addressedThread: OpenThread | undefined;
  /** Threads of the texts to this phone within CONVERSATION_MS, latest first. */
  recentThreads: OpenThread[];
}

export interface TrialFacts {
  /** Whether a notice had asked whether to order, on paper or by text. */
  asked: boolean;
  /** Whether one had by text. */
  texted: boolean;
  /** Whether the latest question to the phone was to answer 1 or 2. */
  numbered: boolean;
}

/** What is asked of a parent who may have said so: it was a stop; an answer to the fee notice; a consent to an order. */
export type Question = 'stop' | 'notice' | 'consent';

/** Where it goes. Help says why nothing else fits, for the record. */
export type Route =
  | { to: 'subscription'; command: 'subscribe' | 'cancel' | 'cancel-free' | 'cancel-all' }
  | { to: 'trial'; answer: 'yes' | 'no' }
  | { to: 'query' }
  | { to: 'mailbox'; studentIds: string[]; body: string }
  | { to: 'which-child'; studentIds: string[] }
  | { to: 'choice'; index: number }
  | { to: 'reply'; threadId: number; side: Side; ask?: Question }
  | { to: 'question'; ask: Question }
  | { to: 'help'; why: HelpReason }
  | { to: 'teachers-help'; why: TeacherHelp };

/**
 * Stops, keywords, the thread of the address, a yes or no to the fee notice, the number that answers a question, the
 * latest thread, help: in this order, and the first that fits. What may be a stop or an answer to the notice is asked,
 * and goes to the teacher too where it came in a conversation: we may be wrong, and their words must not be lost.
 */
export function routeText(facts: RoutingFacts): Route {
  return routeByWords(facts) ?? routeConversation(facts);
}

/** Where the words alone say that it goes; undefined: what was said before decides (routeConversation). */
export function routeByWords(facts: TextFacts): Route | undefined {
  const match = matchKeyword(facts.keywords, facts.body);
  if (match) return isTeachersOnly(facts) ? teacherKeyword(match) : routeKeyword(match, facts);
  if (facts.knownGuardian && readStop(facts.keywords, facts.body) === 'stop')
    return { to: 'subscription', command: 'cancel-all' };
  return visible(facts.body) === '' ? help(facts, 'empty') : undefined;
}

/** Where a text goes that routeByWords leaves. */
export function routeConversation(facts: RoutingFacts): Route {
  const stop = readStop(facts.keywords, facts.body);
  if (facts.extension !== '') return routeAddressed(facts, stop);
  // A teacher's conversation is not a place for a stop of theirs: there is nothing to stop.
  if (stop === 'stop' && isTeachersOnly(facts)) return { to: 'teachers-help', why: 'stop' };
  return routeUnaddressed(facts, stop);
}

/** A text to an address that is not theirs is never given to somebody else instead. */
function routeAddressed(facts: RoutingFacts, stop: StopReading): Route {
  const thread = facts.addressedThread;
  if (!thread && stop && facts.knownGuardian) return { to: 'question', ask: 'stop' };
  if (!thread) return help(facts, facts.knownGuardian || facts.knownTeacher ? 'not-their-thread' : 'unknown-phone');
  return thread.side === 'guardian' && stop ? { to: 'reply', ...thread, ask: 'stop' } : { to: 'reply', ...thread };
}

/** Notices and questions come from the short code itself, and only what is sent there answers them. */
function routeUnaddressed(facts: RoutingFacts, stop: StopReading): Route {
  const answer = noticeAnswer(facts.body, facts.trial?.numbered);
  if (facts.trial?.asked && (answer === 'yes' || answer === 'no')) return { to: 'trial', answer };
  const number = choiceNumber(facts.body);
  if (number !== undefined && facts.choices !== undefined && number >= 1 && number <= facts.choices)
    return { to: 'choice', index: number - 1 };
  const ask = questionOf(facts, stop, answer);
  const recent = latestThread(facts.recentThreads);
  // What a parent may have said to us is not for the families they teach.
  if (ask) return recent?.side === 'guardian' ? { to: 'reply', ...recent, ask } : { to: 'question', ask };
  if (recent) return { to: 'reply', ...recent };
  if (facts.recentThreads.length > 0) return { to: 'teachers-help', why: 'several-threads' };
  return help(facts, facts.knownGuardian || facts.knownTeacher ? 'not-understood' : 'unknown-phone');
}

function questionOf(
  { knownGuardian, offered, trial }: RoutingFacts,
  stop: StopReading,
  answer: NoticeAnswer,
): Question | undefined {
  if (!knownGuardian) return undefined;
  if (stop) return 'stop';
  if (answer && trial?.texted) return 'notice';
  // Consent to somebody else's order is the keyword alone (spec §6): who agrees or refuses in words is told so.
  return offered && (answer === 'yes' || answer === 'no') ? 'consent' : undefined;
}

function isTeachersOnly({ knownGuardian, knownTeacher }: TextFacts): boolean {
  return knownTeacher && !knownGuardian;
}

const TEACHERS_HELP: Partial<Record<HelpReason, TeacherHelp>> = {
  empty: 'empty',
  'not-their-thread': 'not-their-thread',
  'not-understood': 'no-thread',
};

function help(facts: TextFacts, why: HelpReason): Route {
  const teachers = isTeachersOnly(facts) ? TEACHERS_HELP[why] : undefined;
  return teachers ? { to: 'teachers-help', why: teachers } : { to: 'help', why };
}

/** Keywords are for parents: a teacher is told what a teacher may do instead. */
function teacherKeyword({ keyword }: KeywordMatch): Route {
  const isStop = keyword === 'cancel' || keyword === 'cancel-free' || keyword === 'cancel-all';
  return { to: 'teachers-help', why: isStop ? 'stop' : keyword };
}

/** Who is billed for the guardian, and so what their subscription is kept by. */
export function billingUnitOf(
  { billingUnit }: Pick<CarrierProfile, 'billingUnit'>,
  guardian: { id: string; householdId: string },
): string {
  return billingUnit === 'household' ? guardian.householdId : guardian.id;
}

/** Parses the extension of an address of this short code; undefined when the address isn't one. */
export function extensionOf(destination: string, shortCode: string): string | undefined {
  return destination.startsWith(shortCode) ? destination.slice(shortCode.length) : undefined;
}

/** The thread an extension names, as a number; undefined when it can't be one. */
export function threadOf(extension: string): number | undefined {
  return EXTENSION.test(extension) ? Number(extension) : undefined;
}

function routeKeyword(match: KeywordMatch, { knownGuardian, children, trial }: TextFacts): Route {
  if (!knownGuardian) return { to: 'help', why: 'unknown-phone' };
  switch (match.keyword) {
    case 'cancel-all':
    case 'cancel':
    case 'cancel-free':
      // Whoever we know may always stop, children or not.
      return { to: 'subscription', command: match.keyword };
    case 'subscribe':
      if (children.length === 0) return { to: 'help', why: 'no-children' };
      // An order on trial is its confirmation, notice or not: it counts from the trial's end.
      return trial ? { to: 'trial', answer: 'yes' } : { to: 'subscription', command: 'subscribe' };
    case 'query':
      return children.length > 0 ? { to: 'query' } : { to: 'help', why: 'no-children' };
    case 'mailbox':
      return routeMailbox(match.body, children);
  }
}

/** Siblings with one homeroom teacher need no question: the text reaches the same person, and is about any of them. */
function routeMailbox(body: string, children: Child[]): Route {
  if (children.length === 0) return { to: 'help', why: 'no-children' };
  if (visible(body) === '') return { to: 'help', why: 'empty' };
  const studentIds = children.map((child) => child.studentId);
  const teachers = new Set(children.map((child) => child.homeroomTeacherId));
  return teachers.size === 1 ? { to: 'mailbox', studentIds, body } : { to: 'which-child', studentIds };
}

/**
 * The latest thread answers a text that names none. Not for a teacher in several: the text could reach the wrong
 * family.
 */
function latestThread(threads: OpenThread[]): OpenThread | undefined {
  const [latest] = threads;
  const sameForAll = threads.every((thread) => thread.threadId === latest?.threadId);
  return latest?.side === 'guardian' || sameForAll ? latest : undefined;
}

/** At most `count` in each `ms` before now. */
export interface Limit {
  count: number;
  ms: number;
}

const HOUR = 60 * 60 * 1000;
/** Help: enough for a person who tries, too few for two robots to loop. */
export const HELP_LIMITS: Limit[] = [
  { count: 3, ms: HOUR },
  { count: 10, ms: 24 * HOUR },
];
/** Answers to CX, BZR and numbers: a person never asks so often. */
export const ANSWER_LIMITS: Limit[] = [{ count: 20, ms: HOUR }];
/**
 * Questions whether it was a stop, or an answer to the notice, each: beside help, which a person may have used up by then,
 * and as few as that, for a robot that quotes our question back writes a stop each time.
 */
export const QUESTION_LIMITS: Limit[] = HELP_LIMITS;
/** Orders and cancels answered: nobody changes their mind so often, and a robot's texts are not free. */
export const COMMAND_LIMITS: Limit[] = [{ count: 20, ms: HOUR }];
/** Texts forwarded one way in one thread: a teacher's and a parent's auto-replies would otherwise never end. */
export const FORWARD_LIMITS: Limit[] = [
  { count: 20, ms: HOUR },
  { count: 60, ms: 24 * HOUR },
];

/** Whether one more at `now` stays within all limits, given when the earlier ones were (epoch ms, any order). */
export function withinLimits(limits: Limit[], earlier: number[], now: number): boolean {
  return limits.every(({ count, ms }) => earlier.filter((at) => at > now - ms).length < count);
}
