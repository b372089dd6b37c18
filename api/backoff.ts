interface Tries {
  count: number;
  /** Epoch ms before which there is no further try. */
  until: number;
  at: number;
}

interface BackoffOptions {
  /** Wrong tries until the next one has to wait. */
  free: number;
  /** Seconds the wait grows to. */
  most: number;
  /** Keys remembered; beyond it the one that tried longest ago is forgotten. */
  keys?: number;
}

/** Twenty thousand keys are 3 MB, and more addresses than try at once. */
const KEYS = 20_000;

/**
 * Wrong tries by key: after the first few the next one has to wait, 1 s at first, and each doubles that. Whoever has stopped for
 * twice the longest wait is forgotten. In this process alone: with several an attacker has as many times the tries.
 */
export class Backoff {
  readonly #free: number;
  readonly #mostMs: number;
  readonly #keys: number;
  /** In order of their last try. */
  readonly #tries = new Map<string, Tries>();

  constructor({ free, most, keys = KEYS }: BackoffOptions) {
    this.#free = free;
    this.#mostMs = most * 1000;
    this.#keys = keys;
  }

  /**
   * Counts a try before anybody looks whether it is right, so that tries at once count too.
   * @returns ms to wait; 0: it is counted and may go on
   */
  take(key: string, now = Date.now()): number {
    this.#forget(now);
    const tries = this.#tries.get(key) ?? { count: 0, until: 0, at: now };
    if (now < tries.until) return tries.until - now;
    const count = tries.count + 1;
    const over = count - this.#free;
    // 2^20 s is beyond any wait that is meant.
    const wait = over < 0 ? 0 : Math.min(this.#mostMs, 1000 * 2 ** Math.min(over, 20));
    this.#tries.delete(key);
    this.#tries.set(key, { count, until: wait === 0 ? 0 : now + wait, at: now });
    return 0;
  }

  /** The try was right, or was none. */
  giveBack(key: string): void {
    const tries = this.#tries.get(key);
    if (!tries) return;
    if (tries.count <= 1) this.#tries.delete(key);
    else this.#tries.set(key, { ...tries, count: tries.count - 1, until: 0 });
  }

  /** Nothing is held against the key any more. */
  forgive(key: string): void {
    this.#tries.delete(key);
  }

  #forget(now: number): void {
    for (const [key, { at }] of this.#tries) {
      if (this.#tries.size <= this.#keys && now - at < 2 * this.#mostMs) return;
      this.#tries.delete(key);
    }
  }
}
