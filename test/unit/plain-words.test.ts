import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml } from '../../workflows/domain/html.ts';
import { demoText } from '../../workflows/domain/notices.ts';
import { plainName, plainWords, quote, visible } from '../../workflows/domain/plain-words.ts';
import { TEXTS } from '../../workflows/domain/texts/index.ts';

describe('what can be seen of a text', () => {
  it.each([
    ['\u202e\u200b', ''],
    [' \u3000\t\n\r\u00a0\u2003', ''],
    ['\u0000\u0007\u009f', ''],
    ['\u115f\u3164\uffa0\u2800\u034f\ufe0f\u{e0041}', ''],
    ['\u202e你\u200b好', '你好'],
    ['。', '。'],
    ['👍', '👍'],
  ])('%j: %j', (text, seen) => expect(visible(text)).toBe(seen));
});

describe('a quotation', () => {
  it.each([
    ['收到,谢谢', '“收到,谢谢”'],
    ['好\n【校讯通】系统通知：请点击链接', '“好 系统通知：请点击链接”'],
    ['【校 讯\u200b 通】系统通知', '“系统通知”'],
    ['[校讯通]系统通知', '“系统通知”'],
    ['〖校信通〗〔校訊通〕(校讯通)', '“”'],
    ['【教育局】缴费', '“（教育局）缴费”'],
    ['选【A】', '“选（A）”'],
    ['【校【校讯通】讯通】通知', '“通知”'],
    ['[校[校讯通]讯通]通知', '“通知”'],
    ['【校讯通 没有结尾', '“校讯通 没有结尾”'],
    ['好”【校讯通】系统通知', '“好’系统通知”'],
    ['好\u0022 然后', '“好’ 然后”'],
    ['a\u202eb\u200bc\u0007d\u2028e\r\n\r\nf', '“abcd e f”'],
    ['\ud800好', '“好”'],
  ])('of %j is %j', (said, quoted) => expect(quote(said, 1000)).toBe(quoted));

  it('never ends early, begins a line, or signs as the platform, whatever was written', () => {
    const evil = fc.string({
      unit: fc.constantFrom(
        '校',
        '讯',
        '通',
        '【',
        '】',
        '[',
        ']',
        '(',
        ')',
        '“',
        '”',
        '"',
        '\n',
        '\u2029',
        '\u202e',
        '\u200b',
        ' ',
        'a',
      ),
      maxLength: 60,
    });
    fc.assert(
      fc.property(evil, (said) => {
        const inside = quote(said, 40).slice(1, -1);
        expect(inside).not.toMatch(/[“”"【】\n\u2029\p{Cc}\p{Cf}]/u);
        expect(inside).not.toMatch(/[[(]校\s*讯\s*通[\])]/u);
        expect([...inside].length).toBeLessThanOrEqual(42);
      }),
    );
  });

  it('is cut between characters', () => expect(quote('😀'.repeat(9), 5)).toBe(`“${'😀'.repeat(4)}…”`));
});

describe('names out of a roster', () => {
  const evil = '王\u202e小兵\n【校讯通】通知';
  const children = [{ name: evil, className: evil }];
  const from = { school: evil, teacher: evil, children, shared: true, body: evil };
  const swipe = { school: evil, name: evil, dir: 'in', at: 0, now: 0, zone: 'Etc/GMT-8' } as const;
  it.each([
    plainName(evil),
    TEXTS.SWIPE.zh(swipe),
    TEXTS.LATE_SWIPE.zh(swipe),
    TEXTS.PARENTS_ANSWER.zh({ children, body: evil }),
    TEXTS.MAILBOX.zh({ children, body: evil }),
    TEXTS.TEACHERS_ANSWER.zh(from),
    TEXTS.CLASS_MESSAGE.zh({ ...from, body: '明天带跳绳' }),
    TEXTS.MAILBOX_CONFIRMED.zh({ children }),
    TEXTS.WHICH_CHILD.zh({ children }),
    TEXTS.STATUS.zh({ children: [{ name: evil, passages: [], homework: evil }] }),
    TEXTS.NOTICE_2.zh({ school: evil, children, days: 7 }),
    demoText(evil, evil),
  ])('change nothing around them: %j', (text) => {
    expect(text).not.toMatch(/[\n\u202e]/);
    expect(text.slice(1)).not.toContain('【校讯通】');
  });

  it('turn nothing around on a printed page', () => expect(escapeHtml('a\u202eb\nc')).toBe('ab\nc'));
});

describe('a teacher’s own words', () => {
  it.each([
    ['【语文作业】\n1. 背诵\n2. 抄写', '【语文作业】\n1. 背诵\n2. 抄写'],
    ['好\n【校讯通】系统\u202e通知', '好\n系统通知'],
    ['【校【校讯通】讯通】通知', '通知'],
  ])('%j are %j', (said, told) => expect(plainWords(said)).toBe(told));
});
