/** The answers that texts of one connection get, as far as they tell whether a text can come again. */
import type { Pool } from '../infra/postgres/pool.ts';
import { forgetAnswered } from './carrier-redelivery.ts';

/** No SMSC gives an answer up, and delivers again on the same connection, sooner than this; most wait 10 s or more. */
const PATIENCE_MS = 5_000;
/** Texts that may come again on this connection at most; the SMSC's window is far below. */
const KEPT_AT_MOST = 10_000;

/** A text that waits for its answer. */
export interface Awaiting {
  digest: string;
  /** performance.now(), in ms. */
  since: number;
  /** An earlier one of its digest was refused on this connection, or not answered in time. */
  comesAgain: boolean;
}

export class Answers {
  readonly #pool: Pool;
  readonly #connection: string;
  readonly #patienceMs: number;
  readonly #failed: (reason: string) => void;
  /** When the last text of each digest came that has no answer, or got none that sufficed; those refused: never. */
  readonly #open = new Map<string, number>();
  #arrived: number[] = [];
  #forgetting: Promise<void> | undefined;

  constructor(
    pool: Pool,
    connection: string,
    { patienceMs = PATIENCE_MS, failed }: { patienceMs?: number | undefined; failed: (reason: string) => void },
  ) {
    this.#pool = pool;
    this.#connection = connection;
    this.#patienceMs = patienceMs;
    this.#failed = failed;
  }

  /** A text came. */
  awaited(digest: string): Awaiting {
    const since = performance.now();
    const before = this.#open.get(digest);
    this.#open.delete(digest);
    this.#open.set(digest, since);
    if (this.#open.size > KEPT_AT_MOST) this.#open.delete(this.#open.keys().next().value!);
    return { digest, since, comesAgain: before !== undefined && since - before >= this.#patienceMs };
  }

  /** It was refused for now. */
  refused({ digest }: Awaiting): void {
    this.#open.set(digest, -Infinity);
  }

  /**
   * It is answered now.
   * @param unanswered its row of mo_unanswered
   * @returns what to call once the answer has arrived; undefined where the SMSC may have given it up before
   */
  given({ digest, since }: Awaiting, unanswered: number | undefined): (() => void) | undefined {
    if (performance.now() - since >= this.#patienceMs) return undefined;
    if (this.#open.get(digest) === since) this.#open.delete(digest);
    return unanswered === undefined ? undefined : () => this.#forget(unanswered);
  }

  /** Resolves when all that has arrived is forgotten, or can't be: then it expires. */
  async idle(): Promise<void> {
    while (this.#forgetting) await this.#forgetting;
  }

  #forget(unanswered: number): void {
    this.#arrived.push(unanswered);
    this.#forgetting ??= this.#forgetAll();
  }

  async #forgetAll(): Promise<void> {
    // Whatever else this turn of the event loop proves goes along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#arrived.length > 0) {
      const ids = this.#arrived;
      this.#arrived = [];
      await forgetAnswered(this.#pool, this.#connection, ids).catch((error: unknown) =>
        this.#failed(`answers not noted: ${(error as Error).message}`),
      );
    }
    this.#forgetting = undefined;
  }
}
