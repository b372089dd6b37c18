import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCarrierLinkActivities } from '../../activities/carrier-link.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { startSmsc, type Smsc } from '../../infra/embedded/smsc/smsc.ts';
import { setBinds } from '../../infra/postgres/carrier-binds.ts';
import { createLog } from '../../infra/telemetry/log.ts';
import type { carrierLink } from '../../workflows/carrier-link.ts';
import {
  carrierLinkStatus,
  configureLink,
  drainLink,
  pauseLink,
  resumeLink,
  setLinkRate,
} from '../../workflows/contracts.ts';
import { carrierLinkId, TASK_QUEUE } from '../../workflows/ids.ts';
import { aText, queue, states } from '../support/carrier-link.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { IDLE_STARTER } from '../../infra/temporal/pending-starter.ts';
import { recordHistory } from '../support/history.ts';
import { until } from '../support/poll.ts';
import { localTemporal, longHistory, runWorker } from '../support/temporal.ts';

/** How long a history the server lets grow before it suggests to continue as new. */
const LONG_HISTORY = 40;

describe('the carrierLink workflow', () => {
  let database: TestDatabase;
  let environment: TestWorkflowEnvironment;
  let smsc: Smsc;
  let stopWorker: () => Promise<void>;
  let link: WorkflowHandleWithFirstExecutionRunId<typeof carrierLink>;

  beforeAll(async () => {
    database = await createTestDatabase();
    smsc = await startSmsc({ receiptDelayMs: 10 });
    environment = await localTemporal(longHistory(LONG_HISTORY));
    stopWorker = await startWorker();
    link = await environment.client.workflow.start<typeof carrierLink>('carrierLink', {
      workflowId: carrierLinkId('gansu', 0),
      taskQueue: TASK_QUEUE.carrier,
      args: [{ tenant: 'gansu', link: 0, configured: { links: 1, rate: null } }],
    });
  });
  afterAll(async () => {
    await recordHistory('carrier-link', link);
    await link.cancel();
    await expect(link.result()).rejects.toThrow();
    await stopWorker();
    await environment.teardown();
    await smsc.stop();
    await database.drop();
  });

  const startWorker = () =>
    runWorker(environment, {
      taskQueue: TASK_QUEUE.carrier,
      // A cancellation reaches an activity with the answer to its heartbeat.
      maxHeartbeatThrottleInterval: '200 ms',
      workflows: 'workflows/carrier-link.ts',
      activities: createCarrierLinkActivities({
        pool: database.pool,
        leasePool: database.pool,
        carriers: loadCarriers(),
        client: environment.client,
        starter: IDLE_STARTER,
        log: createLog('test'),
        smppAddress: () => ({ ...smsc.smpp, tls: false, systemId: 'campusline', password: 'campus' }),
        options: { reportMs: 50 },
      }),
    });
  const stateIs = (state: string) => until(state, async () => (await link.query(carrierLinkStatus)).state === state);
  const delivered = (ids: number[]) =>
    until('delivered', async () => (await states(database.pool, ids)).every((state) => state === 'DELIVERED'));

  it('carries a text from the outbox to a phone', async () => {
    await delivered(await queue(database.pool, aText()));
  });

  it('holds texts while paused, and sends them when resumed', async () => {
    await link.signal(pauseLink);
    await stateIs('paused');
    const ids = await queue(database.pool, aText());
    expect(await states(database.pool, ids)).toEqual(['QUEUED']);
    await link.signal(resumeLink);
    await delivered(ids);
  });

  it('unbinds when drained, and binds again when resumed', async () => {
    await link.signal(drainLink);
    await until('unbound', () => smsc.stats().sessions.length === 0);
    await stateIs('disconnected');
    await link.signal(resumeLink);
    await stateIs('bound');
  });

  it('takes a rate, and leaves an impossible one alone', async () => {
    await link.signal(setLinkRate, 50);
    await link.signal(setLinkRate, 0);
    await until('rate', async () => (await link.query(carrierLinkStatus)).rate === 50);
    await until('the owner keeps it', async () => {
      const { rows } = await database.pool.query<{ rate: number }>("select status->'rate' as rate from carrier_link");
      return rows[0]?.rate === 50;
    });
  });

  it('keeps an operator’s rate over a restart, until another is configured', async () => {
    const rate = async () => (await link.query(carrierLinkStatus)).rate;
    await link.signal(configureLink, { links: 1, rate: null });
    expect(await rate()).toBe(50);
    await link.signal(configureLink, { links: 1, rate: 70 });
    expect(await rate()).toBe(70);
  });

  it('begins anew when the carrier has another number of binds, and then shares the phones', async () => {
    const linksOf = async () =>
      (await database.pool.query<{ epoch: number }>('select epoch from carrier_link where link = 0')).rows[0]!.epoch;
    const before = await linksOf();
    await setBinds(database.pool, 'gansu', 2);
    await link.signal(configureLink, { links: 2, rate: 70 });
    await until('taken anew', async () => (await linksOf()) > before);
    await setBinds(database.pool, 'gansu', 1);
    await link.signal(configureLink, { links: 1, rate: 70 });
    await delivered(await queue(database.pool, aText()));
    link = environment.client.workflow.getHandle(link.workflowId) as typeof link;
  });

  it('goes on with a new history when the old one is long, with what ops asked for', async () => {
    for (let n = 0; n < LONG_HISTORY; n++) await link.signal(setLinkRate, 60 + n);
    const running = () => environment.client.workflow.getHandle(link.workflowId).describe();
    await until('continued as new', async () => (await running()).runId !== link.firstExecutionRunId);
    link = environment.client.workflow.getHandle(link.workflowId) as typeof link;
    await until('rate', async () => (await link.query(carrierLinkStatus)).rate === 60 + LONG_HISTORY - 1);
    await delivered(await queue(database.pool, aText()));
  });

  it('moves to another worker when its own shuts down, as quickly each time', async () => {
    for (let handover = 0; handover < 4; handover++) {
      await stopWorker();
      const ids = await queue(database.pool, aText());
      stopWorker = await startWorker();
      await until('delivered', async () => (await states(database.pool, ids))[0] === 'DELIVERED');
    }
  });
});
