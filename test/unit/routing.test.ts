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
  knownTeacher: false,
  children: [one],
  choices: undefined,
  offered: false,
  addressedThread: undefined,
  recentThreads: [],
};
const stranger = { ...parent, knownGuardian: false, children: [] };
const teacher = { ...stranger, knownTeacher: true };
const teacherAndParent = { ...parent, knownTeacher: true };
const onTrial = { ...parent, trial: { asked: true, texted: true, numbered: false } };

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
    ['a mailbox text', { ...parent, body: 'BZR病了' }, { to: 'mailbox', studentIds: ['s1'], body: '病了' }],
    [
      'a mailbox text of siblings',
      { ...parent, body: 'BZR病了', children: [one, sibling] },
      { to: 'mailbox', studentIds: ['s1', 's2'], body: '病了' },
    ],
    [
      'a mailbox text that may be for two',
      { ...parent, body: 'BZR病了', children: [one, elsewhere] },
      { to: 'which-child', studentIds: ['s1', 's3'] },
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
      { ...teacher, extension: '7', addressedThread: teacherIn(7) },
      { to: 'reply', ...teacherIn(7) },
    ],
    [
      'a teacher in one recent thread',
      { ...teacher, recentThreads: [teacherIn(7), teacherIn(7)] },
      { to: 'reply', ...teacherIn(7) },
    ],
    // The text could reach the wrong family.
    [
      'a teacher in two recent threads',
      { ...teacher, recentThreads: [teacherIn(7), teacherIn(8)] },
      { to: 'teachers-help', why: 'several-threads' },
    ],
    ['nothing that fits', parent, { to: 'help', why: 'not-understood' }],
    [
      'nothing at all',
      { ...parent, body: '\u3000', extension: '7', addressedThread: parentIn(7) },
      { to: 'help', why: 'empty' },
    ],
    ['what nobody can see', { ...parent, body: '\u202e\u200b' }, { to: 'help', why: 'empty' }],
    ['a mailbox text that nobody can see', { ...parent, body: 'BZR\u202e\u200b' }, { to: 'help', why: 'empty' }],
  ])('%s', (_, facts, route) => expect(routeText(facts)).toEqual(route));
});

describe('a stop in the parent’s own words', () => {
  const inThread = { extension: '7', addressedThread: parentIn(7), recentThreads: [parentIn(7)] };
  it.each<[string, RoutingFacts, ReturnType<typeof routeText>]>([
    ['ends the service', { ...parent, body: '我要退订，谢谢' }, { to: 'subscription', command: 'cancel-all' }],
    [
      'ends it in a conversation',
      { ...parent, body: '退訂。', ...inThread },
      { to: 'subscription', command: 'cancel-all' },
    ],
    ['is asked where it is doubtful', { ...parent, body: '怎么退订？' }, { to: 'question', ask: 'stop' }],
    [
      'is asked and passed on in a conversation',
      { ...parent, body: '怎么退订？', ...inThread },
      { to: 'reply', ...parentIn(7), ask: 'stop' },
    ],
    [
      'is asked and passed on to the latest thread',
      { ...parent, body: '怎么退订？', recentThreads: [parentIn(8)] },
      { to: 'reply', ...parentIn(8), ask: 'stop' },
    ],
    [
      'that is none goes to the teacher alone',
      { ...parent, body: '老师让他停止玩手机', ...inThread },
      { to: 'reply', ...parentIn(7) },
    ],
    [
      'is asked in a conversation that is over',
      { ...parent, body: '怎么退订？', extension: '9' },
      { to: 'question', ask: 'stop' },
    ],
    ['of a stranger gets help', { ...stranger, body: '怎么退订？' }, { to: 'help', why: 'unknown-phone' }],
    [
      'is not for families they teach',
      { ...teacherAndParent, body: '怎么退订？', recentThreads: [teacherIn(8)] },
      { to: 'question', ask: 'stop' },
    ],
    [
      'of a teacher in a conversation is for the family',
      { ...teacher, body: '退订请发TD', extension: '7', addressedThread: teacherIn(7) },
      { to: 'reply', ...teacherIn(7) },
    ],
  ])('%s', (_, facts, route) => expect(routeText(facts)).toEqual(route));
});

describe('what a teacher texts', () => {
  it.each<[string, RoutingFacts, ReturnType<typeof routeText>]>([
    ['JX', { ...teacher, body: 'JX' }, { to: 'teachers-help', why: 'subscribe' }],
    ['TD', { ...teacher, body: 'TD' }, { to: 'teachers-help', why: 'stop' }],
    ['QXJX', { ...teacher, body: 'QXJX' }, { to: 'teachers-help', why: 'stop' }],
    ['QXMF', { ...teacher, body: 'QXMF' }, { to: 'teachers-help', why: 'stop' }],
    ['我要退订', { ...teacher, body: '我要退订' }, { to: 'teachers-help', why: 'stop' }],
    ['CX', { ...teacher, body: 'CX' }, { to: 'teachers-help', why: 'query' }],
    ['BZR', { ...teacher, body: 'BZR你好' }, { to: 'teachers-help', why: 'mailbox' }],
    ['nothing', { ...teacher, body: ' ' }, { to: 'teachers-help', why: 'empty' }],
    ['a closed thread', { ...teacher, extension: '7' }, { to: 'teachers-help', why: 'not-their-thread' }],
    ['nobody’s', teacher, { to: 'teachers-help', why: 'no-thread' }],
    // A parent in all that is a parent's.
    ['JX of a parent', { ...teacherAndParent, body: 'JX' }, { to: 'subscription', command: 'subscribe' }],
    ['TD of a parent', { ...teacherAndParent, body: 'TD' }, { to: 'subscription', command: 'cancel-all' }],
    ['CX of a parent', { ...teacherAndParent, body: 'CX' }, { to: 'query' }],
    ['BZR of a parent', { ...teacherAndParent, body: 'BZR你好' }, { to: 'mailbox', studentIds: ['s1'], body: '你好' }],
    ['nothing of a parent', { ...teacherAndParent, body: ' ' }, { to: 'help', why: 'empty' }],
    ['nobody’s of a parent', teacherAndParent, { to: 'help', why: 'not-understood' }],
    [
      'several threads of a parent',
      { ...teacherAndParent, recentThreads: [teacherIn(7), parentIn(8)] },
      { to: 'teachers-help', why: 'several-threads' },
    ],
  ])('%s', (_, facts, route) => expect(routeText(facts)).toEqual(route));
});

describe('an answer to the notice', () => {
  const thread = { recentThreads: [parentIn(7)] };
  it.each<[string, RoutingFacts, ReturnType<typeof routeText>]>([
    ['a yes', { ...onTrial, body: '同意，谢谢', ...thread }, { to: 'trial', answer: 'yes' }],
    ['a no', { ...onTrial, body: '不需要', ...thread }, { to: 'trial', answer: 'no' }],
    ['a doubtful one', { ...onTrial, body: '好的' }, { to: 'question', ask: 'notice' }],
    [
      'a doubtful one with a thread',
      { ...onTrial, body: '好的', ...thread },
      { to: 'reply', ...parentIn(7), ask: 'notice' },
    ],
    ['a number nobody offered', { ...onTrial, body: '1' }, { to: 'question', ask: 'notice' }],
    [
      'a number that was offered',
      { ...onTrial, trial: { ...onTrial.trial, numbered: true }, body: '2' },
      { to: 'trial', answer: 'no' },
    ],
    ['a number for another question', { ...onTrial, body: '1', choices: 2 }, { to: 'choice', index: 0 }],
    ['a stop', { ...onTrial, body: '退订' }, { to: 'subscription', command: 'cancel-all' }],
    ['something else', { ...onTrial, body: '孩子今天发烧，请假一天', ...thread }, { to: 'reply', ...parentIn(7) }],
    [
      'a doubtful one before a text asked',
      { ...onTrial, trial: { ...onTrial.trial, texted: false }, body: '好的', ...thread },
      { to: 'reply', ...parentIn(7) },
    ],
    ['a yes to somebody else’s order', { ...parent, offered: true, body: '同意' }, { to: 'question', ask: 'consent' }],
    [
      'a no to somebody else’s order',
      { ...parent, offered: true, body: '不同意', ...thread },
      { to: 'reply', ...parentIn(7), ask: 'consent' },
    ],
    [
      'what only acknowledges, while an order waits',
      { ...parent, offered: true, body: '收到', ...thread },
      { to: 'reply', ...parentIn(7) },
    ],
    ['a yes that nobody asked for', { ...parent, body: '同意', ...thread }, { to: 'reply', ...parentIn(7) }],
    [
      'a yes to the teacher',
      { ...onTrial, body: '同意', extension: '7', addressedThread: parentIn(7) },
      { to: 'reply', ...parentIn(7) },
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
