import type { PartOutcome } from './carrier-record.ts';

/** Resent texts remembered, so that one of many parts counts once: more are never on their way at once. */
const REMEMBERED = 10_000;

/** What a link did, in segments by outcome and in `resent` texts. It goes on from the counts of the owner before. */
export class LinkCounts {
  readonly #counts = new Map<string, number>();
  readonly #resent = new Set<string>();

  /** Adds what earlier owners counted. */
  carryOn(before: Record<string, number>): void {
    for (const [name, count] of Object.entries(before)) this.add(name, count);
  }

  add(name: string, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }

  /** Counts outcomes that are recorded. */
  recorded(outcomes: readonly PartOutcome[]): void {
    for (const { state, smsId, attempt } of outcomes) {
      this.add(state);
      const text = `${smsId}/${attempt}`;
      // An expired or cancelled part did not leave.
      if (attempt === 1 || state === 'EXPIRED' || state === 'CANCELLED' || this.#resent.has(text)) continue;
      if (this.#resent.size >= REMEMBERED) this.#resent.clear();
      this.#resent.add(text);
      this.add('resent');
    }
  }

  toJSON(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
