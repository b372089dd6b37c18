/** Starts what routes parents' texts. */
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import type { Logger } from '../infra/telemetry/log.ts';
import { inboundSmsId, TASK_QUEUE } from '../workflows/ids.ts';
import type { StoredMo } from './carrier-mo.ts';
import { codeOf } from './reader-starts.ts';

/** Starts under way at a time: beyond that the server only queues them. */
const AT_A_TIME = 16;
/** Texts waiting in memory to be started; what comes on top is found by the sweep. */
const WAITING_AT_MOST = 1_000;

/**
 * Starts an inboundSms for each stored text, so many at a time. What is lost here, by a crash, an outage of Temporal or
 * a flood, is still unrouted in the database: the sweep finds it, and the workflow's id makes a second start harmless.
 */
export class InboundStarter {
  readonly #client: Client;
  readonly #log: Logger;
  readonly #waiting: StoredMo[] = [];
  /** Waiting or being started. */
  readonly #known = new Set<number>();
  #running = 0;
  #lastError: string | undefined;

  constructor({ client, log }: { client: Client; log: Logger }) {
    this.#client = client;
    this.#log = log;
  }

  /** Takes texts up, as far as there is room. */
  offer(mos: readonly StoredMo[]): void {
    for (const mo of mos) {
      if (this.#known.size >= WAITING_AT_MOST || this.#known.has(mo.id)) continue;
      this.#known.add(mo.id);
      this.#waiting.push(mo);
    }
    while (this.#running < AT_A_TIME && this.#waiting.length > 0) void this.#startNext();
  }

  async #startNext(): Promise<void> {
    const mo = this.#waiting.shift()!;
    this.#running += 1;
    try {
      await this.#start(mo);
      this.#lastError = undefined;
    } catch (error) {
      // One line for an outage, not one for each text of it.
      const code = codeOf(error);
      if (code !== this.#lastError) this.#log.warn({ moId: mo.id, code }, 'inboundSms not started, the sweep will');
      this.#lastError = code;
    } finally {
      this.#running -= 1;
      this.#known.delete(mo.id);
    }
    this.offer([]);
  }

  async #start(mo: StoredMo): Promise<void> {
    try {
      await this.#client.workflow.start('inboundSms', {
        taskQueue: TASK_QUEUE.core,
        workflowId: inboundSmsId(mo.tenant, mo.hash),
        args: [{ moId: mo.id }],
        workflowIdConflictPolicy: 'USE_EXISTING',
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
}
