/** A share of the rate is left unused, so that two texts delayed differently on the way don't meet in one second. */
const STEADY_SHARE = 0.99;
/** A late timer may catch up this much. */
const CATCH_UP_MS = 50;
/** In any window of this length at most `rate` segments leave; the 8 ms above a second are for jitter on the way. */
const STRICT_WINDOW_MS = 1008;

/**
 * Spends segments at a rate: steadily, and never more than `rate` in any second, wherever the second begins.
 * A token is one segment (architecture §3).
 */
export class TokenBucket {
  readonly #now: () => number;
  #rate: number | null = null;
  #tokens = 0;
  #filledAt = 0;
  /** When each of the last `rate` segments left, as a ring. */
  #left: Float64Array = new Float64Array(0);
  #next = 0;

  /** @param rate segments a second, null for no limit; @param now monotonic milliseconds */
  constructor(rate: number | null, now: () => number = () => performance.now()) {
    this.#now = now;
    this.setRate(rate);
  }

  get rate(): number | null {
    return this.#rate;
  }

  /** Changes the rate from now on. Throws a RangeError unless it is null or at least 1. */
  setRate(rate: number | null): void {
    if (rate !== null && !(rate >= 1)) throw new RangeError(`rate must be 1 segment a second or more, not ${rate}`);
    if (rate === this.#rate) return;
    // What left in the last second under the old rate counts under the new one.
    const recent = [...this.#left].filter((at) => at > this.#now() - STRICT_WINDOW_MS).sort((a, b) => a - b);
    this.#rate = rate;
    this.#left = new Float64Array(rate === null ? 0 : Math.floor(rate)).fill(-Infinity);
    this.#next = 0;
    for (const at of recent.slice(-this.#left.length)) this.#note(at);
    this.#tokens = 0;
    this.#filledAt = this.#now();
  }

  /** Takes one segment's token. Returns 0 when it may leave now, else the milliseconds until it is worth asking again. */
  take(): number {
    if (this.#rate === null) return 0;
    const now = this.#now();
    const perMs = (this.#rate * STEADY_SHARE) / 1000;
    const most = Math.max(1, perMs * CATCH_UP_MS);
    this.#tokens = Math.min(most, this.#tokens + (now - this.#filledAt) * perMs);
    this.#filledAt = now;
    const blocked = this.#left[this.#next]! + STRICT_WINDOW_MS - now;
    if (blocked > 0) return blocked;
    if (this.#tokens < 1) return (1 - this.#tokens) / perMs;
    this.#tokens -= 1;
    this.#note(now);
    return 0;
  }

  #note(at: number): void {
    this.#left[this.#next] = at;
    this.#next = (this.#next + 1) % this.#left.length;
  }
}
