import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '../infra/postgres/pool.ts';
import type { ShortMessage } from '../infra/smpp/decode.ts';
import { areOurs, type TenantReceipt } from './carrier-receipts.ts';

/** What an SMSC delivered as a text and what reads as a receipt. */
export interface Doubt {
  message: ShortMessage;
  receipt: TenantReceipt;
  answer: (status: number, arrived?: () => void) => void;
}

/** What it turned out to be; undefined: the database could not tell. */
export type Verdict = 'receipt' | 'text' | undefined;

/** A submit_sm_resp that comes behind its receipt comes within this, and no SMSC waits so short for an answer. */
const HELD_MS = 3_000;
const LOOK_EVERY_MS = 200;

/**
 * Tells receipts that came as texts from parents' texts: of a receipt the id is that of a text of ours to the same phone,
 * or becomes it within 3 s, when the response is recorded.
 */
export class Doubts {
  readonly #pool: Pool;
  readonly #settled: (doubt: Doubt, as: Verdict) => void;
  #held: { doubt: Doubt; since: number }[] = [];
  #settling: Promise<void> | undefined;

  constructor(pool: Pool, settled: (doubt: Doubt, as: Verdict) => void) {
    this.#pool = pool;
    this.#settled = settled;
  }

  get count(): number {
    return this.#held.length;
  }

  /** Resolves when nothing is in doubt; undefined when nothing is now. */
  get settling(): Promise<void> | undefined {
    return this.#settling;
  }

  add(doubt: Doubt): void {
    this.#held.push({ doubt, since: performance.now() });
    this.#settling ??= this.#settle();
  }

  async #settle(): Promise<void> {
    while (this.#held.length > 0) {
      const looked = this.#held;
      this.#held = [];
      const receipts = looked.map(({ doubt }) => doubt.receipt);
      const ours = await areOurs(this.#pool, receipts).catch(() => undefined);
      for (const [i, { doubt, since }] of looked.entries()) {
        if (!ours) this.#settled(doubt, undefined);
        else if (ours[i]) this.#settled(doubt, 'receipt');
        else if (performance.now() - since >= HELD_MS) this.#settled(doubt, 'text');
        else this.#held.push({ doubt, since });
      }
      if (this.#held.length > 0) await delay(LOOK_EVERY_MS);
    }
    this.#settling = undefined;
  }
}
