import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInboundSmsActivities } from '../../activities/inbound-sms.ts';
import { createSubscriptionActivities, type SubscriptionActivities } from '../../activities/subscription.ts';
import { createTeacherMessageActivities } from '../../activities/teacher-message.ts';
import { createTrialActivities, type TrialActivities } from '../../activities/trial.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { findTrial, lockTrial, recordDecision } from '../../infra/postgres/trials.ts';
import { inTransaction } from '../../infra/postgres/pool.ts';
import { findOpenTrial, recordAnswer } from '../../infra/postgres/trial-answers.ts';
import { listReports, recordOpinion } from '../../infra/postgres/trial-reports.ts';
import { notice2Text } from '../../workflows/domain/notices.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addMessage, addSchool } from '../support/school.ts';
import { addTrialClass, addTrialMessage, familyStates, joinTrialClass, textClass } from '../support/trial.ts';

const SHORT_CODE = '1065827031';
const DAY = 86_400_000;
const START = Date.parse('2026-03-05T10:00:00+08:00');
const END = Date.parse('2026-04-05T10:00:00+08:00');
const carriers = loadCarriers();
let database: TestDatabase;
let trial: TrialActivities;
let subscriptions: SubscriptionActivities;
let inbound: ReturnType<typeof createInboundSmsActivities>;

beforeEach(async () => {
  database = await createTestDatabase();
  await addTrialClass(database.pool);
  // Nothing here reaches the engine: this client connects to nothing.
  const deps = { pool: database.pool, carriers, client: new Client({ connection: Connection.lazy() }) };
  trial = createTrialActivities(deps);
  inbound = createInboundSmsActivities(deps);
  subscriptions = createSubscriptionActivities(deps);
});
afterEach(() => database.drop());

const rowsOf = async <Row extends object>(sql: string, values: unknown[] = []) =>
  (await database.pool.query<Row>(sql, values)).rows;
const subscriptionOf = async (unit: string) =>
  (
    await rowsOf<{ state: string; services: string[] }>(`select state, services from unit_service('shanxi', $1)`, [
      unit,
    ])
  )[0];
const eventsOf = async (type: string) => (await rowsOf('select unit from trial_event where type = $1', [type])).length;
const decide = (decision: 'approved' | 'refused', at: number, trialId = 'xc') =>
  inTransaction(database.pool, async (db) =>
    recordDecision(db, (await lockTrial(db, trialId))!, { decision, actor: 'principal', at: new Date(at) }),
  );

/** A text of a parent comes in and is routed twice, as when a worker dies after its commit. */
async function receive(guardian: number, body: string, at: number, to = SHORT_CODE) {
  const phone = guardian === 6 ? '13300000006' : `1390000000${guardian}`;
  const [mo] = await rowsOf<{ id: number }>(
    `insert into mo (tenant, hash, phone, destination, body, received_at)
    values ('shanxi', gen_random_uuid()::text, $1, $2, $3, $4) returning id`,
    [phone, to, body, new Date(at)],
  );
  const { command } = await inbound.routeInboundSms({ moId: mo!.id });
  expect(await inbound.routeInboundSms({ moId: mo!.id })).toMatchObject({ command });
  const [outcome] = await rowsOf<{ route: string; answered: boolean }>(
    'select route, answered from mo_outcome where mo_id = $1',
    [mo!.id],
  );
  const texts = await rowsOf<{ body: string }>(`select body from sms where origin like 'mo/' || $1::text || '/%'`, [
    mo!.id,
  ]);
  return { moId: mo!.id, command, outcome, texts: texts.map((text) => text.body) };
}

/** A slip of the family that the agent holds. */
const slip = (unit: string, answer: 'yes' | 'no', at: number, requestId = `slip-${unit}`) =>
  inTransaction(database.pool, (db) =>
    recordAnswer(db, {
      ...{ trialId: 'xc', tenant: 'shanxi', unit, answer, at: new Date(at), guardianId: unit, channel: 'agent' },
      ...{ actor: 'agent', requestId, package: 'home-school', evidence: { slip: 'R-1' } },
    }),
  );

/** What the family's subscription is told at `at`, not through its trial. */
const commandOf = (unit: string, at: number) => ({
  ...{ requestId: `web-${unit}-${at}`, channel: 'web' as const, actor: unit, guardianId: unit, evidence: {} },
  ...{ at: new Date(at).toISOString(), receivedAt: new Date(at).toISOString() },
});
const cancel = (unit: string, at: number, scope = 'everything') =>
  subscriptions.cancelSubscription({ tenant: 'shanxi', unit, command: { ...commandOf(unit, at), scope } });
const order = (unit: string, at: number) =>
  subscriptions.orderSubscription({
    ...{ tenant: 'shanxi', unit, command: { ...commandOf(unit, at), package: 'home-school' } },
  });

const agentOrders = (unit: string, at: number) =>
  subscriptions.orderSubscription({
    ...{ tenant: 'shanxi', unit },
    command: { ...commandOf(unit, at), channel: 'agent', package: 'home-school+safety-sms' },
  });

describe('how a trial begins', () => {
  it('with the first text, which every family gets free', async () => {
    expect(await textClass(database.pool, START)).toEqual(['xc']);
    expect(await familyStates(database.pool)).toEqual({
      p1: 'unanswered',
      p2: 'unanswered',
      p3: 'unanswered',
      p4: 'unanswered',
      p6: 'unanswered',
    });
    expect(await rowsOf('select guardian_id from sms order by guardian_id')).toHaveLength(6);
    expect(await rowsOf('select 1 from sms_suppression')).toEqual([]);
    expect(await findTrial(database.pool, 'xc')).toMatchObject({
      round: 1,
      startedAt: new Date(START),
      endsAt: new Date(END),
      answerDays: 7,
      package: 'home-school',
    });
    expect(await subscriptionOf('p1')).toEqual({ state: 'trial', services: ['home-school'] });
    expect(await subscriptionOf('p5')).toEqual({ state: 'active', services: ['home-school'] });
  });

  it('once, however often its page is written and however many texts follow', async () => {
    const messageId = await addTrialMessage(database.pool);
    const { expandMessage } = createTeacherMessageActivities({ pool: database.pool, carriers });
    const page = { messageId, after: '', now: START };
    expect(await expandMessage(page)).toEqual({ next: null, trials: ['xc'] });
    expect(await expandMessage(page)).toEqual({ next: null, trials: ['xc'] });
    expect(await textClass(database.pool, START + DAY)).toEqual([]);
    expect(await eventsOf('started')).toBe(1);
  });

  it('two texts at once begin one', async () => {
    await Promise.all([textClass(database.pool, START), textClass(database.pool, START)]);
    expect(await rowsOf('select id from trial')).toEqual([{ id: 'xc' }]);
  });

  it('a text to one pupil begins the trial of the class', async () => {
    expect(await textClass(database.pool, START, { studentIds: ['k4'] })).toEqual(['xc']);
    expect(Object.keys(await familyStates(database.pool))).toHaveLength(5);
    expect(await rowsOf('select guardian_id from sms')).toEqual([{ guardian_id: 'p4' }]);
  });

  it('a text to the school begins that of each class with families', async () => {
    expect(await textClass(database.pool, START, { schoolId: 'x1' })).toEqual(['xc']);
  });

  it('who joined later has a trial alone, from their own first text', async () => {
    await textClass(database.pool, START);
    await joinTrialClass(database.pool, 'late', '13900000007');
    expect(await textClass(database.pool, START + 20 * DAY)).toEqual(['xc:2']);
    expect(await familyStates(database.pool, 'xc:2')).toEqual({ late: 'unanswered' });
    expect(await findTrial(database.pool, 'xc:2')).toMatchObject({ round: 2, startedAt: new Date(START + 20 * DAY) });
  });

  it('who cancelled, or said stop before there was anything to stop, is left alone', async () => {
    await database.pool.query(`
      insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
        values ('shanxi', 'p1', 'p1', 'home-school', '{}', 'cancelled', now());
      insert into subscription_request (tenant, request_id, unit, outcome, answer)
        values ('shanxi', 'mo-1', 'p4', 'not-subscribed', '{}')`);
    await textClass(database.pool, START);
    expect(Object.keys(await familyStates(database.pool))).toEqual(['p2', 'p3', 'p6']);
    expect(await rowsOf('select guardian_id from sms_suppression order by guardian_id')).toEqual([
      { guardian_id: 'p1' },
      { guardian_id: 'p4' },
    ]);
  });

  it('an order that waited for consent goes on waiting, and is what a yes consents to', async () => {
    await database.pool.query(`
      insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
        values ('shanxi', 'p1', 'p1', 'home-school+safety-sms', '{}', 'pending', '2026-03-01T10:00:00+08:00')`);
    await textClass(database.pool, START);
    expect(await rowsOf(`select state, services, waiting_package from unit_service('shanxi', 'p1')`)).toEqual([
      { state: 'trial', services: ['home-school'], waiting_package: 'home-school+safety-sms' },
    ]);
  });

  it('not at a carrier without trials', async () => {
    const elsewhere = await createTestDatabase();
    await addSchool(elsewhere.pool);
    const messageId = await addMessage(elsewhere.pool, { audience: { classIds: ['c2'] } });
    const { expandMessage } = createTeacherMessageActivities({ pool: elsewhere.pool, carriers });
    expect(await expandMessage({ messageId, after: '', now: START })).toEqual({ next: null, trials: [] });
    const { rows } = await elsewhere.pool.query('select guardian_id from sms_suppression');
    expect(rows).toEqual([{ guardian_id: 'g4' }]);
    await elsewhere.drop();
  });
});

describe('weekly reports', () => {
  it('count the week, and are written once', async () => {
    await textClass(database.pool, Date.now() - DAY);
    const until = Date.now() + DAY;
    await database.pool.query(`
      with said as (
        insert into mo (tenant, hash, phone, destination, body) values ('shanxi', 'h', '13900000001', '', '收到')
        returning id
      )
      insert into reply_box (tenant, thread_id, mo_id, sender, body)
      select 'shanxi', t.id, said.id, 'guardian', '收到' from thread t, said where t.guardian_id = 'p1'`);
    const opinion = { trialId: 'xc', accountId: 'principal', requestKey: 'k', text: '短信再短一些', at: new Date() };
    await recordOpinion(database.pool, opinion);
    await recordOpinion(database.pool, opinion);
    await database.pool.query(
      `with gone as (delete from sms_queue returning sms_id)
      insert into sms_part (sms_id, part, state) select sms_id, 1, 'REJECTED' from gone
      where sms_id = (select min(sms_id) from gone)`,
    );
    const step = { trialId: 'xc', from: until - 7 * DAY, at: until };
    await trial.writeWeeklyReport(step);
    await trial.writeWeeklyReport(step);
    const [report, ...others] = await listReports(database.pool, 'xc');
    expect(others).toEqual([]);
    expect(report).toMatchObject({
      number: 1,
      facts: {
        messages: [{ kind: 'homework', count: 1 }],
        texts: { sent: 6, delivered: 0, failed: 1 },
        activeDays: 1,
        replies: { texts: 1, mailbox: 0, guardians: 1 },
        families: { all: 5, onTrial: 4, confirmed: 1, ended: 0 },
        demonstrated: false,
        opinions: ['短信再短一些'],
      },
    });
    expect(await eventsOf('report')).toBe(1);
  });
});

describe('notices', () => {
  beforeEach(() => textClass(database.pool, START));

  it('notice 1 is issued once', async () => {
    await trial.issueFirstNotice({ trialId: 'xc', at: END });
    await trial.issueFirstNotice({ trialId: 'xc', at: END + DAY });
    expect((await findTrial(database.pool, 'xc'))?.notice1At).toEqual(new Date(END));
  });

  it('notice 2 goes once, to those of whom nobody has answered, in the exact words', async () => {
    await slip('p1', 'yes', END + 1000);
    await slip('p3', 'no', END + 1000);
    expect(await trial.sendSecondNotice({ trialId: 'xc', at: END + 3 * DAY })).toEqual({ texts: 2 });
    expect(await trial.sendSecondNotice({ trialId: 'xc', at: END + 4 * DAY })).toEqual({ texts: 0 });
    const notices = await rowsOf<{ guardian_id: string; body: string; source: string }>(
      `select guardian_id, body, source from sms where kind = 'notice' order by guardian_id`,
    );
    // p2 is of the family whose slip came back for p1.
    expect(notices.map((notice) => notice.guardian_id)).toEqual(['p4', 'p6']);
    expect(notices[0]).toMatchObject({ body: notice2Text(7), source: SHORT_CODE });
    expect((await findTrial(database.pool, 'xc'))?.silentAt).toEqual(new Date(END + 10 * DAY));
  });

  it('the principal decides once; the same again changes nothing', async () => {
    expect(await decide('approved', END)).toBe(true);
    expect(await decide('approved', END + DAY)).toBe(true);
    expect(await decide('refused', END + DAY)).toBe(false);
    expect((await findTrial(database.pool, 'xc'))?.decidedAt).toEqual(new Date(END));
    expect(await eventsOf('approved')).toBe(1);
  });
});

describe('answers by text', () => {
  beforeEach(() => textClass(database.pool, START));
  const ask = () => trial.issueFirstNotice({ trialId: 'xc', at: END + DAY });

  it('JX on trial confirms, and orders nothing before its end', async () => {
    const { command, outcome, texts } = await receive(1, 'jx', START + DAY);
    expect({ command, outcome }).toEqual({ command: null, outcome: { route: 'trial-yes', answered: true } });
    expect(texts).toEqual(['感谢您确认订制校讯通。试用到4月5日,在此之前免费,之后按资费收取。']);
    expect(await familyStates(database.pool)).toMatchObject({ p1: 'awaiting-order', p2: 'unanswered' });
    expect(await rowsOf('select 1 from subscription_event')).toEqual([]);
    await receive(1, 'JX', START + 2 * DAY);
    expect(await eventsOf('answer')).toBe(1);
  });

  it.each(['JX', '是', '同意。', ' 定制 ', '确认'])('%s after the end is an order', async (body) => {
    await ask();
    const { command, outcome, texts } = await receive(1, body, END + 2 * DAY);
    expect({ command, outcome, texts }).toEqual({ command: 'subscribe', outcome: undefined, texts: [] });
    expect(await familyStates(database.pool)).toMatchObject({ p1: 'awaiting-order' });
    expect(await eventsOf('answer')).toBe(1);
  });

  it.each(['不', '否', '不同意', '不定制'])('%s declines and ends the service', async (body) => {
    await ask();
    const { command, outcome, texts } = await receive(1, body, END + 2 * DAY);
    expect({ command, outcome }).toEqual({ command: null, outcome: { route: 'trial-no', answered: true } });
    expect(texts[0]).toContain('不收取任何费用');
    expect(await familyStates(database.pool)).toMatchObject({ p1: 'declined', p2: 'unanswered' });
    expect(await subscriptionOf('p1')).toEqual({ state: 'cancelled', services: [] });
  });

  it('a plain yes means nothing before a notice asked', async () => {
    expect((await receive(1, '同意', START + DAY)).outcome).not.toMatchObject({ route: 'trial-yes' });
  });

  it("a yes to the teacher's thread is the teacher's", async () => {
    await ask();
    const [thread] = await rowsOf<{ id: number }>(`select id from thread where guardian_id = 'p1'`);
    const { outcome } = await receive(1, '同意', END + 2 * DAY, `${SHORT_CODE}${thread!.id}`);
    expect(outcome).toMatchObject({ route: 'reply' });
    expect(await familyStates(database.pool)).toMatchObject({ p1: 'unanswered' });
  });

  it('who gave the trial up may come back before its end', async () => {
    await textClass(database.pool, START);
    await cancel('p1', START + 1000);
    expect(await familyStates(database.pool)).toMatchObject({ p1: 'cancelled' });
    expect((await receive(1, 'JX', START + DAY)).outcome).toMatchObject({ route: 'trial-yes' });
    expect(await subscriptionOf('p1')).toEqual({ state: 'trial', services: ['home-school'] });
    await cancel('p1', START + DAY + 1000);
    expect(await subscriptionOf('p1')).toEqual({ state: 'cancelled', services: [] });
    await receive(1, 'JX', START + 2 * DAY);
    expect(await familyStates(database.pool)).toMatchObject({ p1: 'awaiting-order' });
  });

  it('a no is taken back by a yes in time', async () => {
    await ask();
    await receive(1, '不', END + 2 * DAY);
    expect((await receive(1, 'JX', END + 3 * DAY)).command).toBe('subscribe');
  });

  it('what was said in time and heard late counts; what was said late is an order of its own', async () => {
    await ask();
    await trial.sendSecondNotice({ trialId: 'xc', at: END + 3 * DAY });
    await trial.closeTrialPeriod({ trialId: 'xc', at: END + 10 * DAY, as: 'silent' });
    expect((await receive(1, '同意', END + 10 * DAY - 1000)).command).toBe('subscribe');
    expect((await receive(3, '同意', END + 10 * DAY)).command).toBeNull();
    expect((await receive(4, 'JX', END + 10 * DAY)).command).toBe('subscribe');
    expect(await familyStates(database.pool)).toMatchObject({ p1: 'cancelled', p3: 'silent', p4: 'silent' });
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
    await trial.issueFirstNotice({ trialId: 'xc', at: START });
    await before();
    for (const earlier of said.slice(0, -1)) await receive(1, earlier, START + 2 * DAY);
    const { moId, texts } = await receive(1, said.at(-1)!, START + DAY);
    expect(await rowsOf('select reason from mo_outcome where mo_id = $1', [moId])).toEqual([{ reason: outcome }]);
    expect(texts[0]).toContain('您在此之后');
    expect(await subscriptionOf('p1')).toMatchObject({ state });
  });

  it('a cancel before a yes, heard after it, ends nothing', async () => {
    await receive(1, 'JX', START + 2 * DAY);
    expect((await cancel('p1', START + DAY)).view).toMatchObject({ outcome: 'ordered-since', state: 'trial' });
    expect(await familyStates(database.pool)).toMatchObject({ p1: 'awaiting-order' });
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
    await slip('p1', 'yes', START + DAY, `web-p1-${END}`);
    await order('p1', END);
    await subscriptions.makeDue({ tenant: 'shanxi', unit: 'p1', dueAt: heardAt, now: heardAt });
    expect((await cancel('p1', END - 1000)).view).toMatchObject({ outcome: 'cancelled', state: 'cancelled' });
    expect(await rowsOf('select coalesce(sum(fen), 0) as net from charge')).toEqual([{ net: 0 }]);
  });

  it.each([
    ['after', START + 2 * DAY, 'home-school+safety-sms'],
    ['before', START, 'home-school'],
  ])('a yes said %s an agent ordered more consents to that or not', async (_, at, ordered) => {
    await agentOrders('p1', START + DAY);
    const { moId } = await receive(1, 'JX', at);
    const command = {
      ...commandOf('p1', END),
      requestId: `mo-${moId}`,
      channel: 'sms' as const,
      package: 'home-school',
    };
    const { view } = await subscriptions.orderSubscription({ tenant: 'shanxi', unit: 'p1', command });
    expect(view).toMatchObject({ outcome: 'subscribed', package: ordered });
  });

  it.each<[string, (unit: string, at: number) => Promise<{ view: object }>, string]>([
    ['an order that is refused', order, 'off-net'],
    ['a cancel', cancel, 'not-subscribed'],
  ])('a yes heard after the close may be followed by %s', async (_, then, outcome) => {
    await ask();
    await trial.sendSecondNotice({ trialId: 'xc', at: END + 3 * DAY });
    await trial.closeTrialPeriod({ trialId: 'xc', at: END + 10 * DAY, as: 'silent' });
    expect((await receive(6, '同意', END + 9 * DAY)).command).toBe('subscribe');
    const since = new Date(END + 10 * DAY).toISOString();
    expect((await then('p6', END + 11 * DAY)).view).toMatchObject({ state: 'cancelled', since, outcome });
  });

  it('a request answered before finds its trial again', async () => {
    await slip('p1', 'yes', END + DAY, 'request');
    await order('p1', END + DAY);
    const asked = { tenant: 'shanxi', unit: 'p1', at: new Date(END + DAY) };
    expect(await findOpenTrial(database.pool, { ...asked, requestId: 'request' })).toMatchObject({ trialId: 'xc' });
    expect(await findOpenTrial(database.pool, { ...asked, requestId: 'another' })).toBeUndefined();
  });
});

describe('the close', () => {
  it.each(['silent', 'refused', 'lapsed'] as const)('%s: no service, no order, no fee', async (as) => {
    await textClass(database.pool, START);
    const counts = await trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as });
    expect(counts).toMatchObject({ unanswered: 0, [as]: 5 });
    expect(await trial.closeTrialPeriod({ trialId: 'xc', at: END + 2 * DAY, as: 'silent' })).toEqual(counts);
    expect(await subscriptionOf('p2')).toEqual({ state: 'cancelled', services: [] });
    expect(await subscriptionOf('p5')).toEqual({ state: 'active', services: ['home-school'] });
    expect(await rowsOf('select 1 from subscription_event')).toEqual([]);
    expect(await trial.nextStep({ trialId: 'xc', now: END + 2 * DAY })).toBeNull();
    // And nobody tries again.
    expect(await textClass(database.pool, END + 3 * DAY)).toEqual([]);
  });

  it('waits for the order of a yes that came since it was decided', async () => {
    await textClass(database.pool, START);
    await slip('p1', 'yes', END + DAY);
    await trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
    expect(await familyStates(database.pool)).toMatchObject({ p1: 'awaiting-order', p2: 'unanswered' });
    await order('p1', END + DAY);
    await trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
    expect(await familyStates(database.pool)).toMatchObject({ p1: 'confirmed', p2: 'silent' });
  });

  it("none of it writes a subscription's row, whose one writer is its workflow", async () => {
    const rows = () => rowsOf('select * from subscription order by unit');
    const before = await rows();
    await textClass(database.pool, START);
    await slip('p1', 'no', END);
    await slip('p2', 'yes', END);
    await slip('p3', 'no', END);
    await slip('p3', 'yes', END + 1000);
    await order('p3', END + 1000);
    const ordered = await rows();
    expect(ordered.map((row) => (row as { unit: string }).unit)).toEqual(['p3', 'p5']);
    await slip('p2', 'no', END + 2000);
    await trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
    expect(await rows()).toEqual(ordered);
    expect(ordered).toEqual(expect.arrayContaining(before));
  });

  it.each<[was: string, then: () => Promise<unknown>, is: { state: string; services: string[]; waiting?: string }]>([
    ['on trial', () => Promise.resolve(), { state: 'trial', services: ['home-school'] }],
    [
      'an agent orders more while on trial',
      () => agentOrders('p1', START + 1000),
      { state: 'trial', services: ['home-school'], waiting: 'home-school+safety-sms' },
    ],
    [
      'which waits no longer when the trial ends in silence',
      async () => {
        await agentOrders('p1', START + 1000);
        await trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
      },
      { state: 'cancelled', services: [] },
    ],
    [
      'an agent orders after the close',
      async () => {
        await trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
        await agentOrders('p1', END + DAY + 1000);
      },
      { state: 'pending', services: [] },
    ],
    [
      'cancelled while on trial, and the trial closed since',
      async () => {
        await cancel('p1', START + DAY);
        await trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
      },
      { state: 'cancelled', services: [] },
    ],
    [
      'a cancel and a yes at one instant: the cancel wins',
      async () => {
        await cancel('p1', START + DAY);
        await slip('p1', 'yes', START + DAY);
      },
      { state: 'cancelled', services: [] },
    ],
    [
      'an agent orders after a yes and a cancel: nothing is consented to',
      async () => {
        await slip('p1', 'yes', START + DAY);
        await cancel('p1', START + 2 * DAY);
        await agentOrders('p1', START + 3 * DAY);
      },
      { state: 'pending', services: [] },
    ],
    [
      'an agent orders after an order and its cancel, while others are on trial',
      async () => {
        await slip('p1', 'yes', START + DAY);
        await order('p1', END);
        await cancel('p1', END + DAY);
        await agentOrders('p1', END + 2 * DAY);
      },
      { state: 'pending', services: [] },
    ],
    [
      'which goes on waiting when their trial is closed',
      async () => {
        await cancel('p1', START + DAY);
        await agentOrders('p1', START + 2 * DAY);
        await trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
      },
      { state: 'pending', services: [] },
    ],
    [
      'what waited for consent was declined with the trial, and a yes to that brings it not back',
      async () => {
        await agentOrders('p1', START + 1000);
        await slip('p1', 'no', START + DAY, 'no');
        await slip('p1', 'yes', START + 2 * DAY);
      },
      { state: 'trial', services: ['home-school'] },
    ],
    [
      'but what an agent ordered since waits',
      async () => {
        await slip('p1', 'no', START + DAY, 'no');
        await slip('p1', 'yes', START + 2 * DAY);
        await agentOrders('p1', START + 3 * DAY);
      },
      { state: 'trial', services: ['home-school'], waiting: 'home-school+safety-sms' },
    ],
    [
      'ordered after a no',
      async () => {
        await slip('p1', 'no', START + DAY);
        await order('p1', START + 2 * DAY);
      },
      { state: 'active', services: ['home-school'] },
    ],
    [
      'cancelled after the order',
      async () => {
        await slip('p1', 'yes', END);
        await order('p1', END);
        await cancel('p1', END + DAY);
      },
      { state: 'cancelled', services: [] },
    ],
  ])('what a unit has now: %s', async (_, then, { state, services, waiting = null }) => {
    await textClass(database.pool, START);
    await then();
    expect(await rowsOf(`select state, services, waiting_package from unit_service('shanxi', 'p1')`)).toEqual([
      { state, services, waiting_package: waiting },
    ]);
  });

  it('an order made otherwise meanwhile stands', async () => {
    await textClass(database.pool, START);
    await order('p2', END);
    await trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
    expect(await familyStates(database.pool)).toMatchObject({ p1: 'silent', p2: 'confirmed' });
  });

  it('an unknown trial fails at once', async () => {
    await expect(trial.nextStep({ trialId: 'none', now: START })).rejects.toMatchObject({ nonRetryable: true });
    await expect(trial.issueFirstNotice({ trialId: 'none', at: START })).rejects.toMatchObject({ nonRetryable: true });
  });
});
