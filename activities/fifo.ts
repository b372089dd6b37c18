/** So few taken items are not worth a copy. */
const COMPACT_FROM = 256;

/** First in, first out, at a constant cost; it holds nothing but what waits in it, however long it never empties. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  /** How many wait. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  /** The first; undefined: none waits. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Takes the first off, if there is one. */
  shift(): T | undefined {
    const first = this.#items[this.#head];
    if (this.length === 0) return undefined;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.length === 0 || (this.#head >= COMPACT_FROM && this.#head * 2 >= this.#items.length)) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }
}
