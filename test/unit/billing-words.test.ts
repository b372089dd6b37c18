import { describe, expect, it } from 'vitest';
import {
  collectionOf,
  explainCharge,
  type ChargeFacts,
  type Collection,
} from '../../workflows/domain/billing-words.ts';

const at = (text: string) => Date.parse(`${text}+08:00`);
const facts: ChargeFacts = {
  kind: 'fee',
  rule: 'R4',
  packageName: '家校互动',
  fen: 800,
  month: '2026-03',
  zone: 'Asia/Shanghai',
  decidedAt: at('2026-03-01T00:00:00'),
  orderedAt: at('2026-02-10T10:00:00'),
  changed: false,
  cancelledAt: null,
  collection: 'not-asked',
  feeCollection: 'not-asked',
  takenBack: false,
  waiverHours: 72,
};

describe('the words a 10086 agent reads out', () => {
  it.each<[string, Partial<ChargeFacts>, string, string]>([
    ['R1', { rule: 'R1', orderedAt: at('2026-03-05T10:00:00'), decidedAt: at('2026-03-08T10:00:00') },
      '到2026年3月8日10:00为止没有收到退订', 'no cancel had come by then (on 2026-03-08 at 10:00)'],
    ['R3', { rule: 'R3' }, '再次订制同一业务，按规定立即收取', 'a repeated order is charged at once'],
    ['R4', {}, '到本月开始时没有退订，因此按月收取信息费', 'not cancelled before the month began'],
    ['R7', { changed: true }, '改订此套餐，自本月起代替原套餐', 'in place of another package from this month on'],
    ['R5', { rule: 'R5', fen: 0 }, '本月是免费月', 'This is a free month'],
    ['R6', { rule: 'R6', fen: 4000 }, '订制全年套餐', 'A whole year was ordered'],
    ['R6 refund', { kind: 'reversal', rule: 'R6', fen: -1777, cancelledAt: at('2026-06-10T10:00:00') }, '17.77元', '17.77 yuan'],
    ['R6 refund, of months', { kind: 'reversal', rule: 'R6', fen: -1777, cancelledAt: at('2026-06-10T10:00:00') }, '未使用的收费月份按规定不再收费', 'its unused months'],
    ['R6 refund, of a cancel of unknown time', { kind: 'reversal', rule: 'R6', fen: -1777 }, '您于较早时退订全年套餐', 'The year was cancelled earlier'],
    ['R8', { kind: 'reversal', rule: 'R8', fen: -800, cancelledAt: at('2026-03-06T10:00:00') }, '以您发出的时间为准，因此不收这笔费用', 'the time it was sent counts'],
    ['a correction', { kind: 'reversal', rule: 'R8', fen: -800 }, '本月费用已按其重新核定', 'the month was decided anew by it'],
    ['a rule without words', { rule: 'R9' }, '依据计费规则R9', 'charging rule R9'],
  ])('say why by %s, in both languages', (_rule, given, zh, en) => {
    const words = explainCharge({ ...facts, ...given });
    expect(words.zh).toContain(zh);
    expect(words.en).toContain(en);
  }); // prettier-ignore

  it('name month, package and amount first', () => {
    const { zh, en } = explainCharge(facts);
    expect(zh).toMatch(/^您好，2026年3月“家校互动”的信息费为8元。/);
    expect(en).toMatch(/^The fee for "家校互动" in 2026-03 is 8 yuan\./);
  });

  it.each<[Collection, Partial<ChargeFacts>, string, string]>([
    ['not-asked', {}, '尚未请运营商扣费。', 'has not been asked for it yet'],
    ['asked', {}, '已请运营商扣费，尚无结果。', 'has not answered yet'],
    ['refused', {}, '运营商扣费未成功，尚未收取。', 'it is not paid'],
    ['done', {}, '此费用已收取。', 'It has been collected.'],
    ['done', { takenBack: true }, '此费用其后已取消或减收，见另一笔记录。', 'another line tells how'],
  ])('say of a fee that is %s what became of it %j', (collection, given, zh, en) => {
    const words = explainCharge({ ...facts, collection, ...given });
    expect(words.zh.endsWith(zh)).toBe(true);
    expect(words.en).toContain(en);
  });

  it('ask nothing of a free month', () => {
    expect(explainCharge({ ...facts, rule: 'R5', fen: 0 }).zh).not.toContain('扣费');
  });

  it.each<[Collection, Collection, string, string]>([
    ['not-asked', 'not-asked', '减收8元（记在2026年3月）。此前没有向您收取，无需退费。', 'nothing has to be given back'],
    ['refused', 'not-asked', '减收8元（记在2026年3月）。此前没有向您收取，无需退费。', 'nothing has to be given back'],
    ['asked', 'not-asked', '减收8元（记在2026年3月）。已请运营商扣费，尚无结果；如已扣费，将退费。', 'if it collected it, it is given back'],
    ['done', 'not-asked', '应退费8元，运营商尚未退回（记在2026年3月）。', 'the carrier has not done so yet'],
    ['done', 'refused', '应退费8元，运营商尚未退回（记在2026年3月）。', 'the carrier has not done so yet'],
    ['done', 'done', '已退费8元（记在2026年3月）。', '8 yuan of the fee for "家校互动" were given back'],
  ])('say of money back only what was paid: fee %s, reversal %s', (feeCollection, collection, zh, en) => {
    const words = explainCharge({ ...facts, kind: 'reversal', rule: 'R8', fen: -800, feeCollection, collection });
    expect(words.zh).toContain(`“家校互动”的信息费${zh}`);
    expect(words.en).toContain(en);
    expect(/已退/.test(words.zh)).toBe(feeCollection === 'done' && collection === 'done');
  }); // prettier-ignore
});

describe('what the carrier said of an amount', () => {
  it.each<[('success' | 'failure' | null)[], Collection]>([
    [[], 'not-asked'],
    [[null], 'asked'],
    [['failure'], 'refused'],
    [['failure', null], 'asked'],
    [['failure', 'success'], 'done'],
    [['success'], 'done'],
  ])('%j is %s', (outcomes, collection) => {
    expect(collectionOf(outcomes.map((outcome) => ({ outcome })))).toBe(collection);
  });
});
