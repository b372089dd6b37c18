import { describe, expect, it } from 'vitest';
import { noticeAnswer } from '../../workflows/domain/notice-answer.ts';
import { TEXTS } from '../../workflows/domain/texts/index.ts';
import { ABOUT_SOMETHING_ELSE, DOUBTFUL, NO, YES } from '../support/notice-table.ts';

/** The texts of a table that are not read as they should be. */
const misread = (texts: string[], as: ReturnType<typeof noticeAnswer>) =>
  texts.filter((text) => noticeAnswer(text) !== as).map((text) => `${text}: ${noticeAnswer(text)}`);

describe('an answer to the fee notice', () => {
  it.each([
    ['yes', YES],
    ['no', NO],
    // It would be a guess, and a guessed yes is billed.
    ['doubtful', DOUBTFUL],
    [undefined, ABOUT_SOMETHING_ELSE],
  ] as const)('%s', (as, texts) => expect(misread(texts, as)).toEqual([]));

  it('by the numbers it was offered', () => {
    expect(['1', '２', '①', '2。', '“1”'].map((text) => noticeAnswer(text, true))).toEqual([
      'yes',
      'no',
      'yes',
      'no',
      'yes',
    ]);
    expect(noticeAnswer('3', true)).toBeUndefined();
  });

  it('is asked again in words that are answers', () => {
    const text = TEXTS.NOTICE_QUESTION.zh({ package: '家校互动', price: { zh: '每月5元', en: '5 yuan a month' } });
    const offered = [...text.matchAll(/回复(\d)或“(.+?)”/g)].map(([, number, words]) => [number!, words!]);
    expect(offered.map((ways) => ways.map((said) => noticeAnswer(said, true)))).toEqual([
      ['yes', 'yes'],
      ['no', 'no'],
    ]);
  });
});
