import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { answerText, type AnswerFacts } from '../../workflows/domain/subscription-texts.ts';
import { play } from '../support/play.ts';

const carriers = loadCarriers();
const bundle = 'home-school+safety-sms';
const triple = 'home-school+safety-sms+family-phone';
const jx = 'sms home-school 03-05';

describe('an order or cancel', () => {
  it.each([
    ['gansu', [jx], '【校讯通】已为您订制家校互动，每户每月8元。免费赠送平安短信、亲情电话。发送QXJX到10657099退订。'],
    [
      'gansu',
      ['agent home-school 03-05'],
      '【校讯通】有人为您申请订制家校互动，每户每月8元。同意请发送JX到10657099；不回复则不订制，不收费。',
    ],
    ['gansu', [jx, jx], '【校讯通】您已是家校互动用户，每户每月8元，无需重复订制。发送QXJX到10657099退订。'],
    [
      'gansu',
      [jx, 'cancel home-school 03-06'],
      '【校讯通】您已退订家校互动，同时退订平安短信、亲情电话。如需再次订制，请发送JX到10657099。',
    ],
    ['gansu', [jx, 'cancel free 03-06'], '【校讯通】您已退订免费业务：平安短信、亲情电话。'],
    [
      'gansu',
      [jx, 'cancel free 03-06', 'cancel free 03-07'],
      '【校讯通】您没有此项业务，无需退订。您现有家校互动，每户每月8元。免费的平安短信、亲情电话已停用，发送JX到10657099即可恢复。发送QXJX到10657099退订。',
    ],
    [
      'gansu',
      [jx, 'cancel free 03-06', 'cancel free 03-07', 'sms home-school 03-08'],
      '【校讯通】您现有家校互动，每户每月8元。免费的平安短信、亲情电话已为您恢复。发送QXJX到10657099退订。',
    ],
    [
      'gansu',
      ['web safety-sms 03-05', 'cancel home-school 03-06'],
      '【校讯通】您没有此项业务，无需退订。您现有平安短信，免费。发送QXMF到10657099退订。',
    ],
    ['gansu', ['cancel home-school 03-06'], '【校讯通】您没有订制此业务，无需退订。发送JX到10657099可订制家校互动。'],
    ['gansu', ['sms home-school* 03-06'], '【校讯通】订制未成功：家校互动仅限甘肃移动的手机号码使用。未订制，不收费。'],
    ['gansu', ['sms gold 03-06'], '【校讯通】没有您指定的业务，未作任何更改。发送JX到10657099可订制家校互动。'],
    [
      'shanxi',
      [jx, `web ${triple} 03-06`],
      '【校讯通】您的套餐将从4月1日起由家校互动改为家校互动+平安签到+亲情通话，每月10元。发送QXJX到1065827031退订。',
    ],
  ])('%s: %j is answered in words', (carrier, said, text) => {
    const asked = said.at(-1)!.split(' ')[1]!.replace('*', '');
    const facts = { asked, chargedAt: null, returned: null };
    expect(answerText(play(carrier, said), carriers.profile(carrier), facts)).toBe(text);
  });

  it.each<[string, string[], Partial<AnswerFacts>, string]>([
    // The first day of charging is told with each order.
    [
      'gansu',
      [jx],
      { chargedAt: Date.parse('2026-03-08T10:00:00+08:00') },
      '【校讯通】已为您订制家校互动，每户每月8元，3月8日起计费。免费赠送平安短信、亲情电话。发送QXJX到10657099退订。',
    ],
    [
      'shanxi',
      [jx, `web ${bundle} 06-06`],
      { chargedAt: Date.parse('2026-09-01T00:00:00+08:00') },
      '【校讯通】您的套餐将从7月1日起由家校互动改为家校互动+平安签到，每月7元，9月1日起计费。发送QXJX到1065827031退订。',
    ],
    [
      'shanxi',
      ['web home-school/year 02-05', 'web home-school/year 2027-01-06'],
      {},
      '【校讯通】您的家校互动（全年）将从2月1日起续订，每年40元。发送QXJX到1065827031退订。',
    ],
    // Findings B7: a change taken back is told.
    [
      'shanxi',
      [jx, `web ${bundle} 03-06`, 'web home-school 03-07'],
      { chargedAt: Date.parse('2026-03-08T10:00:00+08:00') },
      '【校讯通】已取消改订家校互动+平安签到，您继续使用家校互动，每月5元，下次计费3月8日。发送QXJX到1065827031退订。',
    ],
    // Findings B6: what an earlier cancel gives back is told, as far as it was paid.
    [
      'gansu',
      [jx, 'cancel home-school 03-10', 'cancel home-school 03-06'],
      { returned: { fen: 800, collected: true } },
      '【校讯通】您的退订已按提出的时间登记，业务此前已停止，将退费8元。',
    ],
    [
      'gansu',
      [jx, 'cancel home-school 03-06'],
      { returned: { fen: 800, collected: false } },
      '【校讯通】您已退订家校互动，同时退订平安短信、亲情电话，不再收取8元。如需再次订制，请发送JX到10657099。',
    ],
  ])('%s: %j is answered with what belongs to it: %j', (carrier, said, facts, text) => {
    const told = answerText(play(carrier, said), carriers.profile(carrier), {
      chargedAt: null,
      returned: null,
      ...facts,
    });
    expect(told).toBe(text);
  });
});
