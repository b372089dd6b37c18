/** Where a parent's or teacher's text goes (spec §5): a pure choice from what is known of the phone and the address. */
import { choiceNumber, matchKeyword, type KeywordMatch } from './keywords.ts';
import type { CarrierProfile, Keywords } from './carrier-profile.ts';
import { noticeAnswer } from './notices.ts';
import type { HelpReason } from './texts/index.ts';

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

/** What is known when a text arrives. */
export interface RoutingFacts {
  keywords: Keywords;
  body: string;
  /** What follows the short code in the address texted to; empty for the short code itself. */
  extension: string;
  /** Whether the phone is a guardian's of this carrier. */
  knownGuardian: boolean;
  children: Child[];
  /** How many children the open question offered; undefined: nothing was asked within CHOICE_VALID_MS. */
  choices: number | undefined;
  /** The trial this phone may still answer; `asked`: a notice asked whether to order. Undefined: there is none. */
  trial?: { asked: boolean } | undefined;
  /** The extension's thread, if it exists, is open and this phone is one of its two. */
  addressedThread: OpenThread | undefined;
  /** Threads of the texts to this phone within CONVERSATION_MS, latest first. */
  recentThreads: OpenThread[];
}

/** Where it goes. Help says why nothing else fits, for the record. */
export type Route =
  | { to: 'subscription'; command: 'subscribe' | 'cancel' | 'cancel-free' | 'cancel-all' }
  | { to: 'trial'; answer: 'yes' | 'no' }
  | { to: 'query' }
  | { to: 'mailbox'; studentId: string; body: string }
  | { to: 'question'; studentIds: string[] }
  | { to: 'choice'; index: number }
  | { to: 'reply'; threadId: number; side: Side }
  | { to: 'help'; why: HelpReason };

/**
 * Stop words, keywords, the thread of the address, a yes or no to the fee notice, the number that answers a question, the
 * latest thread, help: in this order, and the first that fits.
 */
export function routeText(facts: RoutingFacts): Route {
  const match = matchKeyword(facts.keywords, facts.body);
  if (match) return routeKeyword(match, facts);
  if (facts.body.trim() === '') return { to: 'help', why: 'empty' };
  if (facts.extension !== '') {
    // A text to an address that is not theirs is never given to somebody else instead.
    return facts.addressedThread
      ? { to: 'reply', ...facts.addressedThread }
      : { to: 'help', why: facts.knownGuardian ? 'not-their-thread' : 'unknown-phone' };
  }
  // Notice 2 came from the short code itself: a yes to a teacher's question goes to the teacher's thread.
  const answer = facts.trial?.asked ? noticeAnswer(facts.body) : undefined;
  if (answer) return { to: 'trial', answer };
  // So did the question which child is meant: only a number sent there answers it.
  const number = choiceNumber(facts.body);
  if (number !== undefined && facts.choices !== undefined && number >= 1 && number <= facts.choices)
    return { to: 'choice', index: number - 1 };
  const recent = latestThread(facts.recentThreads);
  if (recent) return { to: 'reply', ...recent };
  const known = facts.knownGuardian || facts.recentThreads.length > 0;
  return { to: 'help', why: known ? 'not-understood' : 'unknown-phone' };
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

function routeKeyword(match: KeywordMatch, { knownGuardian, children, trial }: RoutingFacts): Route {
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

/** Siblings with one homeroom teacher need no question: the text reaches the same person. */
function routeMailbox(body: string, children: Child[]): Route {
  const [first] = children;
  if (!first) return { to: 'help', why: 'no-children' };
  if (body === '') return { to: 'help', why: 'empty' };
  const teachers = new Set(children.map((child) => child.homeroomTeacherId));
  return teachers.size === 1
    ? { to: 'mailbox', studentId: first.studentId, body }
    : { to: 'question', studentIds: children.map((child) => child.studentId) };
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
