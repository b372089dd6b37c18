import { isIPv6 } from 'node:net';
import { Backoff } from './backoff.ts';
import { Problem } from './problem.ts';

/** How often signing in may fail before it costs time. */
export interface SignInLimits {
  /** Wrong tries for a login from one address, or from a device it is known on (default 10: forgetful teachers pass). */
  perLogin?: number;
  /** Wrong tries of an address, whatever the logins (default 100: a school's teachers share one). */
  perAddress?: number;
}

/** Who tries, as what, and from where. */
export interface SignInTry {
  login: string;
  address: string;
  /** Of a device on which this very login was used before. */
  device: string | undefined;
}

/** Nobody waits for longer, whoever guesses. */
const LONGEST_WAIT_S = 300;
/**
 * For a login from all unknown devices together the wait stays short: it makes guessing from many addresses slow (2,880 a
 * day) and can't be used to lock its owner out, who comes from a known device or waits for half a minute.
 */
const LONGEST_FROM_ANYWHERE_S = 30;
/** Wrong tries for one login from everywhere, as a multiple of those from one address. */
const ADDRESSES = 10;

/**
 * Slows down guessing and spares whoever has signed in before: a try from a device that the login is known on is counted
 * for that device alone, so that nobody who guesses elsewhere makes its owner wait (OWASP's device cookies).
 */
export class SignInGuard {
  readonly #byDevice: Backoff;
  readonly #byLoginAndAddress: Backoff;
  readonly #byLogin: Backoff;
  readonly #byAddress: Backoff;

  constructor({ perLogin = 10, perAddress = 100 }: SignInLimits = {}) {
    this.#byDevice = new Backoff({ free: perLogin, most: LONGEST_WAIT_S });
    this.#byLoginAndAddress = new Backoff({ free: perLogin, most: LONGEST_WAIT_S });
    this.#byLogin = new Backoff({ free: perLogin * ADDRESSES, most: LONGEST_FROM_ANYWHERE_S });
    this.#byAddress = new Backoff({ free: perAddress, most: LONGEST_WAIT_S });
  }

  /** Counts a try before the password is looked at. Throws Problem 429 with the seconds to wait. */
  take(who: SignInTry): void {
    const taken: [Backoff, string][] = [];
    for (const [backoff, key] of this.#counters(who)) {
      const wait = backoff.take(key);
      if (wait === 0) {
        taken.push([backoff, key]);
        continue;
      }
      // One that is refused is no try.
      for (const [counted, ofKey] of taken) counted.giveBack(ofKey);
      const seconds = Math.ceil(wait / 1000);
      throw new Problem(429, `Too many wrong passwords; try again in ${seconds} s.`, {
        headers: { 'retry-after': `${seconds}` },
      });
    }
  }

  /** The password was not looked at. */
  giveBack(who: SignInTry): void {
    for (const [backoff, key] of this.#counters(who)) backoff.giveBack(key);
  }

  /** The password was right: earlier wrong ones from there are forgiven. */
  forgive(who: SignInTry): void {
    this.giveBack(who);
    const [[backoff, key]] = this.#counters(who);
    backoff.forgive(key);
  }

  #counters({ login, address, device }: SignInTry): [[Backoff, string], ...[Backoff, string][]] {
    if (device !== undefined) return [[this.#byDevice, `${device} ${login}`]];
    const from = networkOf(address);
    return [
      [this.#byLoginAndAddress, `${from} ${login}`],
      [this.#byAddress, from],
      [this.#byLogin, login],
    ];
  }
}

/** The address, of IPv6 its /64: whoever has one has them all. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('%')[0]!.split('::');
  const [left, right] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean)) as [string[], string[]];
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  const groups = [...left, ...zeros, ...right].slice(0, 4).map((group) => parseInt(group, 16).toString(16));
  return `${groups.join(':')}::/64`;
}
