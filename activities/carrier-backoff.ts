/** How a link reacts to refusals: how long it pauses, and whose trouble a refusal is. */
import type { Meaning } from '../infra/smpp/status-words.ts';
import type { Part } from './carrier-lines.ts';

/** A pause that doubles with each refusal in a row. */
export class Backoff {
  readonly #first: number;
  readonly #longest: number;
  #ms = 0;
  #until = 0;

  constructor(first: number, longest: number) {
    this.#first = first;
    this.#longest = longest;
  }

  /** How long to wait still; 0 or less: not at all. */
  get leftMs(): number {
    return this.#until - performance.now();
  }

  refused(): void {
    const now = performance.now();
    // A whole window refused at once is one refusal.
    if (now < this.#until) return;
    this.#ms = Math.min(this.#longest, Math.max(this.#first, this.#ms * 2));
    this.#until = now + this.#ms;
  }

  accepted(): void {
    this.#ms = 0;
  }
}

/** So many texts in a row refused for now: it is not the texts. */
const ILL_AFTER_TEXTS = 5;
/** So many accepted since a part was sent, or last refused: the SMSC is well. */
const WELL_AFTER = 5;
/** A part that was held so often lets another ask: perhaps only this one is refused. */
const ASIDE_AFTER_HOLDS = 3;

/** What to do with a part that was refused for now. */
export type Treatment =
  /** Pause, then ask with it. */
  | 'hold'
  /** Pause, then ask with another. */
  | 'hold-aside'
  /** A retry of its own, while others flow. */
  | 'retry';

/**
 * Tells whether a refusal for now is the SMSC's trouble or the text's. A text that the SMSC chokes on must not hold up
 * its link for ever, and an SMSC that is ill must not use up any text's retries.
 */
export class Diagnosis {
  readonly #refusedInARow = new Set<number>();
  #accepted = 0;

  accepted(): void {
    this.#accepted += 1;
    if (this.#refusedInARow.size > 0) this.#refusedInARow.clear();
  }

  sent(part: Part): void {
    part.acceptedBefore ??= this.#accepted;
  }

  /** @param full no more parts may wait for retries of their own */
  of(part: Part, meaning: Extract<Meaning, 'smsc-ill' | 'passing'>, full: boolean): Treatment {
    this.#refusedInARow.add(part.of.text.smsId);
    const others = this.#accepted - part.acceptedBefore!;
    part.acceptedBefore = this.#accepted;
    const well = others >= WELL_AFTER || (part.held >= ASIDE_AFTER_HOLDS && others > 0);
    const ill = this.#refusedInARow.size >= ILL_AFTER_TEXTS || (meaning === 'smsc-ill' && !well);
    if (!ill && !full) return 'retry';
    part.held += 1;
    return part.held % ASIDE_AFTER_HOLDS === 0 && !full ? 'hold-aside' : 'hold';
  }
}
