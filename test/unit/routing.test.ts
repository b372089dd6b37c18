import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import {
  extensionOf,
  FORWARD_LIMITS,
  HELP_LIMITS,
  routeText,
  threadOf,
  withinLimits,
  type RoutingFacts,
} from '../../workflows/domain/routing.ts';

const profile = loadCarriers().profile('gansu');
const { keywords } = profile;
const one = { studentId: 's1', homeroomTeacherId: 't1' };
const sibling = { studentId: 's2', homeroomTeacherId: 't1' };
const elsewhere = { studentId: 's3', homeroomTeacherId: 't2' };
const parentIn = (threadId: number) => ({ threadId, side: 'guardian' as const });
const teacherIn = (threadId: number) => ({ threadId, side: 'teacher' as const });

/** A parent of one child texts the short code itself, with nothing before. */
const parent: RoutingFacts = {
  keywords,
  body: '谢谢老师',
  extension: '',
  knownGuardian: true,
  children: [one],
  choices: undefined,
  addressedThread: undefined,
  recentThreads: [],
};
const stranger = { ...parent, knownGuardian: false, children: [] };

describe('where a text goes', () => {
  it.each<[string, RoutingFacts, ReturnType<typeof routeText>]>([
    ['a stop word', { ...parent, body: 'TD' }, { to: 'subscription', command: 'cancel-all' }],
    [
      'a stop word in a conversation with a question open',
      {
        ...parent,
        body: '退订',
        extension: '7',
        addressedThread: parentIn(7),
        choices: 2,
        recentThreads: [parentIn(7)],
      },
      { to: 'subscription', command: 'cancel-all' },
    ],
    [
      'a stop word without children',
      { ...parent, body: 'QXJX', children: [] },
      { to: 'subscription', command: 'cancel' },
    ],
    [
      'a keyword to a thread',
      { ...parent, body: 'JX', extension: '7', addressedThread: parentIn(7) },
      { to: 'subscription', command: 'subscribe' },
    ],
    ['an order without children', { ...parent, body: 'JX', children: [] }, { to: 'help', why: 'no-children' }],
    ['an order by a stranger', { ...stranger, body: 'JX' }, { to: 'help', why: 'unknown-phone' }],
    ['a cancel by a stranger', { ...stranger, body: 'TD' }, { to: 'help', why: 'unknown-phone' }],
    ['a query', { ...parent, body: 'CX' }, { to: 'query' }],
    ['a query by a stranger', { ...stranger, body: 'CX' }, { to: 'help', why: 'unknown-phone' }],
    ['a mailbox text', { ...parent, body: 'BZR病了' }, { to: 'mailbox', studentId: 's1', body: '病了' }],
    [
      'a mailbox text of siblings',
      { ...parent, body: 'BZR病了', children: [one, sibling] },
      { to: 'mailbox', studentId: 's1', body: '病了' },
    ],
    [
      'a mailbox text that may be for two',
      { ...parent, body: 'BZR病了', children: [one, elsewhere] },
      { to: 'question', studentIds: ['s1', 's3'] },
    ],
    ['an empty mailbox text', { ...parent, body: 'BZR ' }, { to: 'help', why: 'empty' }],
    ['a mailbox text by a stranger', { ...stranger, body: 'BZR你好' }, { to: 'help', why: 'unknown-phone' }],
    ['a number that answers', { ...parent, body: '2', choices: 2 }, { to: 'choice', index: 1 }],
    ['a number beyond the choices', { ...parent, body: '3', choices: 2 }, { to: 'help', why: 'not-understood' }],
    ['zero', { ...parent, body: '0', choices: 2 }, { to: 'help', why: 'not-understood' }],
    [
      'a number nobody asked for',
      { ...parent, body: '1', recentThreads: [parentIn(7)] },
      { to: 'reply', ...parentIn(7) },
    ],
    [
      'a number to a thread',
      { ...parent, body: '1', choices: 2, extension: '7', addressedThread: parentIn(7) },
      { to: 'reply', ...parentIn(7) },
    ],
    [
      'a reply to the thread it names',
      { ...parent, extension: '7', addressedThread: parentIn(7), recentThreads: [parentIn(8)] },
      { to: 'reply', ...parentIn(7) },
    ],
    [
      "another's thread",
      { ...parent, extension: '9', recentThreads: [parentIn(8)] },
      { to: 'help', why: 'not-their-thread' },
    ],
    ["a stranger in another's thread", { ...stranger, extension: '9' }, { to: 'help', why: 'unknown-phone' }],
    ['the latest thread', { ...parent, recentThreads: [parentIn(8), parentIn(7)] }, { to: 'reply', ...parentIn(8) }],
    [
      'a teacher to the thread it names',
      { ...stranger, extension: '7', addressedThread: teacherIn(7) },
      { to: 'reply', ...teacherIn(7) },
    ],
    [
      'a teacher in one recent thread',
      { ...stranger, recentThreads: [teacherIn(7), teacherIn(7)] },
      { to: 'reply', ...teacherIn(7) },
    ],
    // The text could reach the wrong family.
    [
      'a teacher in two recent threads',
      { ...stranger, recentThreads: [teacherIn(7), teacherIn(8)] },
      { to: 'help', why: 'not-understood' },
    ],
    ['nothing that fits', parent, { to: 'help', why: 'not-understood' }],
    [
      'nothing at all',
      { ...parent, body: '\u3000', extension: '7', addressedThread: parentIn(7) },
      { to: 'help', why: 'empty' },
    ],
  ])('%s', (_, facts, route) => expect(routeText(facts)).toEqual(route));
});

describe('addresses', () => {
  it.each([
    ['10657099', '', undefined],
    ['10657099100001', '100001', 100001],
    ['10657099007', '007', undefined],
    ['106570991234567890123456', '1234567890123456', undefined],
    ['10657099+1', '+1', undefined],
    ['10086', undefined, undefined],
  ])('%s has the extension %j', (address, extension, thread) => {
    expect(extensionOf(address, '10657099')).toBe(extension);
    expect(threadOf(extension ?? '')).toBe(thread);
  });
});

describe('limits', () => {
  const hour = 3_600_000;
  const now = 100 * hour;
  it.each([
    [HELP_LIMITS, [], true],
    [HELP_LIMITS, [now - 1, now - 2], true],
    [HELP_LIMITS, [now - 1, now - 2, now - hour + 1], false],
    [HELP_LIMITS, [now - 1, now - 2, now - hour], true],
    [HELP_LIMITS, Array.from({ length: 10 }, (_, i) => now - (i + 1) * 2 * hour), false],
    [HELP_LIMITS, Array.from({ length: 9 }, (_, i) => now - (i + 1) * 2 * hour), true],
    [FORWARD_LIMITS, Array.from({ length: 20 }, () => now), false],
  ])('%j, earlier %j: %s', (limits, earlier, within) => expect(withinLimits(limits, earlier, now)).toBe(within));
});
