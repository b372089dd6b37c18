import { setTimeout as delay } from 'node:timers/promises';
import { dataError } from '../infra/postgres/data-error.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import type { Logger } from '../infra/telemetry/log.ts';
import type { ClaimedText } from './carrier-claim.ts';
import { FencedError, type LinkOwner } from './carrier-owner.ts';
import { recordOutcomes, type PartOutcome } from './carrier-record.ts';
import type { LinkCounts } from './link-counts.ts';

/** Outcomes per statement: enough to carry a full link, few enough that arrays stay small. */
const OUTCOMES_PER_WRITE = 2_000;
const RETRY_MS = 500;

/**
 * Writes outcomes in batches, one write at a time: what gathers during a write is the next one. A database that is
 * away is waited for, because outcomes exist nowhere else.
 */
export class OutcomeWriter {
  readonly #pool: Pool;
  readonly #owner: LinkOwner;
  readonly #log: Logger;
  readonly #counts: LinkCounts;
  /** By part, so that one statement never has two outcomes of one part; the later is the better known. */
  #gathered = new Map<string, PartOutcome>();
  #settled: number[] = [];
  /** Texts without an outcome by batch. */
  readonly #open = new Map<number, number>();
  #writing: Promise<void> | undefined;
  #failed: Error | undefined;

  constructor(pool: Pool, owner: LinkOwner, log: Logger, counts: LinkCounts) {
    this.#pool = pool;
    this.#owner = owner;
    this.#log = log;
    this.#counts = counts;
  }

  /** Outcomes not yet committed. */
  get waiting(): number {
    return this.#gathered.size;
  }

  /** Batches with texts still open. */
  get openBatches(): number[] {
    return [...this.#open.keys()];
  }

  /** @throws FencedError once another owner has the link */
  check(): void {
    if (this.#failed) throw this.#failed;
  }

  claimed(texts: ClaimedText[]): void {
    if (texts.length > 0) this.#open.set(texts[0]!.batchId, texts.length);
  }

  record(outcome: PartOutcome): void {
    this.#gathered.set(`${outcome.smsId}/${outcome.part}/${outcome.attempt}`, outcome);
    this.#start();
  }

  settled(batchId: number, texts: number): void {
    const open = (this.#open.get(batchId) ?? 0) - texts;
    if (open > 0) this.#open.set(batchId, open);
    else {
      this.#open.delete(batchId);
      this.#settled.push(batchId);
      this.#start();
    }
  }

  /** Resolves when everything recorded so far is committed, or can't be because the link has a newer owner. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #start(): void {
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    // Whatever else this turn of the event loop brings goes along.
    await new Promise((resolve) => setImmediate(resolve));
    while (!this.#failed && (this.#gathered.size > 0 || this.#settled.length > 0)) {
      const keys = [...this.#gathered.keys()].slice(0, OUTCOMES_PER_WRITE);
      const outcomes = keys.map((key) => this.#gathered.get(key)!);
      for (const key of keys) this.#gathered.delete(key);
      // A batch is settled with its last outcome, never before.
      const settled = this.#gathered.size === 0 ? this.#settled.splice(0) : [];
      await this.#writeUntilDone(outcomes, settled);
    }
    // In the same turn as the loop's last look, so that no outcome that comes now is left lying.
    this.#writing = undefined;
  }

  async #writeUntilDone(outcomes: PartOutcome[], settled: number[]): Promise<void> {
    for (;;) {
      try {
        await recordOutcomes(this.#pool, this.#owner, outcomes, settled);
        return this.#counts.recorded(outcomes);
      } catch (error) {
        if (error instanceof FencedError) {
          this.#failed = error;
          return;
        }
        const code = dataError(error);
        if (code !== undefined) return this.#writeAllButBad(outcomes, settled, code);
        this.#log.warn(
          { err: (error as Error).message, outcomes: outcomes.length },
          'outcomes not recorded, trying again',
        );
        await delay(RETRY_MS);
      }
    }
  }

  /** One bad outcome must not hold up the others for ever: it is found by halves and recorded as UNCERTAIN instead. */
  async #writeAllButBad(outcomes: PartOutcome[], settled: number[], code: string): Promise<void> {
    if (outcomes.length > 1) {
      const half = outcomes.length >> 1;
      await this.#writeUntilDone(outcomes.slice(0, half), []);
      return this.#writeUntilDone(outcomes.slice(half), settled);
    }
    const [bad] = outcomes;
    this.#log.error({ smsId: bad?.smsId, part: bad?.part, code }, 'an outcome that the database refuses');
    if (!bad) return;
    const error = `outcome not recorded (SQLSTATE ${code})`;
    // Refused even so, it has no row to belong to: there is nothing to tell of it.
    const instead =
      bad.error === error ? [] : [{ ...bad, state: 'UNCERTAIN' as const, smscId: null, error, late: false }];
    await this.#writeUntilDone(instead, settled);
  }
}
