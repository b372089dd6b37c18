import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { inTransaction } from '../../infra/postgres/pool.ts';
import { commandSubscription } from '../../infra/postgres/subscription-command.ts';
import { inboundRig, MINUTE, now, SHORT_CODE } from '../support/inbound.ts';
import { loseQueued } from '../support/uncertain.ts';
import { guardianPhone, teacherPhone } from '../support/school.ts';

const rig = inboundRig();
const { receive, teacherTexts, count } = rig;

const stateOf = async (unit: string) =>
  (await rig.pool.query<{ state: string }>(`select state from unit_service('gansu', $1)`, [unit])).rows[0]!.state;

describe('a stop', () => {
  it.each([
    'TD。',
    '退订!',
    '“TD”',
    'T D',
    'STOP.',
    '我要退订',
    '退订谢谢',
    '取消订制',
    '退訂',
    '取消訂製',
    'QXJX。',
    'QXJX!',
  ])('%s is one, in a conversation and outside', async (text) => {
    const address = await teacherTexts();
    const inside = await receive(guardianPhone(1), text, { to: address(1) });
    const outside = await receive(guardianPhone(2), text);
    for (const { outcome, texts } of [inside, outside]) {
      expect(outcome).toMatchObject({ reason: 'cancelled', answered: true });
      expect(texts).toHaveLength(1);
    }
    expect([await stateOf('h1'), await stateOf('h2')]).toEqual(['cancelled', 'cancelled']);
    expect(await count('reply_box')).toBe(0);
  });

  it('that is doubtful is asked, and what was for the teacher reaches the teacher', async () => {
    const address = await teacherTexts();
    const { outcome, texts } = await receive(guardianPhone(1), '怎么退订？', { to: address(1) });
    expect(outcome).toEqual({
      route: 'stop-question',
      answered: true,
      reason: 'forwarded to the teacher; asked whether it was a stop',
    });
    expect(texts).toMatchObject([
      { phone: teacherPhone(1), body: '【家长回音】三年级1班王小兵家长：“怎么退订？”' },
      {
        phone: guardianPhone(1),
        source: SHORT_CODE,
        body: '【校讯通】您的短信已转给老师。要退订请回复TD。不退订则不必回复。本短信免费。',
      },
    ]);
    expect(await stateOf('h1')).toBe('active');
    expect((await receive(guardianPhone(1), 'TD')).outcome).toMatchObject({ reason: 'cancelled' });
  });

  it('that is doubtful is asked though help was sent often enough, and no robot is asked for ever', async () => {
    for (let i = 0; i < 4; i++) await receive(guardianPhone(4), '自动回复', { at: now + i });
    const asked = [];
    for (let i = 0; i < 5; i++) asked.push((await receive(guardianPhone(4), '怎么退订', { at: now + i })).outcome);
    expect(asked.map((outcome) => outcome!.answered)).toEqual([true, true, true, false, false]);
    expect(asked.at(-1)!.reason).toContain('often enough');
    // Our own question sent back is no stop.
    const { texts } = await receive(guardianPhone(1), '怎么退订');
    expect((await receive(guardianPhone(1), texts[0]!.body)).outcome).toMatchObject({ route: 'stop-question' });
    expect(await stateOf('h1')).toBe('active');
  });

  it('of a stranger gets help', async () => {
    expect((await receive('13811112222', '我要退订')).outcome).toMatchObject({ route: 'help' });
  });
});

describe('a teacher', () => {
  it.each([
    ['JX', '无需订制'],
    ['TD', '无需退订'],
    ['QXJX', '无需退订'],
    ['CX', '网站查看'],
    ['BZR你好', '网站'],
    ['你好', '没有家长与您联系'],
  ])('texting %s is told what a teacher may do', async (text, told) => {
    const { outcome, texts } = await receive(teacherPhone(1), text);
    expect(outcome).toMatchObject({ route: 'help', answered: true });
    expect(texts).toHaveLength(1);
    expect(texts[0]!.body).toContain(told);
    expect(texts[0]!.body).not.toContain('登记此号码');
  });

  it('in several conversations is told to answer the one that is meant', async () => {
    const address = await teacherTexts();
    await receive(guardianPhone(1), '一', { to: address(1) });
    await receive(guardianPhone(2), '二', { to: address(2) });
    const { texts } = await receive(teacherPhone(1), '好', { at: now + MINUTE });
    expect(texts).toMatchObject([{ phone: teacherPhone(1) }]);
    expect(texts[0]!.body).toContain('多位家长');
  });

  it('who is a parent too stays one', async () => {
    await rig.pool.query(`update teacher set phone = $1 where id = 't2'`, [guardianPhone(1)]);
    expect((await receive(guardianPhone(1), 'CX')).outcome).toMatchObject({ route: 'query' });
    expect((await receive(guardianPhone(1), 'TD')).outcome).toMatchObject({ reason: 'cancelled' });
  });
});

describe('a yes in words to an order by somebody else', () => {
  it('is no consent, and told what is one', async () => {
    const command = {
      ...{ requestId: 'agent', channel: 'agent' as const, actor: 'a1', guardianId: 'g4', evidence: {} },
      ...{ at: new Date(now).toISOString(), receivedAt: new Date(now).toISOString(), package: 'home-school' },
    };
    const request = { tenant: 'gansu', unit: 'h4', action: 'order' as const, command };
    await inTransaction(rig.pool, (db) => commandSubscription(db, loadCarriers(), request));
    // Not of an offer that never left: the keyword would be no consent to it.
    expect((await receive(guardianPhone(4), '同意')).outcome).toMatchObject({ route: 'help' });
    await loseQueued(rig.pool, 'gansu', [1]);
    const { outcome, texts } = await receive(guardianPhone(4), '同意', { at: Date.now() });
    expect(outcome).toMatchObject({ route: 'consent-question', answered: true });
    expect(texts.at(-1)!.body).toMatch(/申请订制家校互动，每户每月8元。同意请发送JX/);
    expect(await stateOf('h4')).toBe('pending');
    expect((await receive(guardianPhone(4), 'JX', { at: Date.now() })).outcome).toMatchObject({ reason: 'subscribed' });
  });
});

describe('free services that were cancelled', () => {
  it('are told of, and come back with JX at no fee', async () => {
    await receive(guardianPhone(1), 'QXMF');
    const again = await receive(guardianPhone(1), 'QXMF', { at: now + MINUTE });
    expect(again.texts[0]!.body).toMatch(/您现有家校互动.*平安短信、亲情电话已停用，发送JX/);
    const back = await receive(guardianPhone(1), 'JX', { at: now + 2 * MINUTE });
    expect(back.outcome).toMatchObject({ reason: 'already-subscribed', answered: true });
    expect(back.texts[0]!.body).toMatch(/家校互动.*平安短信、亲情电话已为您恢复/);
    expect(back.texts[0]!.body).not.toContain('无需重复');
    const { rows } = await rig.pool.query(`select services from unit_service('gansu', 'h1')`);
    expect(rows).toEqual([{ services: ['home-school', 'safety-sms', 'family-phone'] }]);
    expect(await count('charge')).toBe(0);
    expect((await receive(guardianPhone(1), 'JX', { at: now + 3 * MINUTE })).texts[0]!.body).toContain('无需重复');
  });
});
