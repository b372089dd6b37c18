import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { startReaderAlarmSchedules } from '../../workers/schedules.ts';
import { readerAlarmScheduleId, TASK_QUEUE } from '../../workflows/ids.ts';
import { recordHistory } from '../support/history.ts';
import { until } from '../support/poll.ts';
import { localTemporal, runWorker } from '../support/temporal.ts';

const carriers = loadCarriers();
let environment: TestWorkflowEnvironment;
let stop: () => Promise<void>;
let sweeps: { tenant: string; until: number }[];
/** How often the database is away. */
let away = 0;

beforeAll(async () => {
  sweeps = [];
  environment = await localTemporal();
  stop = await runWorker(environment, {
    workflows: 'workflows/reader-alarms.ts',
    taskQueue: TASK_QUEUE.readers,
    activities: {
      sweepReaderAlarms(sweep: (typeof sweeps)[number]) {
        if (away-- > 0) throw new Error('the database is away');
        sweeps.push(sweep);
        return Promise.resolve({ raised: 1, cleared: 0 });
      },
    },
  });
});
afterAll(async () => {
  await stop();
  await environment.teardown();
});

it('is looked at by a Schedule in the carrier’s zone, through an outage of the database too', async () => {
  // Made once, however often a worker starts.
  await startReaderAlarmSchedules(environment.client, carriers);
  await startReaderAlarmSchedules(environment.client, carriers);
  const schedule = environment.client.schedule.getHandle(readerAlarmScheduleId('gansu'));
  const { spec, info } = await schedule.describe();
  expect(spec).toMatchObject({ timezone: carriers.profile('gansu').zone });
  const [one, other] = info.nextActionTimes;
  expect(other!.getTime() - one!.getTime()).toBe(120_000);

  away = 2;
  const since = Date.now();
  await schedule.trigger();
  const { until: looked } = await until('a look', () => sweeps.find(({ tenant }) => tenant === 'gansu'));
  // What came in the moment before may still be on its way into the database.
  expect(looked).toBeGreaterThanOrEqual(since - 30_000);
  expect(looked).toBeLessThanOrEqual(Date.now() - 30_000);
  expect(away).toBeLessThanOrEqual(0);
});

it('answers what it did', async () => {
  const handle = await environment.client.workflow.start('readerAlarms', {
    ...{ workflowId: 'by-hand', taskQueue: TASK_QUEUE.readers, args: [{ tenant: 'shanxi' }] },
  });
  expect(await handle.result()).toMatchObject({ raised: 1, cleared: 0 });
  await recordHistory('reader-alarms', handle);
});
