/** Answers that nothing has proved by then are asked after with an enquire_link, so often at most. */
const PROVED_WITHIN_MS = 100;
const ASK_EVERY_MS = 1_000;

/** An answer of which it is not known yet whether the peer has read it. */
interface Unproved {
  /** Sequence number of the last request before it. */
  after: number;
  at: number;
  arrived: () => void;
}

/**
 * Which answers a peer has provably read: a response to a request tells it of all that was written before the request.
 * What is only heard later tells nothing, for it may have been under way.
 */
export class Proofs {
  /** In the order they were written. */
  readonly #unproved: Unproved[] = [];
  #askedAt = -Infinity;

  /** An answer was written, `after` being the last request before it. */
  answered(after: number, arrived: () => void): void {
    this.#unproved.push({ after, at: performance.now(), arrived });
  }

  /** A response came to the request of this sequence number. */
  responded(sequence: number): void {
    while (this.#unproved[0] && this.#unproved[0].after < sequence) this.#unproved.shift()!.arrived();
  }

  /** Whether no request follows an answer by itself, so that one is to be made now. */
  ask(now: number): boolean {
    const [oldest] = this.#unproved;
    if (!oldest || now - oldest.at < PROVED_WITHIN_MS || now - this.#askedAt < ASK_EVERY_MS) return false;
    this.#askedAt = now;
    return true;
  }
}
