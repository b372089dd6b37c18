import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAttendanceActivities } from '../../activities/attendance.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { attendanceEventId, TASK_QUEUE } from '../../workflows/ids.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { recordHistory } from '../support/history.ts';
import { until } from '../support/poll.ts';
import { addGate } from '../support/reader.ts';
import { addSchool, textsOf } from '../support/school.ts';
import { runWorker, skippingTemporal } from '../support/temporal.ts';

describe('the attendance event', () => {
  let environment: TestWorkflowEnvironment;
  let database: TestDatabase;
  let stopWorker: () => Promise<void>;

  beforeAll(async () => {
    environment = await skippingTemporal();
    database = await createTestDatabase();
    await addSchool(database.pool);
    await addGate(database.pool);
    stopWorker = await runWorker(environment, {
      taskQueue: TASK_QUEUE.readers,
      workflows: 'workflows/attendance-event.ts',
      activities: createAttendanceActivities({ pool: database.pool, carriers: loadCarriers() }),
    });
  });
  afterAll(async () => {
    await stopWorker();
    await environment.teardown();
    await database.drop();
  });

  async function swiped(seq: number) {
    await database.pool.query(
      `insert into swipe (device_id, boot, seq, card, at, dir)
      values ('gate-1', 'b1', $1, $2, now(), 'in')`,
      [seq, `CARD${seq}`],
    );
    return environment.client.workflow.start('attendanceEvent', {
      workflowId: attendanceEventId('gate-1', 'b1', seq),
      taskQueue: TASK_QUEUE.readers,
      args: [{ deviceId: 'gate-1', boot: 'b1', seq }],
    });
  }

  it('is six events long, and names nobody', async () => {
    const handle = await swiped(1);
    expect(await handle.result()).toBe('texted');
    const { events } = await handle.fetchHistory();
    expect(events).toHaveLength(6);
    await recordHistory('attendance-event', handle);
    const words = JSON.stringify(events, (_key, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : value,
    );
    expect(words).not.toMatch(/139\d{8}|王小兵|CARD1/);
  });

  it('survives a connection cut in the middle, and texts once', async () => {
    const lock = await database.pool.connect();
    await lock.query('begin');
    await lock.query('lock table attendance in access exclusive mode');
    const handle = await swiped(2);
    await until('cut', async () => {
      const { rows } = await lock.query<{ cut: boolean }>(
        'select pg_terminate_backend(pid) as cut from pg_locks where not granted and pid <> pg_backend_pid()',
      );
      return rows.length > 0;
    });
    await lock.query('rollback');
    lock.release();
    expect(await handle.result()).toBe('texted');
    expect(await textsOf(database.pool, 'swipe/gate-1/b1/2/')).toHaveLength(1);
  });

  it('does nothing again when it is started again', async () => {
    const handle = await environment.client.workflow.start('attendanceEvent', {
      workflowId: attendanceEventId('gate-1', 'b1', 1),
      taskQueue: TASK_QUEUE.readers,
      args: [{ deviceId: 'gate-1', boot: 'b1', seq: 1 }],
    });
    expect(await handle.result()).toBe('recorded-before');
    expect(await textsOf(database.pool, 'swipe/gate-1/b1/1/')).toHaveLength(1);
  });
});
