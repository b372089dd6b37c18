/** A share of the rate is left unused, so that two texts delayed differently on the way don't meet in one second. */
const STEADY_SHARE = 0.99;
/** A late timer may catch up this much. */
const CATCH_UP_MS = 50;
/** A second, and what the quickest way there and back varies by. */
const STRICT_WINDOW_MS = 1002;
/** A way that has become longer is known for such after so many seconds' segments, or twice as many. */
const QUICKEST_OF_SECONDS = 32;
/** No link sends more in a second, and each of its segments is kept in memory: an operator's slip must not take it all. */
const KEPT_AT_MOST = 1_000_000;

/**
 * Spends segments at a rate: steadily, and never more than `rate` in any second of the SMSC's own clock, wherever the
 * second begins: what was held up on the way, or by a peer that did not read, counts from when it can have arrived.
 * A token is one segment (architecture §3).
 *
 * A segment arrives before its response leaves, and before that of any segment sent after it (TCP keeps their order).
 * So a response that took longer than the quickest one tells by how much its segment may have been late at most.
 */
export class TokenBucket {
  readonly #now: () => number;
  #rate: number | null = null;
  #tokens = 0;
  #filledAt = 0;
  /** Segments sent so far. The last `rate` of them are kept, number n at n modulo `rate`. */
  #sends = 0;
  #sentAt = new Float64Array(0);
  /** When a segment that took the quickest way would have left to arrive when this one did at the latest. */
  #countsFrom = new Float64Array(0);
  /** Sends below this number have been heard of. */
  #heard = 0;
  /** The quickest ways there and back lately, and before that. */
  #quickest = Infinity;
  #quickestBefore = Infinity;
  /** What of these is sure enough to go by. */
  #way = 0;

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
    this.#rate = rate;
    // What left in the last second under the old rate counts under the new one.
    const size = rate === null ? 0 : Math.min(KEPT_AT_MOST, Math.floor(rate));
    this.#sentAt = this.#moved(this.#sentAt, size);
    this.#countsFrom = this.#moved(this.#countsFrom, size);
    this.#tokens = 0;
    this.#filledAt = this.#now();
  }

  /**
   * Takes one segment's token. Returns 0 when it may leave now, and then `sent` is its number; else the milliseconds
   * until it is worth asking again.
   */
  take(): number {
    if (this.#rate === null) return 0;
    const now = this.#now();
    const perMs = (this.#rate * STEADY_SHARE) / 1000;
    const most = Math.max(1, perMs * CATCH_UP_MS);
    this.#tokens = Math.min(most, this.#tokens + (now - this.#filledAt) * perMs);
    this.#filledAt = now;
    const place = this.#sends % this.#sentAt.length;
    const isUnheard = this.#sends - this.#sentAt.length >= this.#heard;
    // Overdue, it may arrive only now; a response that isn't due yet says nothing.
    const counted = isUnheard ? Math.max(this.#sentAt[place]!, now - this.#way) : this.#countsFrom[place]!;
    const blocked = counted + STRICT_WINDOW_MS - now;
    if (blocked > 0) return blocked;
    if (this.#tokens < 1) return (1 - this.#tokens) / perMs;
    this.#tokens -= 1;
    this.#sentAt[place] = now;
    this.#sends += 1;
    return 0;
  }

  /** The number of the segment that left last. */
  get sent(): number {
    return this.#sends - 1;
  }

  /**
   * Segment `sent` has its response, or will have none any more: it and those before it have arrived, if ever.
   * @param responded false: the end of its connection or of our patience says nothing of how long the way is
   */
  settled(sent: number, responded = true): void {
    const from = this.#heard;
    if (sent < from) return;
    // Also of what has no place any more, or the next rate would wait for a response that came under this one.
    this.#heard = sent + 1;
    const size = this.#sentAt.length;
    if (sent < this.#sends - size) return;
    const now = this.#now();
    const span = size * QUICKEST_OF_SECONDS;
    if (Math.floor(sent / span) > Math.floor((from - 1) / span))
      [this.#quickestBefore, this.#quickest] = [this.#quickest, Infinity];
    if (responded) this.#quickest = Math.min(this.#quickest, now - this.#sentAt[sent % size]!);
    const known = Math.min(this.#quickest, this.#quickestBefore);
    // Nobody knows the quickest way before some have gone it: a link just begun is slower than it will be.
    this.#way = sent < size || known === Infinity ? 0 : known;
    for (let n = Math.max(from, this.#sends - size); n <= sent; n++)
      this.#countsFrom[n % size] = Math.max(this.#sentAt[n % size]!, now - this.#way);
  }

  /** The ring with room for `size`, each send at its new place. */
  #moved(ring: Float64Array, size: number): Float64Array<ArrayBuffer> {
    const moved = new Float64Array(size).fill(-Infinity);
    for (let n = Math.max(0, this.#sends - Math.min(size, ring.length)); n < this.#sends; n++)
      moved[n % size] = ring[n % ring.length]!;
    return moved;
  }
}
