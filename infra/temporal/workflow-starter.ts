import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { codeOf } from '../telemetry/log.ts';

export interface WorkflowStarterOptions<Item> {
  /** Starts under way at a time: beyond what the server takes up at once it only queues them. */
  concurrency: number;
  /** Items waiting in memory to be started; what comes on top is found by a sweep. */
  maxWaiting: number;
  /** Names an item: waiting or being started, it is not taken up again. */
  idOf: (item: Item) => string;
  /** Starts its workflow; that it was started before is no failure. */
  start: (item: Item) => Promise<unknown>;
  /** Told once for an outage, not once for each item of it. */
  failed: (code: string, item: Item) => void;
}

/**
 * Starts a workflow for each stored item, so many at a time. What is lost here, by a crash, an outage of Temporal or a
 * flood, is still in the database: a sweep offers it again, and the workflow's id makes a second start harmless.
 */
export class WorkflowStarter<Item> {
  readonly #options: WorkflowStarterOptions<Item>;
  readonly #waiting: Item[] = [];
  /** Ids waiting or being started. */
  readonly #known = new Set<string>();
  #running = 0;
  #lastError: string | undefined;

  constructor(options: WorkflowStarterOptions<Item>) {
    this.#options = options;
  }

  /** How many more it has room for. */
  get room(): number {
    return this.#options.maxWaiting - this.#known.size;
  }

  /** Takes items up, as far as there is room. */
  offer(items: readonly Item[]): void {
    for (const item of items) {
      const id = this.#options.idOf(item);
      if (this.room <= 0 || this.#known.has(id)) continue;
      this.#known.add(id);
      this.#waiting.push(item);
    }
    while (this.#running < this.#options.concurrency && this.#waiting.length > 0) void this.#startNext();
  }

  async #startNext(): Promise<void> {
    const item = this.#waiting.shift()!;
    this.#running += 1;
    try {
      await this.#start(item);
      this.#lastError = undefined;
    } catch (error) {
      const code = codeOf(error);
      if (code !== this.#lastError) this.#options.failed(code, item);
      this.#lastError = code;
    } finally {
      this.#running -= 1;
      this.#known.delete(this.#options.idOf(item));
    }
    this.offer([]);
  }

  async #start(item: Item): Promise<void> {
    try {
      await this.#options.start(item);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
}
