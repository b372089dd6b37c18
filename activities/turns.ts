import { Fifo } from './fifo.ts';

/**
 * What waits, each key's in the order it came: keys are served in turn, one thing of each at a time, so that one with
 * much to do keeps nobody else waiting for longer than one with little.
 */
export class Turns<T> {
  /** Of keys that wait for their turn, the next first. */
  readonly #waiting = new Map<string, Fifo<T>>();
  /** Of keys being served, what comes after. */
  readonly #served = new Map<string, Fifo<T>>();
  #length = 0;

  /** How many things wait; those being served do not. */
  get length(): number {
    return this.#length;
  }

  push(key: string, item: T): void {
    let queue = this.#served.get(key) ?? this.#waiting.get(key);
    if (!queue) this.#waiting.set(key, (queue = new Fifo()));
    queue.push(item);
    this.#length += 1;
  }

  /** Takes the first thing of the key whose turn it is; nothing else of this key is given until it is done. */
  take(): { key: string; item: T } | undefined {
    const next = this.#waiting.entries().next();
    if (next.done) return undefined;
    const [key, queue] = next.value;
    this.#waiting.delete(key);
    this.#served.set(key, queue);
    this.#length -= 1;
    return { key, item: queue.shift()! };
  }

  /** What was taken of the key is served. */
  done(key: string): void {
    const queue = this.#served.get(key);
    this.#served.delete(key);
    if (queue && queue.length > 0) this.#waiting.set(key, queue);
  }
}
