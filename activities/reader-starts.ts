import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '../infra/postgres/pool.ts';
import { findOverdueSwipes, type SwipeKey } from '../infra/postgres/swipes.ts';
import type { Logger } from '../infra/telemetry/log.ts';
import { attendanceEventId, TASK_QUEUE } from '../workflows/ids.ts';
import type { Shard } from './reader-batch.ts';

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
 * Starts an attendanceEvent for each stored swipe. What is lost here, by a crash, an outage of Temporal or a full
 * queue, is still in swipe_pending: the sweep finds it.
 */
export class AttendanceStarter {
  readonly #deps: StarterDeps;
  readonly #shard: Shard;
  readonly #options: Required<StarterOptions>;
  readonly #waiting: SwipeKey[] = [];
  /** Workflow ids waiting or being started: not to be swept up again. */
  readonly #known = new Set<string>();
  #running = 0;
  #lastError: string | undefined;

  constructor(deps: StarterDeps, shard: Shard, options: StarterOptions = {}) {
    this.#deps = deps;
    this.#shard = shard;
    this.#options = { concurrency: 32, maxWaiting: 2_000, sweepEveryMs: 5_000, sweepPage: 500, ...options };
  }

  /** Takes new swipes up, as far as there is room. */
  offer(keys: readonly SwipeKey[]): void {
    for (const key of keys) {
      const id = idOf(key);
      if (this.#known.size >= this.#options.maxWaiting || this.#known.has(id)) continue;
      this.#known.add(id);
      this.#waiting.push(key);
    }
    while (this.#running < this.#options.concurrency && this.#waiting.length > 0) void this.#startNext();
  }

  /** Sweeps until aborted. A sweep that fails is reported and tried again. */
  async sweep(signal: AbortSignal): Promise<void> {
    const { sweepEveryMs, sweepPage } = this.#options;
    while (!signal.aborted) {
      const room = this.#options.maxWaiting - this.#known.size;
      const limit = Math.min(sweepPage, room);
      try {
        if (limit > 0)
          this.offer(await findOverdueSwipes(this.#deps.pool, { ...this.#shard, olderThanMs: sweepEveryMs, limit }));
      } catch (error) {
        this.#deps.log.warn({ ...this.#shard, code: codeOf(error) }, 'sweep failed, tried again');
      }
      await delay(sweepEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #startNext(): Promise<void> {
    const key = this.#waiting.shift()!;
    this.#running++;
    try {
      await this.#start(key);
      this.#lastError = undefined;
    } catch (error) {
      // One line for an outage, not one for each swipe of it.
      const words = codeOf(error);
      if (words !== this.#lastError) this.#deps.log.warn({ ...this.#shard, code: words }, 'attendance not started');
      this.#lastError = words;
    } finally {
      this.#running--;
      this.#known.delete(idOf(key));
    }
    if (this.#waiting.length > 0 && this.#running < this.#options.concurrency) void this.#startNext();
  }

  async #start(key: SwipeKey): Promise<void> {
    try {
      await this.#deps.client.workflow.start('attendanceEvent', {
        workflowId: idOf(key),
        taskQueue: TASK_QUEUE.readers,
        args: [key],
        requestEagerStart: true,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
}

function idOf({ deviceId, boot, seq }: SwipeKey): string {
  return attendanceEventId(deviceId, boot, seq);
}

/** Postgres' and gRPC's messages may quote what was sent: their codes do not. */
export function codeOf(error: unknown): string {
  const { code, name } = error as { code?: string | number; name?: string };
  return code === undefined ? (name ?? 'Error') : String(code);
}
