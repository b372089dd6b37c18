import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { cancelMessage, commandDecided, trialLook } from '../../workflows/contracts.ts';
import {
  attendanceEventId,
  inboundSmsId,
  subscriptionId,
  TASK_QUEUE,
  teacherMessageId,
  trialPeriodId,
} from '../../workflows/ids.ts';
import { donePending, isFirstOfTurn, PENDING_KINDS, type Pending, type PendingKind } from '../postgres/pending.ts';
import { schoolOfMessage } from '../postgres/messages.ts';
import type { Pool } from '../postgres/pool.ts';
import { swipeOf } from '../postgres/swipes.ts';
import { schoolOfTrial } from '../postgres/trials.ts';
import type { Logger } from '../telemetry/log.ts';
import { WorkflowStarter } from './workflow-starter.ts';
import { labels } from '../../workflows/labels.ts';

/**
 * Of a kind, starts under way at a time, beyond which the server only queues them; and items waiting in memory to be
 * started, on top of which the sweep finds what comes.
 */
const TEXT_LIMITS = { concurrency: 16, maxWaiting: 1_000 };
/** Nobody waits for a clock: what a herd orders in a second is told to its clocks while its answers leave. */
const CLOCK_LIMITS = { concurrency: 2, maxWaiting: 1_000 };
const LIMITS = {
  // Gates take twice what phones do: at 07:30 everybody passes in ten minutes.
  swipe: { concurrency: 32, maxWaiting: 2_000 },
  'inbound-sms': TEXT_LIMITS,
  message: TEXT_LIMITS,
  'message-cancel': TEXT_LIMITS,
  subscription: CLOCK_LIMITS,
  trial: CLOCK_LIMITS,
} satisfies Record<PendingKind, { concurrency: number; maxWaiting: number }>;
/** Behind the default, 3: a clock's tasks are served while no person's wait. */
const CLOCK_PRIORITY = { priorityKey: 5 };
/** The server may take this long for one; a start that was lost is offered again by the sweep. */
const START_WITHIN_MS = 10_000;

export interface PendingStarterDeps {
  pool: Pool;
  /** A worker's own, so that what it starts may run there at once (eager start). */
  client: Client;
  log: Logger;
}

/** Takes what was stored, to tell its workflow of it. */
export interface PendingStarter {
  /** Takes items up, as far as there is room. Call it once they are committed, and wait for nothing. */
  offer(items: readonly Pending[]): void;
  /** How many more of the kind it has room for. */
  roomFor(kind: PendingKind): number;
}

/** Where nothing is to reach the engine: what is offered stays in the table. */
export const IDLE_STARTER: PendingStarter = { offer: () => undefined, roomFor: () => 0 };

/**
 * Starts, or tells, the workflow of each thing that waits. Nobody waits for it: what is lost here, by a crash or an
 * outage of the engine, is in the table `pending`, and a sweep offers it again.
 */
export function createPendingStarter(deps: PendingStarterDeps): PendingStarter {
  const starters = Object.fromEntries(
    PENDING_KINDS.map((kind) => [
      kind,
      new WorkflowStarter<Pending>({
        ...LIMITS[kind],
        idOf: ({ tenant, key }) => `${tenant}/${key}`,
        start: (item) => deps.client.withDeadline(Date.now() + START_WITHIN_MS, () => START[kind](deps, item)),
        failed: (code) => deps.log.warn({ kind, code }, 'a workflow was not started or told; the sweep will'),
      }),
    ]),
  ) as Record<PendingKind, WorkflowStarter<Pending>>;
  return {
    offer(items) {
      for (const item of items) starters[item.kind].offer([item]);
    },
    roomFor: (kind) => starters[kind].room,
  };
}

/** What starts or tells the workflow of a kind. Each may come again: the database is what dedupes. */
const START: Record<PendingKind, (deps: PendingStarterDeps, item: Pending) => Promise<unknown>> = {
  swipe: ({ client }, item) => {
    const swipe = swipeOf(item);
    return client.workflow.start('attendanceEvent', {
      taskQueue: TASK_QUEUE.readers,
      workflowId: attendanceEventId(swipe.deviceId, swipe.boot, swipe.seq),
      args: [swipe],
      workflowTaskTimeout: TASK_LOST_AFTER,
      requestEagerStart: true,
    });
  },

  /** The first of a phone's texts; those behind it are served with it. One left by a run that ended is run again. */
  'inbound-sms': async ({ pool, client }, item) => {
    if (!(await isFirstOfTurn(pool, item))) return;
    const { tenant, key: hash } = item;
    await client.workflow.start('inboundSms', {
      taskQueue: TASK_QUEUE.core,
      ...labels('inboundSms', { tenant }),
      workflowId: inboundSmsId(tenant, hash),
      args: [{ tenant, hash }],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowTaskTimeout: TASK_LOST_AFTER,
      requestEagerStart: true,
    });
  },

  message: async ({ pool, client }, item) => client.workflow.start('teacherMessage', await messageOptions(pool, item)),

  /** Also of one that was never started: it keeps everything back. Of one that has ended, everything has left. */
  'message-cancel': async ({ pool, client }, item) => {
    try {
      const options = await messageOptions(pool, item);
      await client.workflow.signalWithStart('teacherMessage', { ...options, signal: cancelMessage });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await donePending(pool, item);
    }
  },

  subscription: ({ client }, { tenant, key: unit, detail }) =>
    client.workflow.signalWithStart('subscription', {
      taskQueue: TASK_QUEUE.core,
      ...labels('subscription', { tenant }),
      workflowId: subscriptionId(tenant, unit),
      args: [{ tenant, unit, as: 'clock' }],
      priority: CLOCK_PRIORITY,
      signal: commandDecided,
      signalArgs: [detail ?? {}],
    }),

  /** One that has ended finds nothing to do and ends again. */
  trial: async ({ pool, client }, { tenant, key: trialId }) =>
    client.workflow.signalWithStart('trialPeriod', {
      taskQueue: TASK_QUEUE.core,
      ...labels('trialPeriod', { tenant, schoolId: await schoolOfTrial(pool, trialId) }),
      workflowId: trialPeriodId(trialId),
      args: [{ trialId }],
      priority: CLOCK_PRIORITY,
      signal: trialLook,
    }),
};

/** An eager task whose worker dies is given to another after this; a swipe or a text takes a hundredth of it. */
const TASK_LOST_AFTER = '5 s';

async function messageOptions(pool: Pool, { tenant, key: messageId }: Pending) {
  return {
    taskQueue: TASK_QUEUE.core,
    ...labels('teacherMessage', { tenant, schoolId: await schoolOfMessage(pool, messageId) }),
    workflowId: teacherMessageId(messageId),
    args: [{ messageId }],
    workflowIdReusePolicy: 'REJECT_DUPLICATE' as const,
  };
}
