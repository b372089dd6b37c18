import type { Client } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '../infra/postgres/pool.ts';
import { findOverdueSwipes, type SwipeKey } from '../infra/postgres/swipes.ts';
import { codeOf, type Logger } from '../infra/telemetry/log.ts';
import { attendanceEventId, TASK_QUEUE } from '../workflows/ids.ts';
import type { Shard } from './reader-batch.ts';
import { WorkflowStarter } from '../infra/temporal/workflow-starter.ts';

export interface StarterDeps {
  pool: Pool;
  /** Over the worker's own connection: the first task of what it starts may run here at once (eager start). */
  client: Client;
  log: Logger;
}

export interface StarterOptions {
  /** Starts under way at a time (default 32): beyond that the server only queues them. */
  concurrency?: number;
  /** Swipes waiting in memory to be started (default 2,000); what comes on top is found by the sweep. */
  maxWaiting?: number;
  /** The sweep looks this often (default 5 s) for swipes pending as long. */
  sweepEveryMs?: number;
  /** Swipes a sweep takes up at a time (default 500). */
  sweepPage?: number;
}

/**
 * A first task that died with its worker is given to another after this, and no sooner: for the engine it is started, so
 * that neither the sweep nor anything else of ours can hurry it. An eager one is in its worker's hands at once.
 */
const TASK_LOST_AFTER = '5 s';

/**
 * Starts an attendanceEvent for each stored swipe. What is lost here, by a crash, an outage of Temporal or a full
 * queue, is still in swipe_pending: the sweep finds it.
 */
export class AttendanceStarter {
  readonly #deps: StarterDeps;
  readonly #shard: Shard;
  readonly #options: Required<StarterOptions>;
  readonly #starter: WorkflowStarter<SwipeKey>;

  constructor(deps: StarterDeps, shard: Shard, options: StarterOptions = {}) {
    this.#deps = deps;
    this.#shard = shard;
    this.#options = { concurrency: 32, maxWaiting: 2_000, sweepEveryMs: 5_000, sweepPage: 500, ...options };
    this.#starter = new WorkflowStarter({
      concurrency: this.#options.concurrency,
      maxWaiting: this.#options.maxWaiting,
      idOf: ({ deviceId, boot, seq }) => attendanceEventId(deviceId, boot, seq),
      start: (key) =>
        deps.client.workflow.start('attendanceEvent', {
          workflowId: attendanceEventId(key.deviceId, key.boot, key.seq),
          taskQueue: TASK_QUEUE.readers,
          args: [key],
          workflowTaskTimeout: TASK_LOST_AFTER,
          requestEagerStart: true,
        }),
      failed: (code) => deps.log.warn({ ...shard, code }, 'attendance not started'),
    });
  }

  /** Takes new swipes up, as far as there is room. */
  offer(keys: readonly SwipeKey[]): void {
    this.#starter.offer(keys);
  }

  /** Sweeps until aborted. A sweep that fails is reported and tried again. */
  async sweep(signal: AbortSignal): Promise<void> {
    const { sweepEveryMs, sweepPage } = this.#options;
    while (!signal.aborted) {
      const limit = Math.min(sweepPage, this.#starter.room);
      try {
        if (limit > 0)
          this.offer(await findOverdueSwipes(this.#deps.pool, { ...this.#shard, olderThanMs: sweepEveryMs, limit }));
      } catch (error) {
        this.#deps.log.warn({ ...this.#shard, code: codeOf(error) }, 'sweep failed, tried again');
      }
      await delay(sweepEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
