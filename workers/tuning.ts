import type { WorkerOptions } from '@temporalio/worker';
import type { Role } from '../workflows/ids.ts';

/** A stop drains within this; the supervisor kills a worker after 4.5 s, to stop everything within 10 s. */
export const SHUTDOWN_FORCE_MS = 4_000;

/** What every role shares. */
const COMMON: Partial<WorkerOptions> = {
  shutdownForceTime: SHUTDOWN_FORCE_MS,
  // Links report and learn of a cancel with their heartbeats: the default would hold them back for up to a minute.
  maxHeartbeatThrottleInterval: '1s',
};

/** Limits by role; a process that runs them all stays under 1 GB. */
export const TUNING: Record<Role, Partial<WorkerOptions>> = {
  core: {
    ...COMMON,
    maxCachedWorkflows: 500,
    maxConcurrentActivityTaskExecutions: 50,
    // Parents' texts, each a transaction: half of the pool's connections, so that a storm of texts leaves the others theirs.
    maxConcurrentLocalActivityExecutions: 8,
    // An eager start is refused without a free slot, as for the readers.
    maxConcurrentWorkflowTaskExecutions: 100,
  },
  // One long activity per SMPP bind.
  carrier: { ...COMMON, maxCachedWorkflows: 50, maxConcurrentActivityTaskExecutions: 50 },
  // Attendance events live for milliseconds, so few are cached; their local activities wait for a database connection,
  // not for each other, and more than these would only queue at the pool.
  readers: {
    ...COMMON,
    maxCachedWorkflows: 500,
    // An eager start is refused without a free slot: at 100 one in eight was, and cost the server a dispatch.
    maxConcurrentWorkflowTaskExecutions: 400,
    maxConcurrentLocalActivityExecutions: 100,
    maxConcurrentActivityTaskExecutions: 50,
  },
};

/** One long activity per MQTT session; their workflows hardly ever run. */
export const READER_LINK_TUNING: Partial<WorkerOptions> = {
  ...COMMON,
  maxCachedWorkflows: 50,
  maxConcurrentActivityTaskExecutions: 50,
  workflowThreadPoolSize: 1,
};
