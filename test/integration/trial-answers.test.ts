import { beforeEach, describe, expect, it } from 'vitest';
import { inTransaction } from '../../infra/postgres/pool.ts';
import { findOpenTrial, recordAnswer } from '../../infra/postgres/trial-answers.ts';
import { familyStates, textClass } from '../support/trial.ts';
import { SHORT_CODE, DAY, START, END, trialRig } from '../support/trial-rig.ts';

const rig = trialRig();
const { rowsOf, subscriptionOf, eventsOf, receive, slip, cancel, order, agentOrders, commandOf } = rig;

describe('answers by text', () => {
  beforeEach(() => textClass(rig.pool, START));
  const ask = () => rig.trial.issueFirstNotice({ trialId: 'xc', at: END + DAY });

  it('JX on trial confirms, and orders nothing before its end', async () => {
    const { outcome, texts } = await receive(1, 'jx', START + DAY);
    expect(outcome).toMatchObject({ route: 'trial-yes', answered: true });
    expect(texts).toEqual(['【校讯通】感谢您确认订制家校互动，每月5元。试用到4月5日，在此之前免费，4月8日起计费。']);
    expect(await familyStates(rig.pool)).toMatchObject({ p1: 'awaiting-order', p2: 'unanswered' });
    expect(await rowsOf('select 1 from subscription_event')).toEqual([]);
    await receive(1, 'JX', START + 2 * DAY);
    expect(await eventsOf('answer')).toBe(1);
  });

  it.each(['JX', '是', '同意。', ' 定制 ', '确认'])('%s after the end is an order', async (body) => {
    await ask();
    const { outcome } = await receive(1, body, END + 2 * DAY);
    expect(outcome).toEqual({ route: 'subscribe', answered: true, reason: 'subscribed' });
    expect(await familyStates(rig.pool)).toMatchObject({ p1: 'confirmed' });
    expect(await eventsOf('answer')).toBe(1);
  });

  it.each(['不', '否', '不同意', '不定制'])('%s declines and ends the service', async (body) => {
    await ask();
    const { outcome, texts } = await receive(1, body, END + 2 * DAY);
    expect(outcome).toMatchObject({ route: 'trial-no', answered: true });
    expect(texts[0]).toContain('不收取任何费用');
    expect(await familyStates(rig.pool)).toMatchObject({ p1: 'declined', p2: 'unanswered' });
    expect(await subscriptionOf('p1')).toEqual({ state: 'cancelled', services: [] });
  });

  it.each([
    ['同意,谢谢', 'subscribe'],
    ['可以', 'subscribe'],
    ['不需要', 'trial-no'],
    ['不订', 'trial-no'],
    ['No', 'trial-no'],
  ])('%s after notice 2 is understood', async (body, route) => {
    await ask();
    await rig.trial.sendSecondNotice({ trialId: 'xc', at: END + 3 * DAY });
    expect((await receive(1, body, END + 4 * DAY)).outcome).toMatchObject({ route, answered: true });
  });

  it.each(['好的', '1', 'OK', '多少钱'])(
    '%s after notice 2 is asked again, and a number then answers',
    async (body) => {
      await ask();
      await rig.trial.sendSecondNotice({ trialId: 'xc', at: END + 3 * DAY });
      const asked = await receive(1, body, END + 4 * DAY);
      expect(asked.outcome).toMatchObject({ route: 'notice-question', answered: true });
      expect(asked.texts.at(-1)).toContain('订制请回复1或“同意”，不订制请回复2或“不同意”');
      expect(await familyStates(rig.pool)).toMatchObject({ p1: 'unanswered' });
      expect((await receive(1, '1', END + 4 * DAY + 1000)).outcome).toMatchObject({ route: 'subscribe' });
      expect(await familyStates(rig.pool)).toMatchObject({ p1: 'confirmed' });
    },
  );

  it('the number of a question that was not asked lately is asked again', async () => {
    await ask();
    await rig.trial.sendSecondNotice({ trialId: 'xc', at: END + 3 * DAY });
    await receive(1, '好的', END + 4 * DAY);
    expect((await receive(1, '2', END + 5 * DAY + 1000)).outcome).toMatchObject({ route: 'notice-question' });
    expect((await receive(1, '2', END + 5 * DAY + 2000)).outcome).toMatchObject({ route: 'trial-no' });
  });

  it('is asked for no more than three times an hour, then by a recorded reason', async () => {
    await ask();
    await rig.trial.sendSecondNotice({ trialId: 'xc', at: END + 3 * DAY });
    const answered = [];
    for (let i = 0; i < 4; i++) answered.push((await receive(1, '好的', END + 4 * DAY + i)).outcome!);
    expect(answered.map((outcome) => outcome.answered)).toEqual([true, true, true, false]);
    expect(answered.every(({ reason }) => reason !== '')).toBe(true);
  });

  it('a plain yes means nothing before a notice asked', async () => {
    expect((await receive(1, '同意', START + DAY)).outcome).not.toMatchObject({ route: 'trial-yes' });
  });

  it("a yes to the teacher's thread is the teacher's", async () => {
    await ask();
    const [thread] = await rowsOf<{ id: number }>(`select id from thread where guardian_id = 'p1'`);
    const { outcome } = await receive(1, '同意', END + 2 * DAY, `${SHORT_CODE}${thread!.id}`);
    expect(outcome).toMatchObject({ route: 'reply' });
    expect(await familyStates(rig.pool)).toMatchObject({ p1: 'unanswered' });
  });

  it.each([
    ['before the yes', START + DAY],
    ['after it', START + 4 * DAY],
  ])('JX once more, said on trial %s and heard after the order, is no order', async (_, at) => {
    await receive(1, 'JX', START + 3 * DAY);
    await rig.trial.handOverConfirmed({ trialId: 'xc', at: END });
    const { outcome, texts } = await receive(1, 'JX', at);
    expect(outcome).toMatchObject({ route: 'trial-yes', reason: 'already-subscribed' });
    expect(texts).toEqual([expect.stringContaining('家校互动')]);
    expect(await rowsOf('select at from subscription_event')).toEqual([{ at: new Date(END) }]);
    expect(await rowsOf('select 1 from charge')).toEqual([]);
  });

  it('nor is it where the family has cancelled since', async () => {
    await receive(1, 'JX', START + 3 * DAY);
    await rig.trial.handOverConfirmed({ trialId: 'xc', at: END });
    await cancel('p1', END + DAY);
    expect((await receive(1, 'JX', START + DAY)).outcome).toMatchObject({ reason: 'cancelled-since' });
    expect(await rowsOf('select 1 from charge')).toEqual([]);
  });

  it('who gave the trial up may come back before its end', async () => {
    await textClass(rig.pool, START);
    await cancel('p1', START + 1000);
    expect(await familyStates(rig.pool)).toMatchObject({ p1: 'cancelled' });
    expect((await receive(1, 'JX', START + DAY)).outcome).toMatchObject({ route: 'trial-yes' });
    expect(await subscriptionOf('p1')).toEqual({ state: 'trial', services: ['home-school'] });
    await cancel('p1', START + DAY + 1000);
    expect(await subscriptionOf('p1')).toEqual({ state: 'cancelled', services: [] });
    await receive(1, 'JX', START + 2 * DAY);
    expect(await familyStates(rig.pool)).toMatchObject({ p1: 'awaiting-order' });
  });

  it('a no is taken back by a yes in time', async () => {
    await ask();
    await receive(1, '不', END + 2 * DAY);
    expect((await receive(1, 'JX', END + 3 * DAY)).outcome?.route).toBe('subscribe');
  });

  it('what was said in time and heard late counts; what was said late is an order of its own', async () => {
    await ask();
    await rig.trial.sendSecondNotice({ trialId: 'xc', at: END + 3 * DAY });
    await rig.trial.closeTrialPeriod({ trialId: 'xc', at: END + 10 * DAY, as: 'silent' });
    expect((await receive(1, '同意', END + 10 * DAY - 1000)).outcome?.route).toBe('subscribe');
    expect((await receive(3, '同意', END + 10 * DAY)).outcome?.route).not.toBe('subscribe');
    expect((await receive(4, 'JX', END + 10 * DAY)).outcome?.route).toBe('subscribe');
    expect(await familyStates(rig.pool)).toMatchObject({ p1: 'confirmed', p3: 'silent', p4: 'confirmed' });
  });

  it('a slip signed in time and recorded after the close is ordered at the trial’s end', async () => {
    await ask();
    await rig.trial.sendSecondNotice({ trialId: 'xc', at: END + 3 * DAY });
    await rig.trial.closeTrialPeriod({ trialId: 'xc', at: END + 10 * DAY, as: 'silent' });
    await slip('p1', 'yes', END - DAY, { signedOn: '2026-04-04' });
    expect(await subscriptionOf('p1')).toEqual({ state: 'trial', services: ['home-school'] });
    const step = await rig.trial.nextStep({ trialId: 'xc', now: END + 20 * DAY });
    expect(step).toMatchObject({ do: 'hand-over' });
    await rig.trial.handOverConfirmed({ trialId: 'xc', at: END + 20 * DAY });
    expect(await rowsOf('select distinct at, received_at, said_at from subscription_event')).toEqual([
      { at: new Date(END), received_at: new Date(END + 20 * DAY), said_at: new Date('2026-04-04T00:00:00+08:00') },
    ]);
    expect(await rig.trial.nextStep({ trialId: 'xc', now: END + 20 * DAY })).toBeNull();
    expect(await familyStates(rig.pool)).toMatchObject({ p1: 'confirmed', p3: 'silent' });
  });

  it('a JX said on trial and heard after an order of later is ordered at the trial’s end', async () => {
    await order('p1', END + 20 * DAY);
    expect((await receive(1, 'JX', END - DAY)).outcome).toMatchObject({ reason: 'subscribed' });
    expect(await rowsOf('select at, said_at from subscription_event order by at')).toEqual([
      { at: new Date(END), said_at: new Date(END - DAY) },
      { at: new Date(END + 20 * DAY), said_at: null },
    ]);
  });

  it('a JX after a yes says it later: a cancel said between the two ends nothing', async () => {
    await receive(1, 'JX', START + DAY);
    await receive(1, 'JX', START + 3 * DAY);
    expect((await cancel('p1', START + 2 * DAY)).view).toMatchObject({ outcome: 'ordered-since', state: 'trial' });
  });

  it('a no signed before the trial and recorded in it ends it', async () => {
    await slip('p1', 'no', START - DAY);
    expect(await subscriptionOf('p1')).toMatchObject({ state: 'cancelled' });
    await agentOrders('p1', START + DAY);
    expect(await subscriptionOf('p1')).toMatchObject({ state: 'pending' });
  });

  it('a no stands beside a yes on a slip without a date, whichever is heard first', async () => {
    await slip('p1', 'yes', START + 5 * DAY);
    await slip('p1', 'no', START + DAY, { requestId: 'no' });
    await slip('p3', 'no', START + DAY, { requestId: 'no' });
    await slip('p3', 'yes', START + 5 * DAY);
    for (const unit of ['p1', 'p3']) expect(await subscriptionOf(unit)).toEqual({ state: 'cancelled', services: [] });
  });

  it.each<[said: string, string[], () => Promise<unknown>, { outcome: string; state: string }]>([
    ['a yes before a no', ['不', 'JX'], () => Promise.resolve(), { outcome: 'cancelled-since', state: 'cancelled' }],
    ['a no before a yes', ['JX', '不'], () => Promise.resolve(), { outcome: 'ordered-since', state: 'trial' }],
    [
      'a yes before a cancel',
      ['JX'],
      () => cancel('p1', START + 2 * DAY),
      { outcome: 'cancelled-since', state: 'cancelled' },
    ],
  ])('%s, heard after it: what was said later stands', async (_, said, before, { outcome, state }) => {
    await rig.trial.issueFirstNotice({ trialId: 'xc', at: START });
    await before();
    for (const earlier of said.slice(0, -1)) await receive(1, earlier, START + 2 * DAY);
    const { id: moId, texts } = await receive(1, said.at(-1)!, START + DAY);
    expect(await rowsOf('select reason from mo_outcome where mo_id = $1', [moId])).toEqual([{ reason: outcome }]);
    expect(texts[0]).toContain('您在此之后');
    expect(await subscriptionOf('p1')).toMatchObject({ state });
  });

  it('a cancel before a yes, heard after it, ends nothing', async () => {
    await receive(1, 'JX', START + 2 * DAY);
    expect((await cancel('p1', START + DAY)).view).toMatchObject({ outcome: 'ordered-since', state: 'trial' });
    expect(await familyStates(rig.pool)).toMatchObject({ p1: 'awaiting-order' });
  });

  it('an order before a no, heard after the trial and after it, orders nothing', async () => {
    await ask();
    await receive(1, '不', END + 3 * DAY);
    expect((await order('p1', END + 2 * DAY)).view).toMatchObject({ outcome: 'cancelled-since', state: 'cancelled' });
    expect(await rowsOf('select 1 from subscription_event')).toEqual([]);
  });

  it.each([
    ['before its fee', END],
    ['after its fee, which is taken back', END + 3 * DAY],
  ])('a cancel after a yes and before the trial ends counts, heard after the order and %s', async (_, heardAt) => {
    await slip('p1', 'yes', START + DAY, { requestId: `web-p1-${END}` });
    await order('p1', END, START + DAY);
    await rig.subscriptions.makeDue({ tenant: 'shanxi', unit: 'p1', dueAt: heardAt, now: heardAt });
    expect((await cancel('p1', END - 1000)).view).toMatchObject({ outcome: 'cancelled', state: 'cancelled' });
    expect(await rowsOf('select coalesce(sum(fen), 0) as net from charge')).toEqual([{ net: 0 }]);
  });

  it.each([
    ['after', START + 2 * DAY, 'home-school+safety-sms'],
    ['before', START, 'home-school'],
  ])('a yes said %s an agent ordered more consents to that or not', async (_, at, ordered) => {
    await agentOrders('p1', START + DAY);
    await rowsOf(
      `insert into sms_part (sms_id, part, state, at) select id, 1, 'ACCEPTED', to_timestamp(${(START + DAY) / 1000} + 60)
      from sms where guardian_id = 'p1' and origin like 'subscription/%'`,
    );
    const { hash } = await receive(1, 'JX', at);
    const command = {
      ...commandOf('p1', END),
      requestId: `mo/${hash}`,
      channel: 'sms' as const,
      package: 'home-school',
      saidAt: new Date(at).toISOString(),
    };
    const { view } = await rig.subscriptions.orderSubscription({ tenant: 'shanxi', unit: 'p1', command });
    expect(view).toMatchObject({ outcome: 'subscribed', package: ordered });
  });

  it.each<[string, (unit: string, at: number) => Promise<{ view: object }>, string]>([
    ['an order that is refused', order, 'off-net'],
    ['a cancel', cancel, 'not-subscribed'],
  ])('a yes heard after the close may be followed by %s', async (_, then, outcome) => {
    await ask();
    await rig.trial.sendSecondNotice({ trialId: 'xc', at: END + 3 * DAY });
    await rig.trial.closeTrialPeriod({ trialId: 'xc', at: END + 10 * DAY, as: 'silent' });
    expect((await receive(6, '同意', END + 9 * DAY)).outcome?.route).toBe('subscribe');
    await rig.trial.handOverConfirmed({ trialId: 'xc', at: END + 10 * DAY });
    const since = new Date(END + 10 * DAY).toISOString();
    expect((await then('p6', END + 11 * DAY)).view).toMatchObject({ state: 'cancelled', since, outcome });
  });

  const signed = (answer: 'yes' | 'no', at: number, evidence: object, requestId: string, id = 'home-school') =>
    inTransaction(rig.pool, (db) =>
      recordAnswer(db, {
        ...{
          trialId: 'xc',
          tenant: 'shanxi',
          unit: 'p1',
          answer,
          at: new Date(at),
          guardianId: 'p1',
          channel: 'agent',
        },
        ...{ actor: 'agent', requestId, package: id, evidence },
      }),
    );

  it.each<[string, () => Promise<unknown>]>([
    ['a stop by text', () => cancel('p1', START + DAY)],
    ['a no', () => signed('no', START + DAY, { slip: 'R-0' }, 'no')],
  ])('a yes on a slip without a date brings back nothing that %s ended; with a later date it does', async (_, stop) => {
    await stop();
    expect(await signed('yes', START + 11 * DAY, { slip: 'R-1' }, 'undated')).toBe(false);
    expect(await subscriptionOf('p1')).toEqual({ state: 'cancelled', services: [] });
    expect(await signed('yes', START + DAY / 2, { slip: 'R-2', signedOn: '2026-03-05' }, 'earlier')).toBe(false);
    expect(await subscriptionOf('p1')).toEqual({ state: 'cancelled', services: [] });
    expect(await signed('yes', START + 3 * DAY, { slip: 'R-3', signedOn: '2026-03-08' }, 'later')).toBe(true);
    expect(await subscriptionOf('p1')).toEqual({ state: 'trial', services: ['home-school'] });
  });

  it('the later package counts, but a text names none', async () => {
    const now = async () => (await rowsOf(`select package from trial_family where unit = 'p1'`))[0];
    await signed('yes', START + DAY, { slip: 'R-1' }, 'one', 'home-school+safety-sms');
    await receive(1, 'JX', START + 2 * DAY);
    expect(await now()).toEqual({ package: 'home-school+safety-sms' });
    await signed('yes', START + 3 * DAY, { slip: 'R-2', signedOn: '2026-03-08' }, 'two');
    expect(await now()).toEqual({ package: 'home-school' });
    await signed('yes', START + DAY, { slip: 'R-3', signedOn: '2026-03-06' }, 'three', 'home-school+family-phone');
    expect(await now()).toEqual({ package: 'home-school' });
  });

  it('a request answered before finds its trial again', async () => {
    await slip('p1', 'yes', END + DAY, { requestId: 'request' });
    await order('p1', END + DAY);
    const asked = { tenant: 'shanxi', unit: 'p1', at: new Date(END + DAY) };
    expect(await findOpenTrial(rig.pool, { ...asked, requestId: 'request' })).toMatchObject({ trialId: 'xc' });
    expect(await findOpenTrial(rig.pool, { ...asked, requestId: 'another' })).toBeUndefined();
  });
});
