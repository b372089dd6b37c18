import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import {
  decideCancel,
  decideOrder,
  NO_SUBSCRIPTION,
  type CancelOutcome,
  type Decision,
  type OrderOutcome,
  type SubscriptionState,
} from '../../workflows/domain/ordering.ts';
import { answerText, type AnswerFacts } from '../../workflows/domain/subscription-texts.ts';

const carriers = loadCarriers();
const bundle = 'home-school+safety-sms';
const triple = 'home-school+safety-sms+family-phone';

/**
 * `sms home-school 03-05`: who orders what when; `cancel free 03-05`. After the package: `*` off-net, `!` with
 * a slip, `^` after what waits was offered, `$` in a paid year's last month.
 */
function play(carrier: string, ...said: string[]): Decision<OrderOutcome | CancelOutcome> {
  const profile = carriers.profile(carrier);
  let decision: Decision<OrderOutcome | CancelOutcome> | undefined;
  let state: SubscriptionState = NO_SUBSCRIPTION;
  for (const each of said) {
    const [channel, what, day] = each.split(' ') as [string, string, string];
    const at = Date.parse(`2026-${day}T10:00:00+08:00`);
    const id = what.replace(/[*!^$]/, '');
    const said = { slip: what.includes('!'), offered: what.includes('^'), lastMonth: what.includes('$') };
    decision =
      channel === 'cancel'
        ? decideCancel(state, { scope: id, at }, profile)
        : decideOrder(state, { package: id, channel, ...said, payer: 'mother', at }, profile, {
            onNet: !what.includes('*'),
          });
    state = decision.state;
  }
  return decision!;
}

const all = ['home-school', 'safety-sms', 'family-phone'];
const jx = 'sms home-school 03-05';

describe('orders and cancels', () => {
  // carrier, what is said, the last one's outcome, state, package, services, events of the last one
  it.each<[string, string[], string, string, string | null, string[], string[]]>([
    ['gansu', [jx], 'subscribed', 'active', 'home-school', all, ['order home-school']],
    ['gansu', ['web home-school 03-05'], 'subscribed', 'active', 'home-school', all, ['order home-school']],
    // What is ordered again is recorded: a cancel said before it and heard after it ends nothing.
    [
      'gansu',
      [jx, 'sms home-school 03-06'],
      'already-subscribed',
      'active',
      'home-school',
      all,
      ['order home-school, unchanged'],
    ],
    [
      'gansu',
      [jx, 'agent home-school 03-06'],
      'already-subscribed',
      'active',
      'home-school',
      all,
      ['order home-school, unchanged'],
    ],
    ['gansu', ['sms home-school* 03-05'], 'off-net', 'none', null, [], []],
    ['gansu', ['sms gold 03-05'], 'unknown-package', 'none', null, [], []],
    ['gansu', ['sms home-school/year 03-05'], 'unknown-package', 'none', null, [], []],
    // Others' orders wait for the parent.
    ...(['agent', 'admin', 'customer-service', 'import'] as const).map(
      (channel): [string, string[], string, string, string, string[], string[]] => [
        'gansu',
        [`${channel} home-school 03-05`],
        'pending-consent',
        'pending',
        'home-school',
        [],
        ['order home-school'],
      ],
    ),
    ['gansu', ['agent home-school 03-05', jx], 'subscribed', 'active', 'home-school', all, ['consent home-school']],
    [
      'gansu',
      ['agent home-school 03-05', 'web home-school 03-06'],
      'subscribed',
      'active',
      'home-school',
      all,
      ['consent home-school'],
    ],
    [
      'gansu',
      ['agent home-school 03-05', 'admin home-school 03-06'],
      'pending-consent',
      'pending',
      'home-school',
      [],
      ['order home-school, unchanged'],
    ],
    [
      'gansu',
      ['agent home-school 03-05', 'cancel home-school 03-06'],
      'cancelled',
      'cancelled',
      'home-school',
      [],
      ['cancel home-school'],
    ],
    // A slip that the parent signed is a consent.
    [
      'gansu',
      ['agent home-school! 03-05'],
      'subscribed',
      'active',
      'home-school',
      all,
      ['order home-school', 'consent home-school'],
    ],
    [
      'gansu',
      ['agent home-school 03-05', 'admin home-school! 03-06'],
      'subscribed',
      'active',
      'home-school',
      all,
      ['consent home-school'],
    ],
    [
      'gansu',
      [jx, 'agent home-school! 03-06'],
      'already-subscribed',
      'active',
      'home-school',
      all,
      ['order home-school, unchanged', 'consent home-school, unchanged'],
    ],
    // The cascade: home-school takes family-phone and the gifts along.
    ...['home-school', 'everything'].map((scope): [string, string[], string, string, string, string[], string[]] => [
      'gansu',
      [jx, `cancel ${scope} 03-06`],
      'cancelled',
      'cancelled',
      'home-school',
      [],
      ['cancel home-school', 'cancel safety-sms', 'cancel family-phone'],
    ]),
    [
      'gansu',
      [jx, 'cancel free 03-06'],
      'free-services-cancelled',
      'active',
      'home-school',
      ['home-school'],
      ['cancel safety-sms', 'cancel family-phone'],
    ],
    [
      'gansu',
      [jx, 'cancel family-phone 03-06'],
      'free-services-cancelled',
      'active',
      'home-school',
      ['home-school', 'safety-sms'],
      ['cancel family-phone'],
    ],
    [
      'gansu',
      [jx, 'cancel free 03-06', 'cancel home-school 03-07'],
      'cancelled',
      'cancelled',
      'home-school',
      [],
      ['cancel home-school'],
    ],
    [
      'gansu',
      [jx, 'cancel free 03-06', 'web safety-sms 03-07'],
      'subscribed',
      'active',
      'home-school',
      ['home-school', 'safety-sms'],
      ['order safety-sms'],
    ],
    [
      'gansu',
      [jx, 'web safety-sms 03-07'],
      'already-subscribed',
      'active',
      'home-school',
      all,
      ['order safety-sms, unchanged'],
    ],
    // What orders home-school gives the gifts: they come back, and the paid package stays as it is.
    ...[
      [jx, 'cancel free 03-06', 'cancel free 03-07', 'sms home-school 03-08'],
      [jx, 'cancel free 03-06', 'web home-school 03-08'],
    ].map((said): [string, string[], string, string, string, string[], string[]] => [
      'gansu',
      said,
      'already-subscribed',
      'active',
      'home-school',
      all,
      ['order home-school, unchanged', 'order safety-sms', 'order family-phone'],
    ]),
    // Nobody else's order does.
    [
      'gansu',
      [jx, 'cancel free 03-06', 'agent home-school 03-08'],
      'already-subscribed',
      'active',
      'home-school',
      ['home-school'],
      ['order home-school, unchanged'],
    ],
    ['gansu', ['web safety-sms 03-04', jx], 'subscribed', 'active', 'home-school', all, ['order home-school']],
    // A cancel without an order, or twice, is harmless.
    // Nothing to end, and recorded all the same: an order that was said before may come after it.
    ['gansu', ['cancel home-school 03-05'], 'not-subscribed', 'none', null, [], ['cancel home-school']],
    ['gansu', ['cancel free 03-05'], 'not-subscribed', 'none', null, [], []],
    ['gansu', ['cancel everything 03-05'], 'not-subscribed', 'none', null, [], ['cancel home-school']],
    ['gansu', ['cancel gold 03-05'], 'unknown-package', 'none', null, [], []],
    [
      'gansu',
      [jx, 'cancel home-school 03-06', 'cancel home-school 03-07'],
      'not-subscribed',
      'cancelled',
      'home-school',
      [],
      ['cancel home-school'],
    ],
    [
      'gansu',
      [jx, 'cancel free 03-06', 'cancel free 03-07'],
      'not-subscribed',
      'active',
      'home-school',
      ['home-school'],
      [],
    ],
    [
      'gansu',
      [jx, 'cancel home-school 03-06', 'sms home-school 03-07'],
      'subscribed',
      'active',
      'home-school',
      all,
      ['order home-school'],
    ],
    // Shanxi sells bundles; a change takes effect with the next month.
    ['shanxi', [jx], 'subscribed', 'active', 'home-school', ['home-school'], ['order home-school']],
    ['shanxi', ['sms safety-sms 03-05'], 'unknown-package', 'none', null, [], []],
    ['shanxi', [jx, 'cancel free 03-06'], 'not-subscribed', 'active', 'home-school', ['home-school'], []],
    [
      'shanxi',
      [jx, `web ${triple} 03-06`],
      'changes-next-month',
      'active',
      'home-school',
      ['home-school'],
      [`order ${triple}`],
    ],
    [
      'shanxi',
      [jx, `web ${triple} 03-06`, `web ${triple} 03-07`],
      'changes-next-month',
      'active',
      'home-school',
      ['home-school'],
      [`order ${triple}, unchanged`],
    ],
    [
      'shanxi',
      [jx, `web ${triple} 03-06`, `web ${triple} 04-01`],
      'already-subscribed',
      'active',
      triple,
      all,
      [`order ${triple}, unchanged`],
    ],
    [
      'shanxi',
      [jx, `web ${triple} 03-06`, 'web home-school 03-07', `cancel free 04-02`],
      'not-subscribed',
      'active',
      'home-school',
      ['home-school'],
      [],
    ],
    [
      'shanxi',
      [jx, `web ${triple} 03-06`, 'cancel home-school 03-07'],
      'cancelled',
      'cancelled',
      'home-school',
      [],
      ['cancel home-school', `cancel ${triple}`],
    ],
    [
      'shanxi',
      [`web ${bundle} 03-05`, 'cancel home-school 03-06'],
      'cancelled',
      'cancelled',
      bundle,
      [],
      [`cancel ${bundle}`],
    ],
    [
      'shanxi',
      [`agent ${bundle} 03-05`, 'sms home-school^ 03-05'],
      'subscribed',
      'active',
      bundle,
      ['home-school', 'safety-sms'],
      [`consent ${bundle}`],
    ],
    // Findings B5: of a dearer package that nobody offered to this phone the keyword is no consent.
    [
      'shanxi',
      [`agent ${bundle} 03-05`, jx],
      'subscribed',
      'active',
      'home-school',
      ['home-school'],
      ['order home-school'],
    ],
    [
      'shanxi',
      [`agent ${bundle} 03-05`, jx, 'sms home-school^ 03-06'],
      'changes-next-month',
      'active',
      'home-school',
      ['home-school'],
      [`consent ${bundle}`],
    ],
    [
      'shanxi',
      [`agent ${bundle} 03-05`, `web ${bundle} 03-06`],
      'subscribed',
      'active',
      bundle,
      ['home-school', 'safety-sms'],
      [`consent ${bundle}`],
    ],
    // What the package includes is had already; on the web the package is named.
    ...(['already-subscribed', 'changes-next-month'] as const).map(
      (outcome): [string, string[], string, string, string, string[], string[]] => [
        'shanxi',
        [`web ${bundle} 03-05`, `${outcome === 'already-subscribed' ? 'sms' : 'web'} home-school 03-06`],
        outcome,
        'active',
        bundle,
        ['home-school', 'safety-sms'],
        [outcome === 'already-subscribed' ? 'order home-school, unchanged' : 'order home-school'],
      ],
    ),
    // Findings B12: in a year's last month it is the order of what follows, and the latest word counts.
    ...(
      [
        [['web home-school/year$ 03-05'], ['order home-school/year']],
        [['sms home-school$ 03-05'], ['order home-school']],
        [['sms home-school$ 03-05', 'sms home-school$ 03-06'], ['order home-school, unchanged']],
        [['sms home-school$ 03-05', 'web home-school/year$ 03-06'], ['order home-school/year']],
      ] as const
    ).map(([said, events]): [string, string[], string, string, string, string[], string[]] => [
      'shanxi',
      ['web home-school/year 02-05', ...said],
      'changes-next-month',
      'active',
      'home-school/year',
      ['home-school'],
      [...events],
    ]),
    [
      'shanxi',
      ['web home-school/year 02-05', 'web home-school/year 03-05'],
      'already-subscribed',
      'active',
      'home-school/year',
      ['home-school'],
      ['order home-school/year, unchanged'],
    ],
    [
      'shanxi',
      [jx, `agent ${bundle} 03-06`],
      'pending-consent',
      'active',
      'home-school',
      ['home-school'],
      [`order ${bundle}`],
    ],
    [
      'shanxi',
      [jx, `agent ${bundle} 03-06`, 'sms home-school^ 03-07'],
      'changes-next-month',
      'active',
      'home-school',
      ['home-school'],
      [`consent ${bundle}`],
    ],
    [
      'shanxi',
      [jx, `agent ${bundle} 03-06`, 'sms home-school 03-07'],
      'already-subscribed',
      'active',
      'home-school',
      ['home-school'],
      ['order home-school, unchanged'],
    ],
  ])('%s: %j → %s', (carrier, said, outcome, state, pack, services, events) => {
    const decision = play(carrier, ...said);
    expect(decision.outcome).toBe(outcome);
    expect(decision.state).toMatchObject({ state, package: pack, services });
    expect(
      decision.events.map(({ type, package: id, unchanged }) => `${type} ${id}${unchanged ? ', unchanged' : ''}`),
    ).toEqual(events);
  });

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
    expect(answerText(play(carrier, ...said), carriers.profile(carrier), facts)).toBe(text);
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
      ['web home-school/year 03-05', 'web home-school/year$ 03-06'],
      {},
      '【校讯通】您的家校互动（全年）将从4月1日起续订，每年40元。发送QXJX到1065827031退订。',
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
    const told = answerText(play(carrier, ...said), carriers.profile(carrier), {
      chargedAt: null,
      returned: null,
      ...facts,
    });
    expect(told).toBe(text);
  });
});
