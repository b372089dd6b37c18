import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../infra/smpp/token-bucket.ts';

/** Sends as fast as the bucket lets it, woken late by up to `jitter` ms each time. Returns when each segment left. */
function sendFor(ms: number, rate: number, jitter: () => number): number[] {
  let now = 0;
  const bucket = new TokenBucket(rate, () => now);
  const left: number[] = [];
  while (now < ms) {
    const wait = bucket.take();
    if (wait === 0) left.push(now);
    else now += Math.ceil(wait) + jitter();
  }
  return left;
}

/** The most segments in any second, wherever it begins. */
function mostInASecond(left: number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < left.length; last++) {
    while (left[last]! - left[first]! >= 1_000) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

describe('the token bucket', () => {
  it.each([1, 7, 50, 500, 2_000])('uses 97 %% of %i segments a second and never more', (rate) => {
    const left = sendFor(20_000, rate, () => 0);
    expect(mostInASecond(left)).toBeLessThanOrEqual(rate);
    if (rate >= 50) expect(left.length / 20).toBeGreaterThanOrEqual(0.97 * rate);
  });

  it('never sends more than the rate in any second, however late it is woken', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 800 }), fc.array(fc.nat(1_500), { minLength: 1 }), (rate, delays) => {
        let n = 0;
        return mostInASecond(sendFor(6_000, rate, () => delays[n++ % delays.length]!)) <= rate;
      }),
    );
  });

  it('counts what left under the old rate when the rate changes', () => {
    let now = 0;
    const bucket = new TokenBucket(100, () => now);
    const left: number[] = [];
    const send = (until: number) => {
      for (; now < until; now++) while (bucket.take() === 0) left.push(now);
    };
    send(900);
    bucket.setRate(50);
    const before = left.length;
    send(1_000);
    expect(left.length - before).toBe(0);
  });

  it('has no limit without a rate, and refuses an impossible one', () => {
    expect(new TokenBucket(null).take()).toBe(0);
    expect(() => new TokenBucket(0)).toThrow(RangeError);
  });
});
