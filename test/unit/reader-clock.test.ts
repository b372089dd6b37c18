import { describe, expect, it } from 'vitest';
import { clockFault } from '../../workflows/domain/reader-clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ten = (lead: number) => Array<number>(10).fill(lead);

describe('what a reader’s newest records say of its clock', () => {
  it.each([
    ['none yet', [], undefined],
    ['right', [-900, -4_000], undefined],
    ['two minutes ahead', [2 * MINUTE], undefined],
    ['more', [2 * MINUTE + 1], '时钟快2分钟，刷卡只记录不发短信'],
    ['an hour', [89 * MINUTE + 59_999, -1_000], '时钟快89分钟，刷卡只记录不发短信'],
    ['hours', [90 * MINUTE], '时钟快1小时，刷卡只记录不发短信'],
    ['set right since', [-1_000, 8 * HOUR], undefined],
    ['late once', [-20 * MINUTE, ...ten(-1_000).slice(1)], undefined],
    ['late nine times', ten(-20 * MINUTE).slice(1), undefined],
    ['late ten times', [-40 * MINUTE, ...ten(-20 * MINUTE).slice(1)], '最近的记录都晚到20分钟以上：时钟慢，或在补传'],
    ['not late', ten(-5 * MINUTE), undefined],
    ['late by more', ten(-5 * MINUTE - 1), '最近的记录都晚到5分钟以上：时钟慢，或在补传'],
  ])('%s', (_what, leadsMs, words) => {
    expect(clockFault({ leadsMs, off: false })?.words).toBe(words);
  });

  it('is off when newer ones were quarantined for it', () => {
    expect(clockFault({ leadsMs: ten(-1_000), off: true })).toEqual({
      fault: 'off',
      words: '时钟相差超过24小时，刷卡不计考勤',
    });
  });
});
