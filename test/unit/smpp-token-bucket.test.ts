import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../infra/smpp/token-bucket.ts';

interface Way {
  /** How late the sender is woken, in ms, each time. */
  jitter?: () => number;
  /** How long the next segment takes to the SMSC, and its response back; segments arrive in the order they left. */
  there?: () => number;
  back?: () => number;
}

/**
 * Sends for `ms` as fast as the bucket lets it.
 * @returns when each segment left, and when it arrived
 */
function sendFor(ms: number, rate: number, { jitter = () => 0, there = () => 0, back = () => 0 }: Way = {}) {
  let now = 0;
  const bucket = new TokenBucket(rate, () => now);
  const left: number[] = [];
  const arrived: number[] = [];
  const responses: { at: number; sent: number }[] = [];
  const waitUntil = (until: number) => {
    for (let next = responses[0]; next && next.at <= until; next = responses[0]) {
      now = Math.max(now, next.at);
      bucket.settled(next.sent);
      responses.shift();
    }
    now = until;
  };
  while (now < ms) {
    const wait = bucket.take();
    if (wait > 0) {
      waitUntil(now + Math.ceil(wait) + jitter());
      continue;
    }
    left.push(now);
    arrived.push(Math.max(arrived.at(-1) ?? 0, now + there()));
    responses.push({ at: arrived.at(-1)! + back(), sent: bucket.sent });
    responses.sort((a, b) => a.at - b.at);
    waitUntil(now);
  }
  return { left, arrived };
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
    const { left } = sendFor(20_000, rate);
    expect(mostInASecond(left)).toBeLessThanOrEqual(rate);
    if (rate >= 50) expect(left.length / 20).toBeGreaterThanOrEqual(0.97 * rate);
  });

  it('never sends more than the rate in any second, however late it is woken', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 800 }), fc.array(fc.nat(1_500), { minLength: 1 }), (rate, delays) => {
        let n = 0;
        return mostInASecond(sendFor(6_000, rate, { jitter: () => delays[n++ % delays.length]! }).left) <= rate;
      }),
    );
  });

  it("never lets more arrive in any second of the SMSC's, whatever holds segments and responses up", () => {
    const ms = fc.array(fc.oneof({ weight: 9, arbitrary: fc.nat(9) }, fc.nat(900)), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 800 }), fc.nat(300), ms, ms, (rate, quickest, there, back) => {
        let [n, m] = [0, 0];
        const { arrived } = sendFor(6_000, rate, {
          // The first goes the quickest way, so that what is late can be told.
          there: () => quickest + (n === 0 ? n++ : there[n++ % there.length]!),
          back: () => quickest + (m === 0 ? m++ : back[m++ % back.length]!),
        });
        return mostInASecond(arrived) <= rate;
      }),
    );
  });

  it.each([3, 100, 400])('loses nothing of the rate to an SMSC that is always %i ms away', (away) => {
    const { left } = sendFor(20_000, 500, { there: () => away / 2, back: () => away / 2 });
    expect(left.length / 20).toBeGreaterThanOrEqual(0.97 * 500);
  });

  it('takes a slow beginning for no measure of the way', () => {
    let n = 0;
    const { arrived } = sendFor(5_000, 500, { there: () => Math.max(0, 40 - n++), back: () => 0 });
    expect(mostInASecond(arrived)).toBeLessThanOrEqual(500);
  });

  it.each([1_500, 5_000])('nor to one that always answers after %i ms, once that is known', (away) => {
    const { left } = sendFor(40_000, 20, { there: () => away / 2, back: () => away / 2 });
    expect(left.filter((at) => at >= 20_000).length / 20).toBeGreaterThanOrEqual(0.97 * 20);
  });

  it('makes up for an SMSC that did not read for a while by as much', () => {
    let n = 0;
    const { arrived } = sendFor(10_000, 500, { there: () => (++n % 2_000 === 0 ? 700 : 1), back: () => 1 });
    expect(mostInASecond(arrived)).toBeLessThanOrEqual(500);
    expect(arrived.length / 10).toBeGreaterThanOrEqual(0.8 * 500);
  });

  it('waits for no response that is lost while later ones come', () => {
    let now = 0;
    const bucket = new TokenBucket(100, () => now);
    let sent = 0;
    for (; now < 10_000; now++) while (bucket.take() === 0) if (sent++ % 10 !== 0) bucket.settled(bucket.sent);
    expect(sent / 10).toBeGreaterThanOrEqual(0.97 * 100);
  });

  it('counts what left under the old rate when the rate changes', () => {
    let now = 0;
    const bucket = new TokenBucket(100, () => now);
    const left: number[] = [];
    const send = (until: number) => {
      for (; now < until; now++)
        while (bucket.take() === 0) {
          left.push(now);
          bucket.settled(bucket.sent);
        }
    };
    send(900);
    bucket.setRate(50);
    const before = left.length;
    send(1_000);
    expect(left.length - before).toBe(0);
    send(2_000);
    expect(left.length - before).toBeLessThanOrEqual(50);
    bucket.setRate(200);
    send(5_000);
    expect(mostInASecond(left.slice(-400))).toBeLessThanOrEqual(200);
  });

  it('goes on when a rate is set after sending without one', () => {
    let now = 0;
    const bucket = new TokenBucket(null, () => now);
    expect(bucket.take()).toBe(0);
    const unlimited = bucket.sent;
    bucket.setRate(10);
    bucket.settled(unlimited);
    now = 1_000;
    expect(bucket.take()).toBe(0);
    bucket.settled(bucket.sent);
  });

  it.each([
    [500, 100, 50],
    [50, 50, 50],
    [1, 1, 1],
  ])('goes on when what left at %i a second had its response without a rate', (rate, inFlight, next) => {
    let now = 0;
    const bucket = new TokenBucket(rate, () => now);
    const unanswered: number[] = [];
    for (; unanswered.length < inFlight; now++) if (bucket.take() === 0) unanswered.push(bucket.sent);
    bucket.setRate(null);
    for (const sent of unanswered) bucket.settled(sent);
    bucket.setRate(next);
    let sent = 0;
    for (const end = now + 5_000; now < end; now++)
      while (bucket.take() === 0) {
        sent++;
        bucket.settled(bucket.sent);
      }
    expect(sent).toBeGreaterThanOrEqual(next === 1 ? 4 : 0.97 * 5 * next);
  });

  it('sends on once all that left has settled, whatever rates were set meanwhile and whatever was answered when', () => {
    const rates = fc.option(fc.integer({ min: 1, max: 120 }));
    const steps = fc.array(
      fc.record({ rate: rates, ms: fc.nat(1_500), settled: fc.nat(100), responded: fc.boolean() }),
    );
    fc.assert(
      fc.property(rates, steps, fc.integer({ min: 1, max: 120 }), (first, changes, last) => {
        let now = 0;
        const bucket = new TokenBucket(first, () => now);
        let unsettled: number[] = [];
        const settle = (responded: boolean, share: number) => {
          for (const sent of unsettled) if (sent % 100 < share) bucket.settled(sent, responded);
          unsettled = unsettled.filter((sent) => sent % 100 >= share);
        };
        for (const { rate, ms, settled, responded } of changes) {
          for (const end = now + ms; now < end; now += 10)
            while (unsettled.length < 100 && bucket.take() === 0) unsettled.push(bucket.sent);
          bucket.setRate(rate);
          settle(responded, settled);
        }
        settle(true, 100);
        bucket.setRate(last);
        now += 1_100;
        expect(bucket.take()).toBe(0);
      }),
    );
  });

  it("takes the end of a connection for no measure of the way: a distant SMSC's rate is used after it", () => {
    let now = 0;
    const bucket = new TokenBucket(500, () => now);
    const responses: { at: number; sent: number }[] = [];
    const sendUntil = (until: number) => {
      let sent = 0;
      for (; now < until; now++) {
        while (responses[0] && responses[0].at <= now) bucket.settled(responses.shift()!.sent);
        for (; bucket.take() === 0; sent++) responses.push({ at: now + 150, sent: bucket.sent });
      }
      return sent;
    };
    sendUntil(5_000);
    for (const { sent } of responses.splice(0)) bucket.settled(sent, false);
    // What may arrive only now takes its second first.
    sendUntil(8_000);
    expect(sendUntil(18_000) / 10).toBeGreaterThanOrEqual(0.97 * 500);
  });

  it('keeps to a rate beyond all links without the memory that would take', () => {
    const before = process.memoryUsage().arrayBuffers;
    const bucket = new TokenBucket(1e9);
    expect(bucket.take()).toBe(0);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('has no limit without a rate, and refuses an impossible one', () => {
    expect(new TokenBucket(null).take()).toBe(0);
    expect(() => new TokenBucket(0)).toThrow(RangeError);
  });
});
