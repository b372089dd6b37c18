import { describe, expect, it } from 'vitest';
import { segmentsOf } from '../../workflows/domain/sms-text.ts';
import { TEXTS, type HelpReason, type TeacherHelp, type TextKey } from '../../workflows/domain/texts/index.ts';
import { halfWidthIn } from '../support/chinese.ts';

type Facts<Key extends TextKey> = Parameters<(typeof TEXTS)[Key]['zh']>[0];
/** What each text is made of in the usual case, and how it reads. */
type Usual = { [Key in TextKey]: [facts: Facts<Key>, zh: string] };

const BING = { name: '王小兵', className: '三年级一班' };
const HONG = { name: '王小红', className: '五年级二班' };
const at = Date.parse('2026-11-23T07:31:05+08:00');
const swipe = { school: '向阳小学', name: '王小兵', dir: 'in', at, now: at, zone: 'Etc/GMT-8' } as const;
const said = { school: '向阳小学', teacher: '李芳', children: [BING], shared: false };
const subscribe = { word: 'JX', shortCode: '10657099' };
const cancel = { word: 'QXJX', shortCode: '10657099' };
const eight = { zh: '每户每月8元', en: '8 yuan a month and household' };
const sold = { package: '家校互动', price: eight, chargedOn: { month: 11, day: 26 }, cancel };
const ten = { zh: '每月10元', en: '10 yuan a month' };
const order = { usual: '家校互动', subscribe };
const keywords = {
  subscribe: ['JX'],
  cancel: ['QXJX'],
  cancelFree: ['QXMF'],
  cancelAll: ['TD', '退订'],
  query: ['CX'],
  mailbox: ['BZR'],
};

const USUAL: Usual = {
  SWIPE: [swipe, '【向阳小学】您的孩子王小兵已于07:31到校。'],
  LATE_SWIPE: [
    { ...swipe, now: at + 3_600_000 },
    '【向阳小学】【迟到通知】您的孩子王小兵已于07:31到校。本通知晚到，请以文中时间为准。',
  ],
  CLASS_MESSAGE: [{ ...said, body: '明天带跳绳。' }, '【向阳小学】三年级一班李芳老师：明天带跳绳。'],
  TEACHERS_ANSWER: [{ ...said, body: '好的，请放心。' }, '【向阳小学】三年级一班李芳老师回复：“好的，请放心。”'],
  PARENTS_ANSWER: [{ children: [BING], body: '收到' }, '【家长回音】三年级一班王小兵家长：“收到”'],
  MAILBOX: [{ children: [BING], body: '他今天请假' }, '【班主任信箱】三年级一班王小兵家长：“他今天请假”'],
  MAILBOX_CONFIRMED: [
    { children: [BING] },
    '【校讯通】您的留言已转给三年级一班王小兵的班主任，老师的回复会发到您的手机。',
  ],
  STOP_QUESTION: [
    { stop: 'TD', passedOn: true },
    '【校讯通】您的短信已转给老师。要退订请回复TD。不退订则不必回复。本短信免费。',
  ],
  TEACHERS_HELP: [
    { why: 'several-threads' },
    '【校讯通】老师您好：近期有多位家长与您联系，无法确定您要回复哪一位，短信未转发。要回复某位家长，请直接回复载有该家长留言的那条短信。本短信免费。',
  ],
  WHICH_CHILD: [
    { children: [BING, HONG] },
    '【校讯通】您的留言转给哪个孩子的班主任？请在1小时内回复数字：1 三年级一班王小兵，2 五年级二班王小红。',
  ],
  STATUS: [
    { children: [{ name: '王小兵', passages: [{ time: '07:31', dir: 'in' }], homework: '背诵第5课' }] },
    '【校讯通】王小兵：今日07:31到校；最近作业：“背诵第5课”；最近成绩：暂无。',
  ],
  HELP: [
    { why: 'unknown-phone', keywords },
    '【校讯通】您的号码未在校讯通登记，未办理任何业务。请向孩子的班主任登记此号码，或咨询10086。' +
      '回复JX订制，QXJX退订，QXMF退订免费业务，TD全部退订，CX查询考勤作业成绩，BZR+内容给班主任留言。本短信免费。',
  ],
  SUBSCRIBED: [
    { ...sold, gifts: '平安短信、亲情电话' },
    '【校讯通】已为您订制家校互动，每户每月8元，11月26日起计费。免费赠送平安短信、亲情电话。发送QXJX到10657099退订。',
  ],
  CONSENT_ASKED: [
    { ...sold, subscribe },
    '【校讯通】有人为您申请订制家校互动，每户每月8元。同意请发送JX到10657099；不回复则不订制，不收费。',
  ],
  ALREADY_SUBSCRIBED: [
    sold,
    '【校讯通】您已是家校互动用户，每户每月8元，下次计费11月26日，无需重复订制。发送QXJX到10657099退订。',
  ],
  GIFTS_BACK: [
    { ...sold, gifts: '平安短信、亲情电话' },
    '【校讯通】您现有家校互动，每户每月8元，下次计费11月26日。免费的平安短信、亲情电话已为您恢复。发送QXJX到10657099退订。',
  ],
  CHANGES_NEXT_MONTH: [
    {
      ...{ month: 12, before: '家校互动', package: '家校互动+平安签到+亲情通话', cancel },
      ...{ price: ten, chargedOn: { month: 12, day: 1 } },
    },
    '【校讯通】您的套餐将从12月1日起由家校互动改为家校互动+平安签到+亲情通话，每月10元。发送QXJX到10657099退订。',
  ],
  RENEWED: [
    { ...sold, package: '家校互动（全年）', price: { zh: '每年40元', en: '40 yuan a year' }, month: 3 },
    '【校讯通】您的家校互动（全年）将从3月1日起续订，每年40元。发送QXJX到10657099退订。',
  ],
  CHANGE_TAKEN_BACK: [
    { ...sold, dropped: '家校互动+平安签到' },
    '【校讯通】已取消改订家校互动+平安签到，您继续使用家校互动，每户每月8元，下次计费11月26日。发送QXJX到10657099退订。',
  ],
  OFF_NET: [
    { package: '家校互动', carrier: '甘肃移动' },
    '【校讯通】订制未成功：家校互动仅限甘肃移动的手机号码使用。未订制，不收费。',
  ],
  UNKNOWN_PACKAGE: [order, '【校讯通】没有您指定的业务，未作任何更改。发送JX到10657099可订制家校互动。'],
  CANCELLED: [
    { package: '家校互动', along: '平安短信、亲情电话', returned: null, subscribe },
    '【校讯通】您已退订家校互动，同时退订平安短信、亲情电话。如需再次订制，请发送JX到10657099。',
  ],
  CANCELLED_BY_FAMILY: [
    { ended: '家校互动、平安短信', subscribe },
    '【校讯通】您付费的家校互动、平安短信已按您家人的手机的要求退订。如需再次订制，请发送JX到10657099。',
  ],
  CANCELLED_EARLIER: [
    { returned: { yuan: '8', collected: true } },
    '【校讯通】您的退订已按提出的时间登记，业务此前已停止，将退费8元。',
  ],
  FREE_CANCELLED: [{ services: '平安短信、亲情电话' }, '【校讯通】您已退订免费业务：平安短信、亲情电话。'],
  ORDERED_SINCE: [
    sold,
    '【校讯通】您在此之后又订制了家校互动，每户每月8元，下次计费11月26日，订制有效。发送QXJX到10657099退订。',
  ],
  CANCELLED_SINCE: [
    { ...order, package: '家校互动' },
    '【校讯通】您在此之后已退订，未订制家校互动，不收费。发送JX到10657099可订制家校互动。',
  ],
  NOT_SUBSCRIBED: [order, '【校讯通】您没有订制此业务，无需退订。发送JX到10657099可订制家校互动。'],
  NOT_AMONG_YOURS: [
    { ...sold, gone: '平安短信、亲情电话', subscribe },
    '【校讯通】您没有此项业务，无需退订。您现有家校互动，每户每月8元。' +
      '免费的平安短信、亲情电话已停用，发送JX到10657099即可恢复。发送QXJX到10657099退订。',
  ],
  YEAR_OVER: [
    { ...order, ended: '家校互动（全年）' },
    '【校讯通】您订制的家校互动（全年）已满十二个月，服务到期停止，不再收费。如需继续，请发送JX到10657099订制家校互动。',
  ],
  NOTICE_2: [
    { school: '向阳小学', children: [BING], days: 7 },
    '【校讯通】向阳小学三年级一班王小兵：尊敬的家长，校讯通试用期已经结束，感谢您的参与和支持。' +
      '为能继续为您提供孩子的成长信息，敬请您于7日内以书面或短信方式确认定制与否。',
  ],
  NOTICE_QUESTION: [
    { package: '家校互动', price: { zh: '每月5元', en: '5 yuan a month' } },
    '【校讯通】请问您是否订制家校互动（每月5元）？订制请回复1或“同意”，不订制请回复2或“不同意”。不答复即不订制，不收费。本短信免费。',
  ],
  CONFIRMED_EARLY: [
    {
      package: '家校互动',
      price: { zh: '每月5元', en: '5 yuan a month' },
      month: 3,
      day: 15,
      chargedOn: { month: 3, day: 18 },
    },
    '【校讯通】感谢您确认订制家校互动，每月5元。试用到3月15日，在此之前免费，3月18日起计费。',
  ],
  DECLINED: [
    { subscribe },
    '【校讯通】已按您的意愿不订制校讯通，不收取任何费用，免费试用同时结束。如需订制，请发送JX到10657099。',
  ],
  SLIP_YES: [
    { package: '家校互动', price: eight, cancel, free: { month: 3, day: 15 }, chargedOn: { month: 3, day: 18 } },
    '【校讯通】您签字的回执已登记：订制家校互动，每户每月8元。试用到3月15日，在此之前免费，3月18日起计费。' +
      '如非本人意愿，请发送QXJX到10657099退订。',
  ],
  SLIP_NO: [
    { subscribe },
    '【校讯通】您签字的回执已登记：不订制校讯通，不收取任何费用，免费试用同时结束。如需订制，请发送JX到10657099。',
  ],
  SLIP_STOPPED: [
    { package: '家校互动', subscribe },
    '【校讯通】您签字的回执已登记，但您另有退订或不订制的答复，未订制家校互动，不收费。如需订制，请发送JX到10657099。',
  ],
  SLIP_ORDERED_SINCE: [
    { cancel },
    '【校讯通】您签字的回执已登记，但您在此之后又确认了订制，订制有效。发送QXJX到10657099退订。',
  ],
};

const DOCUMENT = `# Every text to a phone

What is sent is Chinese; the English beneath is for who reads along. Each as it reads in the usual case, out of
\`workflows/domain/texts/\`; written by \`vitest run test/unit/texts.test.ts -u\`.
`;

const KEYS = Object.keys(USUAL) as TextKey[];

/** An entry without what it needs told to the compiler, whom the table above has satisfied already. */
function entryOf(key: TextKey) {
  const { to, segments, zh, en } = TEXTS[key];
  return { to, segments, zh: zh as (facts: unknown) => string, en: en as (facts: unknown) => string };
}

describe.each(KEYS)('the text %s', (key) => {
  const [facts, expected] = USUAL[key];
  const { to, segments, zh, en } = entryOf(key);

  it('reads so', () => {
    expect(zh(facts)).toBe(expected);
  });

  it('takes as many segments as it says', () => {
    expect(segmentsOf(zh(facts))).toBe(segments);
  });

  it('says from whom it is, in front', () => {
    expect(zh(facts)).toMatch(to === 'family' ? /^【(?:校讯通|向阳小学)】/ : /^【[^】]+】/);
  });

  it('has no half-width punctuation beside hanzi', () => {
    expect(halfWidthIn(zh(facts))).toEqual([]);
  });

  it('is told in English beside', () => {
    const english = en(facts);
    expect(english).toMatch(/^[\p{Script=Han}\p{ASCII}’、，。（）]{20,}$/u);
    expect(english.match(/[a-z]{2,}/g)!.length).toBeGreaterThanOrEqual(3);
  });
});

it('are all in docs/texts.md, as they read in the usual case', async () => {
  const entries = KEYS.map((key) => {
    const [facts] = USUAL[key];
    const { to, segments, zh, en } = entryOf(key);
    const size = `${segments} ${segments === 1 ? 'segment' : 'segments'}`;
    return `## ${key}\n\nTo a ${to}, ${size}.\n\n> ${zh(facts)}\n\n${en(facts)}\n`;
  });
  await expect([DOCUMENT, ...entries].join('\n')).toMatchFileSnapshot('../../docs/texts.md');
});

describe('a teacher’s text', () => {
  const from = (children: (typeof BING)[], shared: boolean, teacher = '李芳') =>
    TEXTS.CLASS_MESSAGE.zh({ school: '向阳小学', teacher, children, shared, body: '背诵第5课' });

  it.each([
    [
      'names the child where the phone has another',
      [BING],
      true,
      '【向阳小学】三年级一班李芳老师（王小兵家长）：背诵第5课',
    ],
    [
      'names both of one class',
      [BING, { ...HONG, className: '三年级一班' }],
      true,
      '【向阳小学】三年级一班李芳老师（王小兵、王小红家长）：背诵第5课',
    ],
    [
      'names both with their classes',
      [BING, HONG],
      true,
      '【向阳小学】李芳老师（三年级一班王小兵、五年级二班王小红家长）：背诵第5课',
    ],
    ['is of the school alone where the child has left it', [], true, '【向阳小学】李芳老师：背诵第5课'],
  ])('%s', (_name, children, shared, text) => {
    expect(from(children, shared)).toBe(text);
  });

  it('is the school’s where its principal speaks', () => {
    const notice = { school: '向阳小学', teacher: null, shared: false, body: '明天放假' };
    expect(TEXTS.CLASS_MESSAGE.zh({ ...notice, children: [BING] })).toBe('【向阳小学】学校通知：明天放假');
    expect(TEXTS.CLASS_MESSAGE.zh({ ...notice, children: [BING, HONG], shared: true })).toBe(
      '【向阳小学】学校通知（三年级一班王小兵、五年级二班王小红家长）：明天放假',
    );
  });

  it.each(['王校长', '李老师', '赵主任'])('leaves %s the title he has', (teacher) => {
    expect(from([BING], false, teacher)).toBe(`【向阳小学】三年级一班${teacher}：背诵第5课`);
  });
});

describe('a swipe', () => {
  const midnight = Date.parse('2026-11-24T00:00:00+08:00');

  it.each([
    ['out', { ...swipe, dir: 'out' as const }, '您的孩子王小兵已于07:31离校。'],
    ['of an hour ago has no date', { ...swipe, now: at + 3_600_000 }, '您的孩子王小兵已于07:31到校。'],
    [
      'of the day before has its date, were it a second ago',
      { ...swipe, at: midnight - 1000, now: midnight },
      '您的孩子王小兵已于11月23日23:59到校。',
    ],
  ])('%s', (_name, facts, text) => {
    expect(TEXTS.SWIPE.zh(facts)).toBe(`【向阳小学】${text}`);
  });
});

describe('a teacher’s help', () => {
  const all: TeacherHelp[] = [
    ...(['subscribe', 'stop', 'query', 'mailbox'] as const),
    ...(['empty', 'not-their-thread', 'several-threads', 'no-thread'] as const),
  ];
  it.each(all)('for %s is in words of their own', (why) => {
    const text = TEXTS.TEACHERS_HELP.zh({ why });
    expect(text).not.toMatch(/登记此号码|回复JX/);
    expect(halfWidthIn(text)).toEqual([]);
    expect(segmentsOf(text)).toBeLessThanOrEqual(TEXTS.TEACHERS_HELP.segments);
    expect(TEXTS.TEACHERS_HELP.en({ why })).not.toMatch(/\p{Script=Han}/u);
  });
});

describe('a mailbox text that may be a stop', () => {
  it('is confirmed with the word that is one', () => {
    expect(TEXTS.MAILBOX_CONFIRMED.zh({ children: [BING], stop: 'TD' })).toMatch(/已转给.*要退订请回复TD。$/);
  });
});

describe('help', () => {
  const all: Record<HelpReason, string> = {
    'unknown-phone': '您的号码未在校讯通登记，未办理任何业务。',
    'no-children': '您的号码下没有登记的学生，未办理任何业务。',
    empty: '请在BZR后写上要说的话。',
    'not-their-thread': '这次会话已结束，短信未转发。',
    'not-understood': '抱歉，未能识别您的短信。',
  };

  it.each(Object.entries(all) as [HelpReason, string][])('for %s says first what went wrong', (why, first) => {
    const text = TEXTS.HELP.zh({ why, keywords });
    expect(text.startsWith(`【校讯通】${first}`)).toBe(true);
    expect(halfWidthIn(text)).toEqual([]);
    expect(segmentsOf(text)).toBeLessThanOrEqual(TEXTS.HELP.segments);
    expect(TEXTS.HELP.en({ why, keywords })).not.toMatch(/\p{Script=Han}/u);
  });

  it('teaches the words that the profile has', () => {
    expect(TEXTS.HELP.zh({ why: 'empty', keywords: { ...keywords, mailbox: ['ZZ'], subscribe: ['KT'] } })).toMatch(
      /请在ZZ后.*KT订制.*ZZ\+内容/,
    );
  });
});
