/** A claim is what the link sends in this share of a second, so that an urgent text waits no longer behind it. */
const CLAIM_SHARE = 0.1;
const CLAIM_AT_LEAST = 10;
export const CLAIM_AT_MOST = 2_000;

/** How many segments to claim: a tenth of what the link does in a second, be that by its rate or by its peer. */
export class ClaimSize {
  /** What the link does in a second. */
  perSecond: number;
  #accepted = 0;
  #since = performance.now();

  /** @param window what a link begins with: it takes ten windows a second until seen otherwise */
  constructor(window: number) {
    this.perSecond = window / CLAIM_SHARE;
  }

  /**
   * @param accepted segments the link's connection has sent so far
   * @param starved the last claim was full, and all of it has left by now: the link can do more than was thought
   */
  segments(accepted: number, rate: number | null, starved: boolean): number {
    if (starved) this.perSecond = Math.min(CLAIM_AT_MOST / CLAIM_SHARE, this.perSecond * 2);
    const now = performance.now();
    const seconds = (now - this.#since) / 1_000;
    if (seconds >= CLAIM_SHARE) {
      const seen = (accepted - this.#accepted) / seconds;
      // A pause says nothing of what the link can do; a slower peer shows within a second.
      if (seen > 0) this.perSecond = seen > this.perSecond ? seen : this.perSecond * 0.7 + seen * 0.3;
      this.#accepted = accepted;
      this.#since = now;
    }
    const perSecond = Math.min(this.perSecond, rate ?? Infinity);
    return Math.round(Math.min(CLAIM_AT_MOST, Math.max(CLAIM_AT_LEAST, perSecond * CLAIM_SHARE)));
  }
}
