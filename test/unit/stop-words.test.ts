import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { matchKeyword } from '../../workflows/domain/keywords.ts';
import { readStop } from '../../workflows/domain/stop-words.ts';
import { OTHERS, STOPS } from '../support/stop-table.ts';

const { keywords } = loadCarriers().profile('gansu');

/** What becomes of a parent's text: a code or a stop ends the service, a doubtful one is asked. */
function readingOf(text: string): 'stopped' | 'asked' | 'missed' {
  if (matchKeyword(keywords, text)?.keyword.startsWith('cancel')) return 'stopped';
  const reading = readStop(keywords, text);
  return reading === 'stop' ? 'stopped' : reading === 'doubtful' ? 'asked' : 'missed';
}

const counted = (texts: readonly string[]) =>
  texts.reduce((counts, text) => ({ ...counts, [readingOf(text)]: counts[readingOf(text)] + 1 }), {
    stopped: 0,
    asked: 0,
    missed: 0,
  });

describe('a stop in people’s own words', () => {
  it('ends the service of 251 in 373, is asked of 110, and missed of 12', () => {
    expect(new Set(STOPS).size).toBe(STOPS.length);
    expect(counted(STOPS)).toEqual({ stopped: 251, asked: 110, missed: 12 });
  });

  it('is never made of what is none; a few of those are asked', () => {
    expect(new Set(OTHERS).size).toBe(OTHERS.length);
    expect(OTHERS.filter((text) => readingOf(text) === 'stopped')).toEqual([]);
    expect(counted(OTHERS)).toMatchObject({ asked: 12 });
  });

  it('is read alike in quotes, with emoji, as full-width letters, and with what nobody sees in it', () => {
    const dressed = (text: string) => [`“${text}”！🙏`, `\u202e${[...text].join('\u200b')}`, text.toUpperCase()];
    const changed = STOPS.filter((text) => dressed(text).some((each) => readingOf(each) !== readingOf(text)));
    expect(changed).toEqual([]);
  });

  it.each(['退订平安短信', '取消亲情电话', '把平安短信停掉'])('is asked where it is of a part: %s', (text) =>
    expect(readingOf(text)).toBe('asked'),
  );

  // Of what parents mostly say to teachers: help, where nobody else is meant, names the stop word.
  it.each(['不要了', '不用了谢谢', '我不需要'])('is not made of %s', (text) => expect(readingOf(text)).toBe('missed'));
});

describe('by a carrier’s own words', () => {
  const own = {
    ...keywords,
    cancelAll: ['停'],
    cancel: ['QXDZ'],
    cancelFree: ['QXFREE'],
    stop: { words: [], names: [], parts: [] },
  };
  it.each([
    ['我要停，谢谢', 'stop'],
    ['雨停了', undefined],
    ['退订', undefined],
    ['我要QXDZ', 'doubtful'],
    ['取消短信', 'doubtful'],
  ])('%s: %s', (text, reading) => expect(readStop(own, text)).toBe(reading));
});

describe('a text of any length', () => {
  it.each(['请您', '不要给我', '退订谢谢', '取消这个', '!', '校讯通停', '[校'])('of %s is read at once', (piece) => {
    const text = piece.repeat(39_000 / piece.length);
    const begun = performance.now();
    matchKeyword(keywords, `a${text}a`);
    readStop(keywords, text);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
