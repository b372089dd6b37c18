import { describe, expect, it } from 'vitest';
import { heed, standsAfter, type FamilyWord, type SaidAnswer } from '../../workflows/domain/trial-answer.ts';

const NOBODY: FamilyWord = {
  answer: null,
  answeredAt: null,
  package: null,
  requestId: null,
  slip: null,
  signedOn: null,
  hasEnded: false,
  stoppedAt: null,
};
const YES: FamilyWord = { ...NOBODY, answer: 'yes', answeredAt: 5, package: 'basic', requestId: 'first' };
const NO: FamilyWord = { ...YES, answer: 'no', hasEnded: true };
const DATED: FamilyWord = { ...YES, slip: 'A-1', signedOn: '2026-03-05' };
const UNDATED: FamilyWord = { ...YES, slip: 'A-1' };

const said = (answer: 'yes' | 'no', at: number, how: Partial<SaidAnswer> = {}): SaidAnswer => ({
  ...{ answer, at, byText: false, package: 'basic', requestId: 'second', slip: null, signedOn: null },
  ...how,
});
const text = { byText: true };
const undated = { slip: 'A-2' };
const dated = { slip: 'A-2', signedOn: '2026-03-05' };

describe('an answer to the fee notices', () => {
  it.each<[string, FamilyWord, SaidAnswer, ReturnType<typeof heed>]>([
    ['the first yes', NOBODY, said('yes', 1, text), 'replaces'],
    ['the first no', NOBODY, said('no', 1), 'replaces'],
    ['the same request again', YES, said('no', 9, { requestId: 'first' }), 'nothing'],
    ['a later no', YES, said('no', 6), 'replaces'],
    ['an earlier no, heard later', YES, said('no', 4), 'nothing'],
    ['a no at the same instant', YES, said('no', 5), 'replaces'],
    ['a yes at the instant of a no', NO, said('yes', 5), 'nothing'],
    ['a later yes', NO, said('yes', 6, text), 'replaces'],
    ['a text yes after a yes', YES, said('yes', 6, text), 'later'],
    ['which names no package', { ...YES, package: 'more' }, said('yes', 6, text), 'later'],
    ['one that is earlier', YES, said('yes', 4, text), 'nothing'],
    ['one after the service was given up', { ...YES, hasEnded: true }, said('yes', 6, text), 'replaces'],
    ['another package on the web', YES, said('yes', 6, { package: 'more' }), 'replaces'],
    ['the same on the web', YES, said('yes', 6), 'nothing'],
    ['an earlier one of another package', YES, said('yes', 4, { package: 'more' }), 'nothing'],
    ['a slip with a date after a no', NO, said('yes', 6, dated), 'replaces'],
    ['a slip without one after a no', NO, said('yes', 6, undated), 'nothing'],
    ['a slip without one after silence', { ...NOBODY, hasEnded: true }, said('yes', 6, undated), 'nothing'],
    ['a slip without one after a stop', { ...NOBODY, stoppedAt: 1 }, said('yes', 6, undated), 'nothing'],
    ['a slip without one, first', NOBODY, said('yes', 6, undated), 'replaces'],
    ['an earlier no after a slip without a date', UNDATED, said('no', 1), 'replaces'],
    ['an earlier no after a slip with one', DATED, said('no', 1), 'nothing'],
    ['a slip corrected, even to what was earlier', DATED, said('no', 1, { slip: 'A-1' }), 'replaces'],
    ['a slip corrected to another package', DATED, said('yes', 1, { slip: 'A-1', package: 'more' }), 'replaces'],
    ['a slip recorded twice', DATED, said('yes', 5, { slip: 'A-1', signedOn: '2026-03-05' }), 'nothing'],
  ])('%s', (_, now, heard, does) => expect(heed(now, heard)).toBe(does));

  it.each<[string, 'yes' | 'no' | null, number | null, SaidAnswer, boolean]>([
    ['a yes', 'yes', null, said('yes', 5), true],
    ['a yes after a stop', 'yes', 4, said('yes', 5), true],
    ['a yes at the instant of a stop', 'yes', 5, said('yes', 5), false],
    ['a yes before a stop', 'yes', 6, said('yes', 5), false],
    ['a slip without a date, whatever stop there was', 'yes', 1, said('yes', 5, undated), false],
    ['a no beside a stop', 'no', 6, said('no', 5), true],
    ['a yes where no is said', 'no', null, said('yes', 5), false],
    ['a yes where nothing is', null, null, said('yes', 5), false],
  ])('%s stands or not', (_, answer, stoppedAt, heard, stands) =>
    expect(standsAfter(answer, stoppedAt, heard)).toBe(stands),
  );
});
