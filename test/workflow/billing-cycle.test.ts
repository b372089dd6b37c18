import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBillingActivities, type BillingActivities } from '../../activities/billing.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { resultsUpdate } from '../../workflows/contracts.ts';
import type { BillingCycleInput } from '../../workflows/billing-cycle.ts';
import { billingCycleId, billingScheduleId, TASK_QUEUE } from '../../workflows/ids.ts';
import { startBillingSchedules } from '../../workers/schedules.ts';
import { addFamilies, cancel, ledgerOf, order, resultsFor, upload } from '../support/billing.ts';
import { localTemporal } from '../support/temporal.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { recordHistory } from '../support/history.ts';
import { until } from '../support/poll.ts';

const FAMILIES = 24;
const march = { tenant: 'gansu', month: '2026-03' };
/** Small chunks, so that there are many places to stop at; results are waited for as long as a test takes. */
const options = { chunkUnits: 2, chunksPerActivity: 1, resultsDays: 10_000 };
const carriers = loadCarriers();

let environment: TestWorkflowEnvironment;
let database: TestDatabase;
let expected: unknown;
let bundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  bundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../workflows/billing-cycle.ts', import.meta.url)),
  });
  environment = await localTemporal();
});
afterAll(() => environment.teardown());

beforeEach(async () => {
  database = await createTestDatabase();
  await addFamilies(database.pool, 'gansu', FAMILIES);
  for (let family = 0; family < FAMILIES; family++) {
    await order(database.pool, 'gansu', family, family % 2 ? '2026-02-10T10:00:00+08:00' : '2026-03-05T10:00:00+08:00');
    if (family % 3 === 0)
      await cancel(database.pool, 'gansu', family, '2026-03-06T10:00:00+08:00', `2026-03-${family % 2 ? '06' : '30'}T10:00:00+08:00`); // prettier-ignore
  }
});
afterEach(() => database.drop());

/** Runs `work` beside a worker with these activities. */
async function withWorker<T>(activities: BillingActivities, work: () => Promise<T>): Promise<T> {
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: TASK_QUEUE.core,
    workflowBundle: bundle,
    activities,
  });
  return worker.runUntil(work);
}

const activitiesHere = () => createBillingActivities({ pool: database.pool, carriers });
const handle = () => environment.client.workflow.getHandle(billingCycleId(march.tenant, march.month));
const start = (input: Partial<BillingCycleInput> = {}) =>
  environment.client.workflow.start('billingCycle', {
    workflowId: billingCycleId(march.tenant, march.month),
    taskQueue: TASK_QUEUE.core,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [{ ...march, options, ...input }],
  });
const stateOf = async () =>
  (await database.pool.query<{ state: string }>('select state from billing_run')).rows[0]?.state;
const untilState = (state: string) => until(`the run is ${state}`, async () => (await stateOf()) === state);
const filesOf = async () =>
  (await database.pool.query<{ lines: number; fen: number }>('select lines, fen from charge_file order by id')).rows;

/** Waits until the month has been told and adds up, then lets every line succeed. */
async function answer(): Promise<void> {
  const isBalanced = async () =>
    (await database.pool.query('select from billing_run where balance is not null')).rowCount;
  await until('the month adds up', async () => (await isBalanced()) === 1);
  const uploadId = await upload(database.pool, 1, await resultsFor(database.pool, 1, []));
  const report = await handle().executeUpdate(resultsUpdate, { args: [uploadId] });
  expect(report).toMatchObject({ accepted: true, failures: 0 });
  await handle().result();
}

describe('a billing cycle', () => {
  it('charges, tells, reads the results back and ends; a second run changes nothing', async () => {
    await withWorker(activitiesHere(), async () => {
      await start();
      await answer();
      expected = await ledgerOf(database.pool, march);
      const files = await filesOf();
      await start();
      await handle().result();
      expect(await ledgerOf(database.pool, march)).toEqual(expected);
      expect(await filesOf()).toEqual(files);
      expect(await stateOf()).toBe('settled');
      await recordHistory('billing-cycle', handle());
    });
    expect(expected).toHaveLength(FAMILIES + 4);
  });

  it('leaves the same ledger when it is killed halfway ten times', async () => {
    for (let kill = 1; kill <= 10; kill++) {
      await withWorker(activitiesHere(), async () => {
        await start();
        await until('it has charged some', async () => (await ledgerOf(database.pool, march)).length >= kill * 2);
        await handle().terminate('killed by the test');
      });
    }
    await withWorker(activitiesHere(), async () => {
      await start();
      await answer();
    });
    expect(await ledgerOf(database.pool, march)).toEqual(expected);
    expect(await filesOf()).toHaveLength(1);
  });

  it('survives a crash before and after the effect of every activity', async () => {
    const crashed = new Set<string>();
    const crashing = Object.fromEntries(
      Object.entries(activitiesHere()).map(([name, activity]) => [
        name,
        async (input: never) => {
          crashOnce(`before ${name}`);
          const result: unknown = await (activity as (input: never) => Promise<unknown>)(input);
          crashOnce(`after ${name}`);
          return result;
        },
      ]),
    ) as unknown as BillingActivities;
    function crashOnce(place: string): void {
      if (crashed.has(place)) return;
      crashed.add(place);
      throw new Error(`crash ${place}`);
    }
    await withWorker(crashing, async () => {
      await start();
      await answer();
    });
    expect(crashed.size).toBe(2 * Object.keys(crashing).length);
    expect(await ledgerOf(database.pool, march)).toEqual(expected);
    expect(await filesOf()).toHaveLength(1);
    // Each of sixteen crashes waits out the retry's first second or two.
  });

  it('answers a wrong results file with its faults and goes on waiting', async () => {
    await withWorker(activitiesHere(), async () => {
      await start();
      await untilState('awaiting-results');
      const half = (await resultsFor(database.pool, 1, [])).slice(0, 200);
      const report = await handle().executeUpdate(resultsUpdate, { args: [await upload(database.pool, 1, half)] });
      expect(report.accepted).toBe(false);
      expect(report.errors.map(({ fault }) => fault)).toContain('no-total');
      expect(await stateOf()).toBe('awaiting-results');
      await answer();
    });
    expect(await stateOf()).toBe('settled');
  });

  it('says when the results are overdue', async () => {
    await withWorker(activitiesHere(), async () => {
      await start({ options: { ...options, resultsDays: 0 } });
      await handle().result();
    });
    expect(await stateOf()).toBe('results-overdue');
  });

  it('is started by its carrier’s Schedule for the month that has ended', async () => {
    await withWorker(activitiesHere(), async () => {
      await startBillingSchedules(environment.client, carriers);
      await startBillingSchedules(environment.client, carriers);
      const schedule = environment.client.schedule.getHandle(billingScheduleId('gansu'));
      const { spec } = await schedule.describe();
      expect(spec.timezone).toBe('Etc/GMT-8');
      await schedule.backfill({ start: new Date('2026-03-31T15:00:00Z'), end: new Date('2026-03-31T17:00:00Z') });
      await untilState('results-overdue');
      await handle().result();
      expect(await ledgerOf(database.pool, march)).toEqual(expected);
    });
  });
});
