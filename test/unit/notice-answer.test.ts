import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { noticeAnswer } from '../../workflows/domain/notice-answer.ts';
import { noticeQuestion } from '../../workflows/domain/notices.ts';
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

  it.each(['gansu', 'shanxi'])('of %s is asked again with package, price and the words to use', (carrier) => {
    const text = noticeQuestion(loadCarriers().profile(carrier));
    expect(text).toMatch(/家校互动（\d元\/月.*回复1或“同意”.*回复2或“不同意”.*不收费/);
    expect(text).not.toMatch(/[,:?!]/);
    expect(['1', '同意'].map((said) => noticeAnswer(said, true))).toEqual(['yes', 'yes']);
  });
});
