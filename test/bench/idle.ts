import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { createSubscriptionActivities } from '../../activities/subscription.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { withTemporaryPostgres } from '../../infra/embedded/temporary-postgres.ts';
import { subscriptionId, TASK_QUEUE } from '../../workflows/ids.ts';
import { addGuardian } from '../support/family.ts';
import { command } from '../support/starter.ts';
import { skippingTemporal } from '../support/temporal.ts';
import type { BenchResult } from './result.ts';

const HOUR_MS = 3_600_000;
const MONTH_MS = 31 * 24 * HOUR_MS;

/**
 * An active subscription over a month, time skipped: the workflow tasks its history shows after its first order was
 * decided. None is what lets a million of them wait.
 */
export async function benchIdle(): Promise<BenchResult> {
  // The SDK's core would print its warnings to stdout, where the results go.
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { forward: {} } } });
  return withTemporaryPostgres('bench', {}, async (pool) => {
    const environment = await skippingTemporal();
    const worker = await Worker.create({
      connection: environment.nativeConnection,
      taskQueue: TASK_QUEUE.core,
      workflowsPath: fileURLToPath(new URL('../../workflows/index.ts', import.meta.url)),
      activities: createSubscriptionActivities({ pool, carriers: loadCarriers() }),
    });
    const value = await worker.runUntil(async () => {
      await addGuardian(pool, 'gansu', 'idle', '13900000001');
      const at = new Date(await environment.currentTimeMs()).toISOString();
      const who = { channel: 'sms' as const, actor: 'idle', guardianId: 'idle', evidence: {} };
      await command(
        { pool, client: environment.client },
        {
          ...{ tenant: 'gansu', unit: 'h-idle', action: 'order' },
          command: { ...who, requestId: 'order', package: 'home-school', at, receivedAt: at },
        },
      );
      // The waiver of a first order (R1) has a timer; whatever day it is, it is over by then.
      await environment.sleep(73 * HOUR_MS);
      const tasks = async () => {
        const { events } = await environment.client.workflow
          .getHandle(subscriptionId('gansu', 'h-idle'))
          .fetchHistory();
        return events!.filter((event) => event.workflowTaskCompletedEventAttributes).length;
      };
      const before = await tasks();
      await environment.sleep(MONTH_MS);
      return (await tasks()) - before;
    });
    await environment.teardown();
    return { name: 'idle-subscription-tasks', value, unit: 'workflow tasks a month', goal: 0, ok: value === 0 };
  });
}
