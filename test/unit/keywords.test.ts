import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { choiceNumber, matchKeyword, normaliseText } from '../../workflows/domain/keywords.ts';

const { keywords } = loadCarriers().profile('gansu');

describe('normalising', () => {
  it.each([
    ['JX', 'jx'],
    ['\uff2a\uff38', 'jx'],
    ['\u3000 jX\u3000\n', 'jx'],
    ['\uff31\uff58mf', 'qxmf'],
    ['\uff01\uff5e', ''],
    ['退订', '退订'],
    ['\u3000', ''],
    ['\uff11\uff12\uff13', '123'],
    // At both ends: quotes, punctuation, emoji, what nobody sees.
    ['“JX”。', 'jx'],
    ['《QXJX》!', 'qxjx'],
    ['😀JX🙏🏽', 'jx'],
    ['\u202eJX\u200b\ufeff', 'jx'],
    ['1\ufe0f\u20e3', '1'],
    // Between letters: spaces and what nobody sees.
    ['J X', 'jx'],
    ['退\u3000\u200b订', '退订'],
    // But no punctuation.
    ['J,X', 'j,x'],
    ['取消訂製', '取消订制'],
    ['ⓙⓧ', 'jx'],
    ['Tuìdìng', 'tuiding'],
  ])('%j is %j', (text, normal) => expect(normaliseText(text)).toBe(normal));
});

describe('keywords', () => {
  it.each([
    ['JX', { keyword: 'subscribe' }],
    [' jx ', { keyword: 'subscribe' }],
    ['\uff4a\uff38\u3000', { keyword: 'subscribe' }],
    ['QXJX', { keyword: 'cancel' }],
    ['qxmf', { keyword: 'cancel-free' }],
    ['TD', { keyword: 'cancel-all' }],
    ['\uff34\uff24', { keyword: 'cancel-all' }],
    ['退订', { keyword: 'cancel-all' }],
    ['Stop', { keyword: 'cancel-all' }],
    ['CX', { keyword: 'query' }],
    ['BZR', { keyword: 'mailbox', body: '' }],
    ['BZR\u3000', { keyword: 'mailbox', body: '' }],
    ['BZR孩子Sick', { keyword: 'mailbox', body: '孩子Sick' }],
    ['bzr\uff1a今天请假\uff0c谢谢', { keyword: 'mailbox', body: '今天请假\uff0c谢谢' }],
    ['\uff22\uff3a\uff32你好', { keyword: 'mailbox', body: '你好' }],
    ['  BZR 1\n2', { keyword: 'mailbox', body: '1\n2' }],
    ['“BZR”孩子病了。', { keyword: 'mailbox', body: '孩子病了。' }],
    ['B Z R 孩子病了', { keyword: 'mailbox', body: '孩子病了' }],
    ['BZR+《课文》读了', { keyword: 'mailbox', body: '《课文》读了' }],
    ['BZR。', { keyword: 'mailbox', body: '' }],
    ['JX。', { keyword: 'subscribe' }],
    ['“QXMF”', { keyword: 'cancel-free' }],
    ['QX JX!', { keyword: 'cancel' }],
    ['TD\u200b', { keyword: 'cancel-all' }],
    ['退訂！', { keyword: 'cancel-all' }],
    ['。。。', undefined],
    // Exact ones match nothing longer, and the mailbox nothing before it.
    ['JX谢谢', undefined],
    ['我要退订', undefined],
    ['STOPPED', undefined],
    ['请转BZR', undefined],
    ['BZ', undefined],
    ['', undefined],
  ])('%j means %j', (text, match) => expect(matchKeyword(keywords, text)).toEqual(match));

  it("takes another carrier's own words", () => {
    const own = { ...keywords, subscribe: ['开通'], mailbox: ['找老师'] };
    expect(matchKeyword(own, '开通')).toEqual({ keyword: 'subscribe' });
    expect(matchKeyword(own, 'JX')).toBeUndefined();
    expect(matchKeyword(own, '找老师 你好')).toEqual({ keyword: 'mailbox', body: '你好' });
  });

  it('stops before anything else where words collide', () => {
    expect(matchKeyword({ ...keywords, subscribe: ['TD'], query: ['TD'] }, 'TD')).toEqual({ keyword: 'cancel-all' });
  });
});

describe('anything a phone can send', () => {
  const fullWidth = (text: string) =>
    text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0));
  const dressed = (word: string) =>
    fc
      .tuple(
        fc.array(fc.constantFrom(' ', '\u3000', '\n', '\t')),
        fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: word.length, maxLength: word.length }),
      )
      .map(([space, ways]) => {
        const letters = [...word].map((letter, i) => {
          const cased = ways[i]![0] ? letter.toLowerCase() : letter;
          return ways[i]![1] ? fullWidth(cased) : cased;
        });
        return space.join('') + letters.join('') + space.join('');
      });

  it.each(keywords.cancelAll)('%s stops however it is typed', (word) => {
    fc.assert(
      fc.property(dressed(word), (text) => {
        expect(matchKeyword(keywords, text)).toEqual({ keyword: 'cancel-all' });
      }),
    );
  });

  it('is read without fault, and a mailbox text ends as it was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const match = matchKeyword(keywords, `BZR${text}`);
        expect(match?.keyword === 'mailbox' && text.trim().endsWith(match.body)).toBe(true);
        matchKeyword(keywords, text);
        choiceNumber(text);
      }),
    );
  });
});

describe('numbers that answer a question', () => {
  it.each([
    ['1', 1],
    ['\uff12', 2],
    [' 2。', 2],
    ['12.', 12],
    ['0', 0],
    ['123', undefined],
    ['1号', undefined],
    ['-1', 1],
    ['（1）', 1],
    ['②', 2],
    ['1.5', undefined],
    ['', undefined],
  ])('%j is %j', (text, number) => expect(choiceNumber(text)).toBe(number));
});
