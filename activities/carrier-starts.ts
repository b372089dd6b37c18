import type { Client } from '@temporalio/client';
import type { Logger } from '../infra/telemetry/log.ts';
import { inboundSmsId, TASK_QUEUE } from '../workflows/ids.ts';
import type { StoredMo } from './carrier-mo.ts';
import { WorkflowStarter } from './workflow-starter.ts';

/** Starts under way at a time: beyond that the server only queues them. */
const AT_A_TIME = 16;
/** Texts waiting in memory to be started; what comes on top is found by the sweep. */
const WAITING_AT_MOST = 1_000;

/** Starts what routes a parent's text. */
export type InboundStarter = WorkflowStarter<StoredMo>;

/** Starts an inboundSms for each stored text. */
export function createInboundStarter({ client, log }: { client: Client; log: Logger }): InboundStarter {
  return new WorkflowStarter({
    concurrency: AT_A_TIME,
    maxWaiting: WAITING_AT_MOST,
    idOf: ({ tenant, hash }) => inboundSmsId(tenant, hash),
    start: (workflowId, { id }) =>
      client.workflow.start('inboundSms', {
        taskQueue: TASK_QUEUE.core,
        workflowId,
        args: [{ moId: id }],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      }),
    failed: (code, { id }) => log.warn({ moId: id, code }, 'inboundSms not started, the sweep will'),
  });
}
