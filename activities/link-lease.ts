/** How a link has one owner (docs/decisions/0002): by a lease in the database, which the engine's lateness can't take. */
import { CancelledFailure, type Context } from '@temporalio/activity';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  askForLease,
  LEASE_HELD_MS,
  releaseLease,
  renewLease,
  takeLease,
  type Lease,
} from '../infra/postgres/link-leases.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { codeOf, type Logger } from '../infra/telemetry/log.ts';

/** What owning a link takes. */
export interface LeaseDeps {
  /** For leases alone: no other statement may hold up a renewal. */
  leasePool: Pool;
  client: Client;
  log: Logger;
  /** Aborted when the worker stops: one whom the engine has given up hears of it by nobody else. */
  stopping?: AbortSignal;
}

// An owner lives on when the engine has given its run up, and with that every call the run makes to the engine.
const outsideOfRuns = AsyncLocalStorage.snapshot();

/** Between two renewals. */
const RENEW_MS = 1_000;
/** An owner whom the engine has given up asks it this often whether the link is wanted still, and waits so long. */
const LOOK_EVERY_MS = 10_000;
const LOOK_WITHIN_MS = 3_000;

/** Why an owner gives its link up. */
type End = 'cancelled' | 'shutdown' | 'asked' | 'unwanted' | 'lost';

/** One run of a link's activity: it stands by until the link has no owner, and then is that. */
export class LinkLease {
  readonly #deps: LeaseDeps;
  readonly #context: Context;
  readonly #lease: Lease;
  readonly #renewMs: number;
  readonly #ending = new AbortController();
  readonly #over = new AbortController();
  #end: End | undefined;
  /** The engine takes this run for dead: it has not heard from it in time. */
  #givenUp = false;
  #lookedAt = 0;
  #confirmedAt = -Infinity;

  /** @param link its workflow's id */
  constructor(deps: LeaseDeps, context: Context, link: string, renewMs = RENEW_MS) {
    this.#deps = deps;
    this.#context = context;
    this.#lease = { link, owner: randomUUID() };
    this.#renewMs = renewMs;
    this.#onAbort(context.cancellationSignal, (reason) => this.#hear(reason));
    if (deps.stopping) this.#onAbort(deps.stopping, () => this.#give('shutdown'));
  }

  /** Aborted once the link is to be given up. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Whether nobody else can own the link: the database has said so within the last seconds. */
  get isHeld(): boolean {
    return performance.now() - this.#confirmedAt < LEASE_HELD_MS;
  }

  /**
   * Waits until the link has no other owner, then runs `work` as its owner until `signal` is aborted.
   * @param status how the link is: shown while it is owned
   * @throws ApplicationFailure LinkFenced when another owns it, LinkReleased when the worker shuts down; CancelledFailure
   */
  run(work: () => Promise<void>, status: () => object): Promise<never> {
    return outsideOfRuns(() => this.#run(work, status));
  }

  async #run(work: () => Promise<void>, status: () => object): Promise<never> {
    let renewing: Promise<void> | undefined;
    try {
      if (await this.#take()) {
        renewing = this.#keep(status);
        await work();
      }
    } finally {
      this.#over.abort();
      await renewing;
      if (renewing) await this.#tried(() => releaseLease(this.#deps.leasePool, this.#lease));
    }
    throw failureOf(this.#end, this.#lease.link);
  }

  #onAbort(signal: AbortSignal, hear: (reason: unknown) => void): void {
    if (signal.aborted) hear(signal.reason);
    else signal.addEventListener('abort', () => hear(signal.reason), { once: true, signal: this.#over.signal });
  }

  /** What the engine says: that it heard nothing in time is no reason to stop. */
  #hear(reason: unknown): void {
    const why = reason instanceof CancelledFailure ? reason.message : '';
    this.#givenUp = why === 'NOT_FOUND' || why === 'TIMED_OUT';
    if (!this.#givenUp) return this.#give(why === 'WORKER_SHUTDOWN' ? 'shutdown' : 'cancelled');
    this.#deps.log.warn({ link: this.#lease.link }, 'the engine takes this run for dead; the lease decides');
  }

  #give(end: End): void {
    this.#end ??= end;
    this.#ending.abort();
  }

  /** Stands by until the lease is ours. Returns false when this run ends before. */
  async #take(): Promise<boolean> {
    const { leasePool } = this.#deps;
    for (;;) {
      if (this.#end === 'shutdown') return false;
      // Another run stands by in this one's place, unless the link is wanted no more.
      if (this.#givenUp && (await this.#isWanted())) return false;
      const leave = this.#givenUp || this.#end !== undefined;
      const askedAt = performance.now();
      const taken = await this.#tried(async () => {
        if (leave) await askForLease(leasePool, this.#lease.link);
        return takeLease(leasePool, this.#lease);
      });
      if (taken) this.#confirmedAt = askedAt;
      // Only now is there certainly nobody who sends.
      if (taken && leave) await this.#tried(() => releaseLease(leasePool, this.#lease));
      if (taken) return !leave;
      if (taken === false && !this.#givenUp) this.#context.heartbeat({ standingBy: true });
      await sleep(this.#renewMs);
    }
  }

  /** Renews until the work is over; the engine hears from us when the database has confirmed, and then alone. */
  async #keep(status: () => object): Promise<void> {
    while (!this.#over.signal.aborted) {
      const askedAt = performance.now();
      const now = status();
      await this.#tried(async () => {
        const asked = await renewLease(this.#deps.leasePool, this.#lease, now);
        this.#confirmedAt = asked === undefined ? -Infinity : askedAt;
        if (asked !== false) this.#give(asked ? 'asked' : 'lost');
        if (this.#givenUp) this.#look();
        else this.#context.heartbeat(now);
      });
      await sleep(this.#renewMs, this.#over.signal);
    }
  }

  /** Ends where the workflow is no more: nobody else would tell us. */
  #look(): void {
    if (performance.now() - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = performance.now();
    void this.#isWanted().then((wanted) => {
      if (!wanted) this.#give('unwanted');
    });
  }

  /** Whether the link's workflow runs; yes where the engine does not answer. */
  async #isWanted(): Promise<boolean> {
    const { client } = this.#deps;
    try {
      const running = client.workflow.getHandle(this.#lease.link);
      const { status } = await client.withDeadline(Date.now() + LOOK_WITHIN_MS, () => running.describe());
      return status.name === 'RUNNING';
    } catch (error) {
      return !(error instanceof WorkflowNotFoundError);
    }
  }

  /** A database that is away is asked again; undefined then. */
  async #tried<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#deps.log.warn({ link: this.#lease.link, code: codeOf(error) }, 'the lease was not confirmed');
      return undefined;
    }
  }
}

function failureOf(end: End | undefined, link: string): Error {
  if (end === 'lost') return ApplicationFailure.create({ message: `${link} has a newer owner`, type: 'LinkFenced' });
  if (end !== 'shutdown') return new CancelledFailure('the link was cancelled');
  return ApplicationFailure.create({
    ...{ message: 'released by a worker that shuts down', type: 'LinkReleased' },
    // Nothing is wrong, and a link started before the workflow's own retries were made quick has older ones.
    nextRetryDelay: '100 ms',
  });
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal && { signal }).catch(() => undefined);
}
