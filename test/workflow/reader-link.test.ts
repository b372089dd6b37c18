import { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAttendanceActivities } from '../../activities/attendance.ts';
import { createReaderLinkActivities } from '../../activities/reader-link.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { workflowBundle } from '../../infra/temporal/bundle.ts';
import { createLog } from '../../infra/telemetry/log.ts';
import { readerLinkStatus } from '../../workflows/contracts.ts';
import { readerLinkId, TASK_QUEUE } from '../../workflows/ids.ts';
import type { Readiness } from '../../api/readiness.ts';
import { OPS_TOKEN, startApi } from '../support/api.ts';
import { BROKERS, type TestBroker } from '../support/brokers.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { recordHistory } from '../support/history.ts';
import { until } from '../support/poll.ts';
import { addGate, GATES, ReaderClient, signedSwipe } from '../support/reader.ts';
import { addSchool, textsOf } from '../support/school.ts';
import { starterOf } from '../support/starter.ts';
import { localTemporal, runWorker } from '../support/temporal.ts';

const log = createLog('test');
log.level = 'silent';

/** From the stop of a link's worker to the first swipe the next one has stored. */
const HANDOVER_MS = 3_000;

describe('the reader link on a Temporal server', () => {
  let environment: TestWorkflowEnvironment;
  let database: TestDatabase;
  let broker: TestBroker;
  let reader: ReaderClient;
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    [environment, database, broker] = await Promise.all([
      localTemporal(),
      createTestDatabase(),
      BROKERS[0]![1](),
      // Built by the first who wants it, which takes a busy machine as long as a test may.
      workflowBundle(),
    ]);
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
    // Its own: two workers of one task queue can't share a connection.
    const nativeConnection = await NativeConnection.connect({ address: environment.address });
    const client = new Client({ connection: nativeConnection });
    const starter = starterOf(pool, client);
    const stop = await runWorker(
      { nativeConnection },
      {
        taskQueue: TASK_QUEUE.readers,
        workflowBundle: { codePath: await workflowBundle() },
        maxHeartbeatThrottleInterval: '1s',
        activities: {
          ...createAttendanceActivities({ pool, carriers: loadCarriers() }),
          ...createReaderLinkActivities({
            ...{ pool, leasePool: pool, client, starter, log },
            mqttUrl: broker.platformUrl,
          }),
        },
      },
    );
    stops.push(stop);
    return stop;
  }

  const startLink = (shard: string) =>
    environment.client.workflow.start('readerLink', {
      workflowId: readerLinkId('gansu', shard),
      taskQueue: TASK_QUEUE.readers,
      args: [{ tenant: 'gansu', shard }],
    });

  it('texts a swipe, is handed to the next worker when its own stops, and ends when cancelled', async () => {
    const stopFirst = await startWorker();
    const handle = await startLink('0');
    await until('connected', async () => (await handle.query(readerLinkStatus)).state === 'connected');
    await reader.publish(signedSwipe({ seq: 1 }));
    await until('texted', async () => (await textsOf(database.pool, 'swipe/gate-1/b1/1/')).length === 1);
    expect(reader.acked()).toBe(1);
    await stopFirst();

    await reader.publish(signedSwipe({ seq: 2, card: 'CARD2' }));
    const stopSecond = await startWorker();
    await until('texted', async () => (await textsOf(database.pool, 'swipe/gate-1/b1/2/')).length === 1);

    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect((await handle.describe()).status.name).toBe('CANCELLED');
    await recordHistory('reader-link', handle);
    await stopSecond();
  });

  it('is handed over as quickly the sixth time as the first', { timeout: 120_000 }, async () => {
    const [gate] = GATES.filter(({ shard }) => shard === '7');
    let stop = await startWorker();
    const handle = await startLink('7');
    await until('connected', async () => (await handle.query(readerLinkStatus)).state === 'connected');
    await reader.publish(signedSwipe({ boot: 'h', seq: 1 }, gate), gate);
    await until('acked', () => reader.acked('h', 'gate-7') === 1);
    const took: number[] = [];
    for (let seq = 2; seq <= 7; seq++) {
      const stopNext = await startWorker();
      const since = performance.now();
      const stopped = stop();
      await reader.publish(signedSwipe({ boot: 'h', seq }, gate), gate);
      await stopped;
      // Whoever of the two has stored that one: this one is for the next alone.
      await reader.publish(signedSwipe({ boot: `h${seq}` }, gate), gate);
      await until('acked', () => reader.acked(`h${seq}`, 'gate-7') === 1);
      took.push(performance.now() - since);
      stop = stopNext;
    }
    expect(took.filter((ms) => ms > HANDOVER_MS)).toEqual([]);
    expect(reader.acked('h', 'gate-7')).toBe(7);
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    await stop();
  });

  it('says that it can not store, why, and that it can again', { timeout: 60_000 }, async () => {
    const stop = await startWorker();
    const handle = await startLink('0');
    const api = await startApi({ pool: database.pool, temporal: environment.client });
    const part = async () => {
      const { parts } = (await (await api.ask('GET', '/readyz', { token: OPS_TOKEN })).json()) as Readiness;
      return parts.find(({ name }) => name === readerLinkId('gansu', '0'));
    };
    try {
      await until('it is well', async () => (await part())?.status === 'ok');
      await database.pool.query('alter table swipe rename to gone');
      await reader.publish(signedSwipe({ boot: 's' }));
      const down = await until('it is down', async () => {
        const now = await part();
        return now?.status === 'down' && now;
      });
      expect(down.detail).toMatchObject({ state: 'stalled', lastError: 'database: 42P01' });
      await database.pool.query('alter table gone rename to swipe');
      await until('the swipe it held is acked', () => reader.acked('s') === 1);
      await until('it is well again', async () => (await part())?.status === 'ok');
      expect((await part())?.detail).toMatchObject({ state: 'connected', lastError: null });
    } finally {
      await api.close();
      await handle.cancel();
      await stop();
    }
  });
});
