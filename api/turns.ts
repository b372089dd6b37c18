/** Nobody may wait any more: there is no room. */
export class NoRoom extends Error {
  override name = 'NoRoom';
}

interface TurnsOptions {
  /** At work at the same time. */
  atOnce: number;
  /** Waiting in each lane. */
  waiting: number;
  /** Of them, of one caller. */
  perCaller: number;
}

/** Lanes, the one that is served first first. */
export const LANES = ['known', 'others'] as const;
export type Lane = (typeof LANES)[number];

/**
 * Bounds costly work: so much at once, so much waiting, and callers served in turn, so that who asks a hundred times
 * makes nobody else wait for all of them.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #lanes: Record<Lane, Map<string, (() => void)[]>> = { known: new Map(), others: new Map() };
  readonly #waiting: Record<Lane, number> = { known: 0, others: 0 };
  #running = 0;

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Does `work` when it is the caller's turn. Throws NoRoom at once when too many wait. */
  async run<T>(lane: Lane, caller: string, work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#options.atOnce) this.#running++;
    else await this.#turn(lane, caller);
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  #turn(lane: Lane, caller: string): Promise<void> {
    const callers = this.#lanes[lane];
    const own = callers.get(caller) ?? [];
    const { waiting, perCaller } = this.#options;
    if (this.#waiting[lane] >= waiting || own.length >= perCaller) throw new NoRoom(lane);
    this.#waiting[lane]++;
    return new Promise((resolve) => callers.set(caller, [...own, resolve]));
  }

  /** Hands the place of work that has ended to the next in line. */
  #next(): void {
    for (const lane of LANES) {
      const [first] = this.#lanes[lane];
      if (!first) continue;
      const [caller, [begin, ...rest]] = first;
      this.#lanes[lane].delete(caller);
      // Behind the other callers.
      if (rest.length > 0) this.#lanes[lane].set(caller, rest);
      this.#waiting[lane]--;
      return begin!();
    }
    this.#running--;
  }
}
