import { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAttendanceActivities } from '../../activities/attendance.ts';
import { createReaderLinkActivities } from '../../activities/reader-link.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { workflowBundle } from '../../infra/temporal/bundle.ts';
import { createLog } from '../../infra/telemetry/log.ts';
import { readerLinkStatus } from '../../workflows/contracts.ts';
import { readerLinkId, TASK_QUEUE } from '../../workflows/ids.ts';
import { BROKERS, type TestBroker } from '../support/brokers.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { recordHistory } from '../support/history.ts';
import { until } from '../support/poll.ts';
import { addGate, ReaderClient, signedSwipe } from '../support/reader.ts';
import { addSchool, textsOf } from '../support/school.ts';
import { localTemporal, runWorker } from '../support/temporal.ts';

const log = createLog('test');
log.level = 'silent';

describe('the reader link on a Temporal server', () => {
  let environment: TestWorkflowEnvironment;
  let database: TestDatabase;
  let broker: TestBroker;
  let reader: ReaderClient;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    [environment, database, broker] = await Promise.all([localTemporal(), createTestDatabase(), BROKERS[0]![1]()]);
    await addSchool(database.pool);
    await addGate(database.pool);
    reader = await ReaderClient.connect(broker);
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
    await reader.close();
    await environment.teardown();
    await broker.close();
    await database.drop();
  });

  async function startWorker(): Promise<() => Promise<void>> {
    const { pool } = database;
    const client = new Client({ connection: environment.nativeConnection });
    const stop = await runWorker(environment, {
      taskQueue: TASK_QUEUE.readers,
      workflowBundle: { codePath: await workflowBundle() },
      maxHeartbeatThrottleInterval: '1s',
      activities: {
        ...createAttendanceActivities({ pool, carriers: loadCarriers() }),
        ...createReaderLinkActivities({ pool, carriers: loadCarriers(), client, log, mqttUrl: broker.platformUrl }),
      },
    });
    stops.push(stop);
    return stop;
  }

  it('texts a swipe, is handed to the next worker when its own stops, and ends when cancelled', async () => {
    const stopFirst = await startWorker();
    const handle = await environment.client.workflow.start('readerLink', {
      workflowId: readerLinkId('gansu', '0'),
      taskQueue: TASK_QUEUE.readers,
      args: [{ tenant: 'gansu', shard: '0' }],
    });
    await until('connected', async () => (await handle.query(readerLinkStatus)).state === 'connected');
    await reader.publish(signedSwipe({ seq: 1 }));
    await until('texted', async () => (await textsOf(database.pool, 'swipe/gate-1/b1/1/')).length === 1);
    expect(reader.acked()).toBe(1);
    await stopFirst();

    await reader.publish(signedSwipe({ seq: 2, card: 'CARD2' }));
    await startWorker();
    await until('texted', async () => (await textsOf(database.pool, 'swipe/gate-1/b1/2/')).length === 1);

    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    await recordHistory('reader-link', handle);
  });
});
