import { describe, expect, it } from 'vitest';
import { Backoff } from '../../api/backoff.ts';
import type { Problem } from '../../api/problem.ts';
import { networkOf, SignInGuard, type SignInTry } from '../../api/sign-in-guard.ts';

const MINUTE = 60_000;

describe('a back-off', () => {
  it('costs nothing at first, then twice as much each time, up to its most', () => {
    const backoff = new Backoff({ free: 2, most: 10 });
    let now = 0;
    const waits = [];
    for (let asked = 0; asked < 12; asked++) {
      const wait = backoff.take('k', now);
      waits.push(wait);
      now += wait;
    }
    expect(waits).toEqual([0, 0, 1000, 0, 2000, 0, 4000, 0, 8000, 0, 10_000, 0]);
  });

  it('counts tries at once, and none that is refused', () => {
    const backoff = new Backoff({ free: 3, most: 60 });
    const at = Array.from({ length: 10 }, () => backoff.take('k', 5));
    expect(at).toEqual([0, 0, 0, ...Array<number>(7).fill(1000)]);
    expect(backoff.take('other', 5)).toBe(0);
  });

  it('forgets who has stopped, and who tried longest ago when there are too many', () => {
    const backoff = new Backoff({ free: 1, most: 60, keys: 2 });
    expect(backoff.take('a', 0)).toBe(0);
    expect(backoff.take('a', 999)).toBe(1);
    expect(backoff.take('a', 3 * MINUTE)).toBe(0);
    expect(backoff.take('a', 3 * MINUTE + 999)).toBe(1);
    for (const key of ['b', 'c', 'd']) backoff.take(key, 3 * MINUTE);
    expect(backoff.take('a', 3 * MINUTE + 999)).toBe(0);
  });
});

describe('guessing', () => {
  const who = (address: string, device?: string): SignInTry => ({ login: 'li', address, device });
  const refused = (guard: SignInGuard, by: SignInTry): number => {
    try {
      guard.take(by);
      return 0;
    } catch (problem) {
      expect((problem as Problem).status).toBe(429);
      return Number((problem as Problem).headers['retry-after']);
    }
  };

  it('from one address slows that address, and nobody who comes from elsewhere or is known', () => {
    const guard = new SignInGuard({ perLogin: 3 });
    for (let tries = 0; tries < 50; tries++) refused(guard, who('192.0.2.1'));
    expect(refused(guard, who('192.0.2.1'))).toBeGreaterThan(0);
    expect(refused(guard, who('192.0.2.2'))).toBe(0);
    expect(refused(guard, who('192.0.2.1', 'known'))).toBe(0);
  });

  it('from everywhere slows all unknown devices by half a minute at most, and no known one', () => {
    const guard = new SignInGuard({ perLogin: 3 });
    for (let i = 0; i < 500; i++) refused(guard, who(`10.0.${i >> 8}.${i & 255}`));
    const wait = refused(guard, who('192.0.2.2'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(30);
    expect(refused(guard, who('192.0.2.2', 'known'))).toBe(0);
  });

  it('on a known device is slowed there', () => {
    const guard = new SignInGuard({ perLogin: 3 });
    for (let tries = 0; tries < 3; tries++) expect(refused(guard, who('192.0.2.1', 'stolen'))).toBe(0);
    expect(refused(guard, who('192.0.2.1', 'stolen'))).toBeGreaterThan(0);
    expect(refused(guard, who('192.0.2.1'))).toBe(0);
  });

  it('that ends with the right one is forgiven there', () => {
    const guard = new SignInGuard({ perLogin: 2 });
    guard.take(who('192.0.2.1'));
    guard.forgive(who('192.0.2.1'));
    for (let tries = 0; tries < 2; tries++) expect(refused(guard, who('192.0.2.1'))).toBe(0);
  });
});

describe('addresses', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
  ])('%s is counted as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
