import type { WorkflowHandleWithStartDetails } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTeacherMessageActivities } from '../../activities/teacher-message.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { decideUncertain } from '../../infra/postgres/uncertain.ts';
import { cancelMessage, messageProgress } from '../../workflows/contracts.ts';
import { teacherMessageId, TASK_QUEUE } from '../../workflows/ids.ts';
import type { teacherMessage } from '../../workflows/teacher-message.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { recordHistory } from '../support/history.ts';
import { until } from '../support/poll.ts';
import { addMessage, addSchool } from '../support/school.ts';
import { runWorker, skippingTemporal, wordsOf } from '../support/temporal.ts';
import { loseQueued } from '../support/uncertain.ts';

const HOUR = 3_600_000;

describe('the message workflow', () => {
  let environment: TestWorkflowEnvironment;
  let database: TestDatabase;
  let stopWorker: () => Promise<void>;

  beforeAll(async () => {
    environment = await skippingTemporal();
  });
  afterAll(() => environment.teardown());
  beforeEach(async () => {
    database = await createTestDatabase();
    await addSchool(database.pool);
    stopWorker = await runWorker(environment, {
      taskQueue: TASK_QUEUE.core,
      workflows: 'workflows/teacher-message.ts',
      activities: createTeacherMessageActivities({ pool: database.pool, carriers: loadCarriers(), pageSize: 2 }),
    });
  });
  afterEach(async () => {
    await stopWorker();
    await database.drop();
  });

  type Handle = WorkflowHandleWithStartDetails<typeof teacherMessage>;
  const start = (messageId: string): Promise<Handle> =>
    environment.client.workflow.start<typeof teacherMessage>('teacherMessage', {
      workflowId: teacherMessageId(messageId),
      taskQueue: TASK_QUEUE.core,
      args: [{ messageId }],
    });
  const queued = async () =>
    (await database.pool.query<{ count: number }>('select count(*) from sms_queue')).rows[0]!.count;
  const stateOf = async (messageId: string) =>
    (await database.pool.query<{ state: string }>('select state from message where id = $1', [messageId])).rows[0]!
      .state;
  const becomes = (handle: Handle, state: string) =>
    until(`state ${state}`, async () => (await handle.query(messageProgress)).state === state);

  /** Sends and delivers what is queued, as a carrier would, until told to stop. */
  function carrier(): { stop: () => Promise<void> } {
    let stopped = false;
    const sending = (async () => {
      while (!stopped) {
        await database.pool.query(`
          with gone as (delete from sms_queue returning sms_id), sent as (
            insert into sms_part (sms_id, part, state) select sms_id, 1, 'ACCEPTED' from gone)
          insert into sms_receipt (tenant, smsc_id, phone, state, sms_id, part)
            select 'gansu', sms_id::text, 'p', 'DELIVERED', sms_id, 1 from gone`);
      }
    })();
    return {
      stop: () => {
        stopped = true;
        return sending;
      },
    };
  }

  /** Makes it quiet from an hour ago until `hours` from now, by the clock of the server. Returns when it ends. */
  async function quietFor(hours: number): Promise<number> {
    const now = await environment.currentTimeMs();
    const end = Math.floor((now + hours * HOUR) / 1000) * 1000;
    await database.pool.query(
      `update school set quiet_from = (to_timestamp($1 / 1000.0) at time zone 'Asia/Shanghai')::time(0),
        quiet_until = (to_timestamp($2 / 1000.0) at time zone 'Asia/Shanghai')::time(0)`,
      [now - HOUR, end],
    );
    return end;
  }

  it('leaves at once by day, and ends when all is delivered', async () => {
    const messageId = await addMessage(database.pool, { audience: { schoolId: 'k1' } });
    const gateway = carrier();
    const outcome = await (await start(messageId)).result();
    await gateway.stop();
    expect(outcome).toEqual({
      state: 'sent',
      counts: { queued: 0, submitted: 0, accepted: 0, delivered: 3, failed: 0, suppressed: 1 },
    });
    expect(await stateOf(messageId)).toBe('sent');
  });

  it('waits until quiet hours end', async () => {
    const end = await quietFor(5);
    const messageId = await addMessage(database.pool, { audience: { classIds: ['c1'] } });
    const handle = await start(messageId);
    await becomes(handle, 'waiting');
    expect(await stateOf(messageId)).toBe('waiting');
    expect(await queued()).toBe(0);
    const gateway = carrier();
    expect(await handle.result()).toMatchObject({ state: 'sent', counts: { delivered: 3 } });
    await gateway.stop();
    expect(await environment.currentTimeMs()).toBeGreaterThanOrEqual(end);
    await expectFirstTimerToEndAt(handle, end);
    await recordHistory('teacher-message-quiet', handle);
  });

  it('waits for its own time, and for the quiet hours that fall on it', async () => {
    const end = await quietFor(5);
    const sendAt = new Date(end - HOUR);
    const messageId = await addMessage(database.pool, { audience: { classIds: ['c1'] }, sendAt });
    const later = await addMessage(database.pool, { audience: { classIds: ['c1'] }, sendAt: new Date(end + HOUR) });
    const handles = [await start(messageId), await start(later)];
    const gateway = carrier();
    for (const handle of handles) expect(await handle.result()).toMatchObject({ state: 'sent' });
    await gateway.stop();
    await expectFirstTimerToEndAt(handles[0]!, end);
    await expectFirstTimerToEndAt(handles[1]!, end + HOUR);
  });

  it('cancelled while it waits, texts nobody', async () => {
    await quietFor(5);
    const messageId = await addMessage(database.pool, { audience: { classIds: ['c1'] } });
    const handle = await start(messageId);
    await becomes(handle, 'waiting');
    await handle.signal(cancelMessage);
    expect(await handle.result()).toMatchObject({ state: 'cancelled', counts: { queued: 0, failed: 0 } });
    expect(await stateOf(messageId)).toBe('cancelled');
    expect((await database.pool.query('select from sms')).rowCount).toBe(0);
  });

  it('cancelled while it is queued, keeps back what has not left', async () => {
    const messageId = await addMessage(database.pool, { audience: { classIds: ['c1'] } });
    const handle = await start(messageId);
    await until('queued', async () => (await queued()) === 3);
    await database.pool.query(`
      with gone as (delete from sms_queue where sms_id = (select min(sms_id) from sms_queue) returning sms_id)
      insert into sms_part (sms_id, part, state) select sms_id, 1, 'REJECTED' from gone`);
    await handle.signal(cancelMessage);
    expect(await handle.result()).toMatchObject({ state: 'cancelled', counts: { queued: 0, failed: 3 } });
    expect(await stateOf(messageId)).toBe('cancelled');
    expect((await database.pool.query(`select from sms_status where state = 'CANCELLED'`)).rowCount).toBe(2);
    await recordHistory('teacher-message-cancelled', handle);
  });

  it('stops watching after 72 hours, with a short history', async () => {
    const messageId = await addMessage(database.pool, { audience: { classIds: ['c1'] } });
    const before = await environment.currentTimeMs();
    const handle = await start(messageId);
    expect(await handle.result()).toMatchObject({ state: 'sent', counts: { queued: 3 } });
    expect(await environment.currentTimeMs()).toBeGreaterThanOrEqual(before + 72 * HOUR);
    expect((await handle.describe()).historyLength).toBeLessThan(2500);
  });

  it('ends once a person has decided about the text whose fate nobody knew', async () => {
    const messageId = await addMessage(database.pool, { audience: { studentIds: ['s1'] } });
    const handle = await start(messageId);
    await until('queued', async () => (await queued()) === 1);
    await loseQueued(database.pool);
    await decideUncertain(
      database.pool,
      { tenants: ['gansu'], messageId },
      { as: 'given-up', note: 'nobody knows', accountId: 'a1', requestKey: 'k' },
      10,
    );
    expect(await handle.result()).toMatchObject({ state: 'sent', counts: { submitted: 0, failed: 1 } });
    // At its next look, and not after the 72 hours: by looks, for the server's clock may jump while nothing is timed.
    const { events } = await handle.fetchHistory();
    expect(events!.filter((event) => event.timerFiredEventAttributes).length).toBeLessThan(5);
  });

  it('has nobody in its history', async () => {
    const messageId = await addMessage(database.pool, { audience: { schoolId: 'k1' }, text: '机密' });
    const gateway = carrier();
    const handle = await start(messageId);
    await handle.result();
    await gateway.stop();
    const written = wordsOf(await handle.fetchHistory());
    expect(written).toContain(messageId);
    for (const secret of ['1390000000', '1380000000', '机密', '王小兵']) expect(written).not.toContain(secret);
  });

  /** The workflow slept until `at`, to within the second that starting it took. */
  async function expectFirstTimerToEndAt(handle: Handle, at: number): Promise<void> {
    const { events } = await handle.fetchHistory();
    const fired = events!.find((event) => event.timerFiredEventAttributes)!;
    const seconds = Number(fired.eventTime!.seconds);
    expect(seconds).toBeGreaterThanOrEqual(Math.floor(at / 1000));
    expect(seconds).toBeLessThanOrEqual(Math.floor(at / 1000) + 1);
  }
});
