import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClaimSize } from '../../activities/carrier-claim-size.ts';

describe('how many segments a link claims', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => vi.useRealTimers());

  it('begins with its window, and keeps to a tenth of its rate', () => {
    expect(new ClaimSize(100).segments(0, null, false)).toBe(100);
    expect(new ClaimSize(100).segments(0, 50, false)).toBe(10);
    expect(new ClaimSize(100).segments(0, 500, true)).toBe(50);
  });

  it('doubles each time a full claim was too little, up to a bound', () => {
    const claim = new ClaimSize(100);
    const sizes = Array.from({ length: 6 }, () => claim.segments(0, null, true));
    expect(sizes).toEqual([200, 400, 800, 1_600, 2_000, 2_000]);
  });

  it('follows what the peer takes: up at once, down within a second', () => {
    const claim = new ClaimSize(100);
    vi.advanceTimersByTime(100);
    expect(claim.segments(1_500, null, false)).toBe(1_500);
    for (let accepted = 1_510, i = 0; i < 10; i++, accepted += 10) {
      vi.advanceTimersByTime(100);
      claim.segments(accepted, null, false);
    }
    expect(claim.segments(1_600, null, false)).toBeLessThan(100);
  });

  it('learns nothing from a pause', () => {
    const claim = new ClaimSize(100);
    vi.advanceTimersByTime(60_000);
    expect(claim.segments(0, null, false)).toBe(100);
  });
});
