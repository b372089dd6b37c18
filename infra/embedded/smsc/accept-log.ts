/** A segment the SMSC took: what tests compare the platform's database with. */
export interface Accepted {
  /** Number in this log: 1, 2, 3 …, also across restarts. */
  n: number;
  /** SMSC message id; how it is written on the wire is a fault's choice. */
  id: number;
  from: string;
  to: string;
  part: number;
  parts: number;
  /** Of the concatenation; null when there is none. */
  reference: number | null;
  /** Null when the data_coding is not text; then `hex` has the bytes. */
  text: string | null;
  hex?: string;
  /** Epoch ms. */
  at: number;
  /** Number of the connection it came by. */
  session: number;
}

/** The accepted segments, oldest first, the latest `limit` of them. */
export class AcceptLog {
  #entries: Accepted[] = [];
  #limit: number;
  #last = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Number of the latest entry; 0 when there is none. */
  get last(): number {
    return this.#last;
  }

  add(entry: Accepted): void {
    this.#last = entry.n;
    this.#entries.push(entry);
    // Cut by halves: cutting one by one would move the whole array each time.
    if (this.#entries.length > 2 * this.#limit) this.#entries = this.#entries.slice(-this.#limit);
  }

  /** Up to `count` entries behind number `after`. */
  after(after: number, count: number): Accepted[] {
    const first = this.#entries[0];
    if (!first) return [];
    const start = Math.max(0, after + 1 - first.n);
    return this.#entries.slice(start, start + count);
  }
}
