import { beforeEach, describe, expect, it } from 'vitest';
import { createTeacherMessageActivities } from '../../activities/teacher-message.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { listReports, recordOpinion } from '../../infra/postgres/trial-reports.ts';
import { findTrial } from '../../infra/postgres/trials.ts';
import { TEXTS } from '../../workflows/domain/texts/index.ts';
import { createTestDatabase } from '../support/database.ts';
import { addMessage, addSchool } from '../support/school.ts';
import { addTrialMessage, familyStates, joinTrialClass, textClass } from '../support/trial.ts';
import { SHORT_CODE, DAY, START, END, trialRig } from '../support/trial-rig.ts';

const carriers = loadCarriers();
const rig = trialRig();
const { rowsOf, subscriptionOf, eventsOf, decide, slip, order } = rig;

describe('how a trial begins', () => {
  it('with the first text, which every family gets free', async () => {
    expect(await textClass(rig.pool, START)).toEqual(['xc']);
    expect(await familyStates(rig.pool)).toEqual({
      p1: 'unanswered',
      p2: 'unanswered',
      p3: 'unanswered',
      p4: 'unanswered',
      p6: 'unanswered',
    });
    expect(await rowsOf('select guardian_id from sms order by guardian_id')).toHaveLength(6);
    expect(await rowsOf('select 1 from sms_suppression')).toEqual([]);
    expect(await findTrial(rig.pool, 'xc')).toMatchObject({
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
    const messageId = await addTrialMessage(rig.pool);
    const { expandMessage } = createTeacherMessageActivities({ pool: rig.pool, carriers });
    const page = { messageId, after: '', now: START };
    expect(await expandMessage(page)).toEqual({ next: null, trials: ['xc'] });
    expect(await expandMessage(page)).toEqual({ next: null, trials: ['xc'] });
    expect(await textClass(rig.pool, START + DAY)).toEqual([]);
    expect(await eventsOf('started')).toBe(1);
  });

  it('two texts at once begin one', async () => {
    await Promise.all([textClass(rig.pool, START), textClass(rig.pool, START)]);
    expect(await rowsOf('select id from trial')).toEqual([{ id: 'xc' }]);
  });

  it('a text to one pupil begins the trial of the class', async () => {
    expect(await textClass(rig.pool, START, { studentIds: ['k4'] })).toEqual(['xc']);
    expect(Object.keys(await familyStates(rig.pool))).toHaveLength(5);
    expect(await rowsOf('select guardian_id from sms')).toEqual([{ guardian_id: 'p4' }]);
  });

  it('a text to the school begins that of each class with families', async () => {
    expect(await textClass(rig.pool, START, { schoolId: 'x1' })).toEqual(['xc']);
  });

  it('who joined later has a trial alone, from their own first text', async () => {
    await textClass(rig.pool, START);
    await joinTrialClass(rig.pool, 'late', '13900000007');
    expect(await textClass(rig.pool, START + 20 * DAY)).toEqual(['xc:2']);
    expect(await familyStates(rig.pool, 'xc:2')).toEqual({ late: 'unanswered' });
    expect(await findTrial(rig.pool, 'xc:2')).toMatchObject({ round: 2, startedAt: new Date(START + 20 * DAY) });
  });

  it('who cancelled, or said stop before there was anything to stop, is left alone', async () => {
    await rig.pool.query(`
      insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
        values ('shanxi', 'p1', 'p1', 'home-school', '{}', 'cancelled', now());
      insert into subscription_request (tenant, request_id, unit, outcome, answer)
        values ('shanxi', 'mo-1', 'p4', 'not-subscribed', '{}')`);
    await textClass(rig.pool, START);
    expect(Object.keys(await familyStates(rig.pool))).toEqual(['p2', 'p3', 'p6']);
    expect(await rowsOf('select guardian_id from sms_suppression order by guardian_id')).toEqual([
      { guardian_id: 'p1' },
      { guardian_id: 'p4' },
    ]);
  });

  it('an order that waited for consent goes on waiting, and is what a yes consents to', async () => {
    await rig.pool.query(`
      insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
        values ('shanxi', 'p1', 'p1', 'home-school+safety-sms', '{}', 'pending', '2026-03-01T10:00:00+08:00')`);
    await textClass(rig.pool, START);
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
    await textClass(rig.pool, Date.now() - DAY);
    const until = Date.now() + DAY;
    await rig.pool.query(`
      with said as (
        insert into mo (tenant, hash, phone, destination, body) values ('shanxi', 'h', '13900000001', '', '收到')
        returning id
      )
      insert into reply_box (tenant, thread_id, mo_id, sender, body)
      select 'shanxi', t.id, said.id, 'guardian', '收到' from thread t, said where t.guardian_id = 'p1'`);
    const opinion = { trialId: 'xc', accountId: 'principal', requestKey: 'k', text: '短信再短一些', at: new Date() };
    await recordOpinion(rig.pool, opinion);
    await recordOpinion(rig.pool, opinion);
    await rig.pool.query(
      `with gone as (delete from sms_queue returning sms_id)
      insert into sms_part (sms_id, part, state) select sms_id, 1, 'REJECTED' from gone
      where sms_id = (select min(sms_id) from gone)`,
    );
    const step = { trialId: 'xc', from: until - 7 * DAY, at: until };
    await rig.trial.writeWeeklyReport(step);
    await rig.trial.writeWeeklyReport(step);
    const [report, ...others] = await listReports(rig.pool, 'xc');
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
  beforeEach(() => textClass(rig.pool, START));

  it('notice 1 is issued once', async () => {
    await rig.trial.issueFirstNotice({ trialId: 'xc', at: END });
    await rig.trial.issueFirstNotice({ trialId: 'xc', at: END + DAY });
    expect((await findTrial(rig.pool, 'xc'))?.notice1At).toEqual(new Date(END));
  });

  it('notice 2 goes once, to those of whom nobody has answered, in the exact words', async () => {
    await slip('p1', 'yes', END + 1000);
    await slip('p3', 'no', END + 1000);
    expect(await rig.trial.sendSecondNotice({ trialId: 'xc', at: END + 3 * DAY })).toEqual({ texts: 2 });
    expect(await rig.trial.sendSecondNotice({ trialId: 'xc', at: END + 4 * DAY })).toEqual({ texts: 0 });
    const notices = await rowsOf<{ guardian_id: string; body: string; source: string }>(
      `select guardian_id, body, source from sms where kind = 'notice' order by guardian_id`,
    );
    // p2 is of the family whose slip came back for p1.
    expect(notices.map((notice) => notice.guardian_id)).toEqual(['p4', 'p6']);
    const about = { school: '迎泽小学', children: [{ name: '刘小', className: '三年级1班' }], days: 7 };
    expect(notices[0]).toMatchObject({ body: TEXTS.NOTICE_2.zh(about), source: SHORT_CODE });
    expect((await findTrial(rig.pool, 'xc'))?.silentAt).toEqual(new Date(END + 10 * DAY));
  });

  it('the principal decides once; the same again changes nothing', async () => {
    expect(await decide('approved', END)).toBe(true);
    expect(await decide('approved', END + DAY)).toBe(true);
    expect(await decide('refused', END + DAY)).toBe(false);
    expect((await findTrial(rig.pool, 'xc'))?.decidedAt).toEqual(new Date(END));
    expect(await eventsOf('approved')).toBe(1);
  });
});

describe('the close', () => {
  it.each(['silent', 'refused', 'lapsed'] as const)('%s: no service, no order, no fee', async (as) => {
    await textClass(rig.pool, START);
    const counts = await rig.trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as });
    expect(counts).toMatchObject({ unanswered: 0, [as]: 5 });
    expect(await rig.trial.closeTrialPeriod({ trialId: 'xc', at: END + 2 * DAY, as: 'silent' })).toEqual(counts);
    expect(await subscriptionOf('p2')).toEqual({ state: 'cancelled', services: [] });
    expect(await subscriptionOf('p5')).toEqual({ state: 'active', services: ['home-school'] });
    expect(await rowsOf('select 1 from subscription_event')).toEqual([]);
    expect(await rig.trial.nextStep({ trialId: 'xc', now: END + 2 * DAY })).toBeNull();
    // And nobody tries again.
    expect(await textClass(rig.pool, END + 3 * DAY)).toEqual([]);
  });

  it('waits for the order of a yes that came since it was decided', async () => {
    await textClass(rig.pool, START);
    await slip('p1', 'yes', END + DAY);
    await rig.trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
    expect(await familyStates(rig.pool)).toMatchObject({ p1: 'awaiting-order', p2: 'unanswered' });
    await order('p1', END + DAY);
    await rig.trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
    expect(await familyStates(rig.pool)).toMatchObject({ p1: 'confirmed', p2: 'silent' });
  });

  it('an order made otherwise meanwhile stands', async () => {
    await textClass(rig.pool, START);
    await order('p2', END);
    await rig.trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
    expect(await familyStates(rig.pool)).toMatchObject({ p1: 'silent', p2: 'confirmed' });
  });

  it('an unknown trial fails at once', async () => {
    await expect(rig.trial.nextStep({ trialId: 'none', now: START })).rejects.toMatchObject({ nonRetryable: true });
    await expect(rig.trial.issueFirstNotice({ trialId: 'none', at: START })).rejects.toMatchObject({
      nonRetryable: true,
    });
  });
});
