/** A flood of faults must not become one of lines. */
const EVERY_MS = 1_000;

/** Passes the first of a second on, and the rest as one with their number at its end. */
export class Summary {
  readonly #write: (latest: string, count: number) => void;
  #latest = '';
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (latest: string, count: number) => void) {
    this.#write = write;
  }

  note(reason: string): void {
    this.#latest = reason;
    this.#count += 1;
    if (!this.#timer) this.#tell();
  }

  /** Tells what is untold; nothing may be noted afterwards. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#count > 0) this.#write(this.#latest, this.#count);
    this.#count = 0;
  }

  #tell(): void {
    this.#timer = undefined;
    if (this.#count === 0) return;
    this.#write(this.#latest, this.#count);
    this.#count = 0;
    this.#timer = setTimeout(() => this.#tell(), EVERY_MS).unref();
  }
}
