import type { ClaimedText } from './carrier-claim.ts';

export interface ReserveOptions {
  /** How many texts are handed over at a time, and how few may wait before the next are. */
  slice: () => number;
  /** Commits that so many of a batch, from the front, may have left. */
  mark: (batchId: number, handed: number) => Promise<void>;
  /** Takes texts that may leave from now on. */
  hand: (texts: ClaimedText[]) => void;
  /** Segments handed over that have not left. */
  waiting: () => number;
  /** A mark could not be committed; it is tried again with the next call of `refill`. */
  failed: (error: Error) => void;
}

interface Batch {
  id: number;
  texts: ClaimedText[];
  /** How many of them are handed over. */
  handed: number;
}

/**
 * What a link has claimed and may not send yet. A text is handed over once the database knows that it may have left, a
 * slice at a time: should the owner die, all that lies behind the mark never left and goes back to the queue.
 */
export class Reserve {
  readonly #options: ReserveOptions;
  #batches: Batch[] = [];
  #segments = 0;
  #marking: Promise<void> | undefined;

  constructor(options: ReserveOptions) {
    this.#options = options;
  }

  /** How many texts are handed over at a time. */
  get slice(): number {
    return this.#options.slice();
  }

  /** Segments claimed and not handed over. */
  get segments(): number {
    return this.#segments;
  }

  /** The most urgent lane kept here; undefined: nothing is. */
  get frontLane(): number | undefined {
    const lanes = this.#batches.map(({ texts, handed }) => texts[handed]!.lane);
    return lanes.length === 0 ? undefined : Math.min(...lanes);
  }

  /** @param texts of one claim, in its order @param handed how many of them the claim has marked already */
  add(texts: ClaimedText[], handed: number): void {
    if (texts.length === 0) return;
    this.#options.hand(texts.slice(0, handed));
    if (handed < texts.length) {
      this.#batches.push({ id: texts[0]!.batchId, texts, handed });
      // What is more urgent was claimed later and leaves first.
      this.#batches.sort((a, b) => a.texts[a.handed]!.lane - b.texts[b.handed]!.lane);
      this.#segments += segmentsOf(texts.slice(handed));
    }
    this.refill();
  }

  /** Hands over the next slice when little is waiting. */
  refill(): void {
    if (this.#marking || this.#batches.length === 0 || this.#options.waiting() >= this.slice) return;
    this.#marking = this.#handNext()
      .catch((error: unknown) => this.#options.failed(error as Error))
      .finally(() => (this.#marking = undefined));
  }

  /** Gives up what is left, once nothing is being marked. */
  async empty(): Promise<ClaimedText[]> {
    await this.#marking;
    const left = this.#batches.flatMap(({ texts, handed }) => texts.slice(handed));
    this.#batches = [];
    this.#segments = 0;
    return left;
  }

  async #handNext(): Promise<void> {
    const batch = this.#batches[0]!;
    const upto = Math.min(batch.texts.length, batch.handed + this.slice);
    await this.#options.mark(batch.id, upto);
    const texts = batch.texts.slice(batch.handed, upto);
    batch.handed = upto;
    if (upto === batch.texts.length) this.#batches = this.#batches.filter((each) => each !== batch);
    this.#segments -= segmentsOf(texts);
    this.#options.hand(texts);
  }
}

/** Segments of all of them. */
export function segmentsOf(texts: readonly ClaimedText[]): number {
  return texts.reduce((sum, { segments }) => sum + segments, 0);
}
