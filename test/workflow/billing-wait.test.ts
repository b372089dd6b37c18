import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBillingActivities } from '../../activities/billing.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { ensureTemporalTestServer } from '../../infra/embedded/temporal.ts';
import { monthEnd, monthStart } from '../../workflows/domain/billing-month.ts';
import { BILLING_OPTIONS } from '../../workflows/domain/billing-options.ts';
import { CivilMonths, formatMonth } from '../../workflows/domain/civil-month.ts';
import { billingCycleId, TASK_QUEUE } from '../../workflows/ids.ts';
import { addFamilies, ledgerOf, order } from '../support/billing.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const ZONE = 'Asia/Shanghai';
const MINUTE_MS = 60_000;

let environment: TestWorkflowEnvironment;
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: await ensureTemporalTestServer() } },
  });
});
afterAll(async () => {
  await environment.teardown();
  await database.drop();
});

describe('a billing cycle that is started early', () => {
  it('waits for the month’s end and 48 h more, for texts that come late', async () => {
    const month = formatMonth(new CivilMonths(ZONE).of(await environment.currentTimeMs()));
    await addFamilies(database.pool, 'gansu', 2);
    await order(database.pool, 'gansu', 0, new Date(monthStart(month, ZONE) - 1000).toISOString());
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue: TASK_QUEUE.core,
      workflowsPath: fileURLToPath(new URL('../../workflows/billing-cycle.ts', import.meta.url)),
      activities: createBillingActivities({ pool: database.pool, carriers: loadCarriers() }),
    });
    await worker.runUntil(async () => {
      const cycle = { tenant: 'gansu', month };
      const handle = await environment.client.workflow.start('billingCycle', {
        workflowId: billingCycleId('gansu', month),
        taskQueue: TASK_QUEUE.core,
        args: [cycle],
      });
      const cut = monthEnd(month, ZONE) + BILLING_OPTIONS.lateTextsHours * 60 * MINUTE_MS;
      await environment.sleep(cut - (await environment.currentTimeMs()) - MINUTE_MS);
      expect(await ledgerOf(database.pool, cycle)).toEqual([]);
      // Nobody answers, so the results are overdue in the end.
      await handle.result();
      expect(await ledgerOf(database.pool, cycle)).toEqual([{ family: 0, kind: 'fee', fen: 800, rule: 'R4' }]);
      const { rows } = await database.pool.query('select state from billing_run');
      expect(rows).toEqual([{ state: 'results-overdue' }]);
    });
  });
});
