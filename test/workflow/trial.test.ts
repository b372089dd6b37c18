import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInboundSmsActivities } from '../../activities/inbound-sms.ts';
import { createSubscriptionActivities } from '../../activities/subscription.ts';
import { createTeacherMessageActivities } from '../../activities/teacher-message.ts';
import { createTrialActivities } from '../../activities/trial.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { inTransaction } from '../../infra/postgres/pool.ts';
import { recordAnswer } from '../../infra/postgres/trial-answers.ts';
import { listReports } from '../../infra/postgres/trial-reports.ts';
import { findTrial, lockTrial, recordDecision } from '../../infra/postgres/trials.ts';
import { trialLook } from '../../workflows/contracts.ts';
import { inboundSmsId, TASK_QUEUE, teacherMessageId, trialPeriodId } from '../../workflows/ids.ts';
import type { inboundSms } from '../../workflows/inbound-sms.ts';
import type { teacherMessage } from '../../workflows/teacher-message.ts';
import type { trialPeriod } from '../../workflows/trial-period.ts';
import { liveInAnyYear } from '../support/any-year.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { starterOf } from '../support/starter.ts';
import { recordHistory } from '../support/history.ts';
import { until } from '../support/poll.ts';
import { runWorker, skippingTemporal, wordsOf } from '../support/temporal.ts';
import { addTrialClass, addTrialMessage, familyStates, joinTrialClass, textClass } from '../support/trial.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('the trial workflow', { timeout: 60_000 }, () => {
  let environment: TestWorkflowEnvironment;
  let database: TestDatabase;
  let stopWorker: () => Promise<void>;
  let texts = 0;

  // A server of its own for each: a class has one trial for ever.
  beforeEach(async () => {
    environment = await skippingTemporal();
    database = await createTestDatabase();
    await liveInAnyYear(database.pool);
    await addTrialClass(database.pool);
    const deps = {
      pool: database.pool,
      carriers: loadCarriers(),
      starter: starterOf(database.pool, environment.client),
    };
    stopWorker = await runWorker(environment, {
      taskQueue: TASK_QUEUE.core,
      workflows: 'test/support/trial-workflows.ts',
      activities: {
        ...createInboundSmsActivities(deps),
        ...createSubscriptionActivities(deps),
        ...createTeacherMessageActivities(deps),
        ...createTrialActivities(deps),
      },
    });
  });
  afterEach(async () => {
    await stopWorker();
    await environment.teardown();
    await database.drop();
  });

  const rowsOf = async <Row extends object>(sql: string) => (await database.pool.query<Row>(sql)).rows;
  const trialOf = (trialId: string) =>
    environment.client.workflow.getHandle<typeof trialPeriod>(trialPeriodId(trialId));
  const now = () => environment.currentTimeMs();
  const sleepUntil = async (at: number) => environment.sleep(Math.max(1, at - (await now())));

  /** The teacher texts the class, which begins what trials there are to begin. */
  async function sendMessage(): Promise<void> {
    const messageId = await addTrialMessage(database.pool);
    const message = environment.client.workflow.execute<typeof teacherMessage>('teacherMessage', {
      workflowId: teacherMessageId(messageId),
      taskQueue: TASK_QUEUE.core,
      args: [{ messageId }],
    });
    // The carrier refuses all of it, which is final: the message need not be watched for three days.
    await until('the texts', async () => {
      const { rowCount } = await database.pool.query(`
        with gone as (delete from sms_queue returning sms_id)
        insert into sms_part (sms_id, part, state) select sms_id, 1, 'REJECTED' from gone`);
      return rowCount! > 0;
    });
    await message;
  }

  /** The same, without its message: the server's time stands still once a child that outlived its parent has ended. */
  async function beginTrials(): Promise<number> {
    const begun = await textClass(database.pool, await now());
    for (const trialId of begun)
      await environment.client.workflow.start<typeof trialPeriod>('trialPeriod', {
        workflowId: trialPeriodId(trialId),
        taskQueue: TASK_QUEUE.core,
        args: [{ trialId }],
      });
    return (await findTrial(database.pool, begun[0]!))!.endsAt.getTime();
  }

  async function begin(): Promise<{ handle: WorkflowHandle<typeof trialPeriod>; endsAt: number }> {
    await sendMessage();
    return { handle: trialOf('xc'), endsAt: (await findTrial(database.pool, 'xc'))!.endsAt.getTime() };
  }

  async function decide(decision: 'approved' | 'refused', trialId = 'xc'): Promise<void> {
    const at = new Date(await now());
    await inTransaction(database.pool, async (db) =>
      recordDecision(db, (await lockTrial(db, trialId))!, { decision, actor: 'principal', at, zone: 'Asia/Shanghai' }),
    );
    await trialOf(trialId).signal(trialLook);
  }

  async function slip(unit: string, answer: 'yes' | 'no', trialId = 'xc'): Promise<void> {
    const at = new Date(await now());
    await inTransaction(database.pool, (db) =>
      recordAnswer(db, {
        ...{ trialId, tenant: 'shanxi', unit, answer, at, guardianId: unit, channel: 'agent', actor: 'agent' },
        ...{ requestId: `slip-${unit}`, package: 'home-school+safety-sms', evidence: { slip: 'R-1' } },
      }),
    );
    await trialOf(trialId).signal(trialLook);
  }

  /** A text of guardian pN, at the server's time unless it is late. */
  async function sms(guardian: number, body: string, at?: number): Promise<WorkflowHandle<typeof inboundSms>> {
    const hash = `trial-${++texts}`;
    const { rows } = await database.pool.query<{ id: number }>(
      `insert into mo (tenant, hash, phone, destination, body, received_at, stored_at)
      values ('shanxi', $1, $2, '1065827031', $3, $4, $5) returning id`,
      [hash, `1390000000${guardian}`, body, new Date(at ?? (await now())), new Date(await now())],
    );
    const moId = rows[0]!.id;
    // Not waited for by its result: that would let time run on to the next timer.
    const handle = await environment.client.workflow.start<typeof inboundSms>('inboundSms', {
      workflowId: inboundSmsId('shanxi', hash),
      taskQueue: TASK_QUEUE.core,
      args: [{ moId }],
    });
    await until('the answer', async () => (await rowsOf(`select from mo_outcome where mo_id = ${moId}`)).length === 1);
    return handle;
  }

  const ordered = () =>
    rowsOf<{ unit: string; package: string; type: string; channel: string; at: Date }>(
      'select unit, package, type, channel, at from subscription_event order by id',
    );
  const stateOf = async (unit: string) =>
    (await rowsOf<{ state: string; services: string[] }>(`select * from unit_service('shanxi', '${unit}')`))[0]!;
  const served = async () =>
    (
      await rowsOf<{ unit: string }>(
        `select g.id as unit from guardian g, unit_service(g.tenant, g.id) s where s.services <> '{}' order by g.id`,
      )
    ).map(({ unit }) => unit);

  it('asks nobody without the principal; a silent one lapses, and nobody is billed', async () => {
    const { handle, endsAt } = await begin();
    await sleepUntil(endsAt + 29 * DAY);
    expect(await served()).toEqual(['p1', 'p2', 'p3', 'p4', 'p5', 'p6']);
    expect(await handle.result()).toMatchObject({ lapsed: 5, confirmed: 0 });
    expect(await served()).toEqual(['p5']);
    expect(await rowsOf(`select from sms where kind = 'notice'`)).toEqual([]);
    expect(await ordered()).toEqual([]);
    await recordHistory('trial-period-lapsed', handle);
  });

  it('reports each weekend of the trial, and at its end', async () => {
    const { handle, endsAt } = await begin();
    await handle.result();
    const reports = await listReports(database.pool, 'xc');
    expect(reports.length).toBeGreaterThanOrEqual(5);
    const { startedAt } = (await findTrial(database.pool, 'xc'))!;
    expect(reports[0]!.from).toEqual(startedAt);
    expect(reports.at(-1)!.until.getTime()).toBe(endsAt);
    for (const [i, report] of reports.slice(1).entries()) expect(report.from).toEqual(reports[i]!.until);
    for (const { until } of reports.slice(0, -1)) expect(until.toISOString()).toMatch(/T10:00:00.000Z$/);
    for (const { until } of reports.slice(0, -1)) expect(until.getUTCDay()).toBe(0);
  });

  it('with every ending at once: confirmed by text and by slip, early and late, declined, silent', async () => {
    const { handle, endsAt } = await begin();
    await sleepUntil(endsAt - 10 * DAY);
    await sms(1, 'JX');
    await decide('approved');
    await sleepUntil(endsAt - HOUR);
    expect(await ordered()).toEqual([]);
    await sleepUntil(endsAt + HOUR);
    const early = { unit: 'p1', package: 'home-school', type: 'order', channel: 'sms', at: new Date(endsAt) };
    expect(await ordered()).toEqual([early]);
    expect(await stateOf('p1')).toMatchObject({ state: 'active' });
    expect((await findTrial(database.pool, 'xc'))!.notice1At!.getTime()).toBeGreaterThanOrEqual(endsAt);

    await sleepUntil(endsAt + 2 * DAY);
    const slipAt = await now();
    await slip('p3', 'yes');
    await sleepUntil(endsAt + 2 * DAY + HOUR);
    const [, bySlip] = await ordered();
    expect(bySlip).toMatchObject({ unit: 'p3', package: 'home-school+safety-sms', channel: 'agent' });
    expect(bySlip!.at.getTime()).toBeGreaterThanOrEqual(slipAt);
    expect(await stateOf('p3')).toMatchObject({ state: 'active', services: ['home-school', 'safety-sms'] });

    await sleepUntil(endsAt + 4 * DAY);
    const noticed = await rowsOf<{ guardian_id: string }>(
      `select guardian_id from sms where kind = 'notice' order by guardian_id`,
    );
    // p2 is of p1's family, which has answered.
    expect(noticed.map((notice) => notice.guardian_id)).toEqual(['p4', 'p6']);
    await sms(4, '不');
    expect(await stateOf('p4')).toMatchObject({ state: 'cancelled', services: [] });
    await sms(2, '同意');
    expect(await stateOf('p2')).toMatchObject({ state: 'active' });
    const { silentAt } = (await findTrial(database.pool, 'xc'))!;
    await sleepUntil(silentAt!.getTime() - HOUR);
    expect(await stateOf('p6')).toMatchObject({ state: 'trial', services: ['home-school'] });

    expect(await handle.result()).toMatchObject({ confirmed: 3, declined: 1, silent: 1, unanswered: 0 });
    expect(await familyStates(database.pool)).toEqual({
      ...{ p1: 'confirmed', p2: 'confirmed', p3: 'confirmed', p4: 'declined', p6: 'silent' },
    });
    expect(await served()).toEqual(['p1', 'p2', 'p3', 'p5']);
    expect((await ordered()).filter(({ unit }) => unit === 'p4' || unit === 'p6')).toEqual([]);
    await recordHistory('trial-period-every-ending', handle);
    const history = wordsOf(await handle.fetchHistory());
    for (const secret of ['1390000000', '王小兵', '王父', '跳绳']) expect(history).not.toContain(secret);
  });

  it('ends early when all have answered', async () => {
    const { handle, endsAt } = await begin();
    await decide('approved');
    await sleepUntil(endsAt + HOUR);
    for (const unit of ['p1', 'p2', 'p3', 'p4']) await slip(unit, unit === 'p1' ? 'yes' : 'no');
    await slip('p6', 'no');
    await handle.result();
    expect(await findTrial(database.pool, 'xc')).toMatchObject({ closedAs: 'answered', notice2At: null });
    expect(await now()).toBeLessThan(endsAt + DAY);
    expect(await served()).toEqual(['p1', 'p5']);
  });

  it('a principal who refuses ends it at its end; who said yes by themselves is ordered for', async () => {
    const { handle, endsAt } = await begin();
    await sms(1, 'JX');
    await decide('refused');
    await sleepUntil(endsAt - HOUR);
    expect(await served()).toHaveLength(6);
    expect(await handle.result()).toMatchObject({ confirmed: 1, refused: 4 });
    expect(await served()).toEqual(['p1', 'p5']);
    expect(await rowsOf(`select from sms where kind = 'notice'`)).toEqual([]);
  });

  it('a principal who is late still gets both notices', async () => {
    const { handle, endsAt } = await begin();
    await sleepUntil(endsAt + 20 * DAY);
    await decide('approved');
    await sleepUntil(endsAt + 21 * DAY - HOUR);
    expect(await findTrial(database.pool, 'xc')).toMatchObject({ notice2At: null, closedAt: null });
    expect(await handle.result()).toMatchObject({ silent: 5 });
    const { notice1At, notice2At, silentAt } = (await findTrial(database.pool, 'xc'))!;
    expect(notice2At!.getTime() - notice1At!.getTime()).toBeGreaterThanOrEqual(DAY);
    expect(silentAt!.getTime() - notice2At!.getTime()).toBe(7 * DAY);
    await recordHistory('trial-period-late-principal', handle);
  });

  it('what was said on trial and heard after the close is ordered as at its end', async () => {
    const { handle, endsAt } = await begin();
    await decide('approved');
    expect(await handle.result()).toMatchObject({ silent: 5 });
    await sms(3, 'JX', endsAt - DAY);
    expect(await ordered()).toMatchObject([{ unit: 'p3', type: 'order', channel: 'sms', at: new Date(endsAt) }]);
    expect(await served()).toEqual(['p3', 'p5']);
    // There is no workflow left that this no could be told.
    const { silentAt } = (await findTrial(database.pool, 'xc'))!;
    await (await sms(4, '不', silentAt!.getTime() - HOUR)).result();
    expect(await familyStates(database.pool)).toMatchObject({ p4: 'declined' });
  });

  it('what was said on trial and heard after its end is ordered at once, not at the next step', async () => {
    const { handle, endsAt } = await begin();
    await sleepUntil(endsAt + HOUR);
    await sms(3, 'JX', endsAt - HOUR);
    await until('ordered', async () => (await ordered()).length === 1);
    expect(await ordered()).toMatchObject([{ unit: 'p3', at: new Date(endsAt) }]);
    expect(await now()).toBeLessThan(endsAt + DAY);
    await handle.terminate();
  });

  it('what a subscription refuses ends unbilled', async () => {
    const { handle, endsAt } = await begin();
    await sleepUntil(endsAt + HOUR);
    await slip('p6', 'yes');
    await sleepUntil(endsAt + 2 * HOUR);
    expect(await familyStates(database.pool)).toMatchObject({ p6: 'not-taken' });
    expect(await stateOf('p6')).toMatchObject({ state: 'cancelled', services: [] });
    expect(await ordered()).toEqual([]);
    await handle.terminate();
  });

  it('who joins later goes the same way alone', async () => {
    const endsAt = await beginTrials();
    await sleepUntil(endsAt - 10 * DAY);
    await joinTrialClass(database.pool, 'late', '13900000009');
    const endsAlone = await beginTrials();
    await decide('refused');
    await sleepUntil(endsAt + HOUR);
    expect(await findTrial(database.pool, 'xc')).toMatchObject({ closedAs: 'refused' });
    expect(await stateOf('late')).toMatchObject({ state: 'trial' });
    await sleepUntil(endsAlone + HOUR);
    await decide('approved', 'xc:2');
    await sleepUntil(endsAlone + 5 * DAY);
    expect(await rowsOf(`select guardian_id from sms where kind = 'notice'`)).toEqual([{ guardian_id: 'late' }]);
    await sms(9, 'JX');
    expect(await trialOf('xc:2').result()).toMatchObject({ confirmed: 1 });
    expect(await listReports(database.pool, 'xc:2')).toEqual([]);
  });
});
