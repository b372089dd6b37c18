import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Problem } from './problem.ts';

/** How often signing in may fail. */
export interface SignInLimits {
  /** Wrong tries per login within the window (default 10: forgetful teachers pass, guessing does not pay). */
  perLogin?: number;
  /** Wrong tries per address within the window (default 100: a school's teachers share one address). */
  perAddress?: number;
  /** Seconds (default 300). */
  window?: number;
}

/**
 * Counts wrong passwords per login and per address, in this process. Bounded: an address past its limit adds no more
 * logins to remember, and everything is forgotten after the window.
 */
export class SignInLimiter {
  readonly #byLogin: RateLimiterMemory;
  readonly #byAddress: RateLimiterMemory;

  constructor({ perLogin = 10, perAddress = 100, window = 300 }: SignInLimits = {}) {
    this.#byLogin = new RateLimiterMemory({ points: perLogin, duration: window });
    this.#byAddress = new RateLimiterMemory({ points: perAddress, duration: window });
  }

  /** Counts a try before the password is looked at, so that tries at once count too. Throws Problem 429. */
  async take(login: string, address: string): Promise<void> {
    await consume(this.#byAddress, address);
    await consume(this.#byLogin, login);
  }

  /** The password was right: the try did not count, and the login's earlier ones are forgiven. */
  async forgive(login: string, address: string): Promise<void> {
    await this.#byAddress.reward(address);
    await this.#byLogin.delete(login);
  }
}

async function consume(limiter: RateLimiterMemory, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    const seconds = Math.ceil(refusal.msBeforeNext / 1000);
    throw new Problem(429, `Too many wrong passwords; try again in ${seconds} s.`, {
      headers: { 'retry-after': `${seconds}` },
    });
  }
}
