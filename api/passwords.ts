import { hashPassword, newToken, verifyPassword } from '../infra/secrets.ts';
import { Problem } from './problem.ts';
import { NoRoom, Turns, type Lane } from './turns.ts';

/**
 * A hash takes 20 to 50 ms of a processor and one of libuv's four threads, which look up names and read files too. With
 * eight of an address and sixty-four in all before it, nobody waits for two seconds.
 */
const TURNS = { atOnce: 2, waiting: 64, perCaller: 8 };
const RETRY_AFTER_S = 2;

/** Whose password is looked at: the lane and the caller within it. */
export interface Asker {
  lane: Lane;
  caller: string;
}

/** Passwords are slow to hash on purpose: so many at once, and not more than somebody would wait for. */
export class Passwords {
  readonly #turns = new Turns(TURNS);
  /** Compared against where there is no password, so that the time of the answer does not tell which logins exist. */
  readonly #nobodys = hashPassword(newToken());

  /** Whether `password` is right; of no hash, wrong after as long. Throws Problem 503 when too many ask. */
  isRight(asker: Asker, hash: string | null | undefined, password: string): Promise<boolean> {
    return this.#inTurn(asker, async () => {
      const right = await verifyPassword(hash ?? (await this.#nobodys), password);
      return right && typeof hash === 'string';
    });
  }

  /** The hash to keep. Throws Problem 503 when too many ask. */
  hash(asker: Asker, password: string): Promise<string> {
    return this.#inTurn(asker, () => hashPassword(password));
  }

  async #inTurn<T>({ lane, caller }: Asker, work: () => Promise<T>): Promise<T> {
    try {
      return await this.#turns.run(lane, caller, work);
    } catch (error) {
      if (!(error instanceof NoRoom)) throw error;
      throw new Problem(503, 'Too many sign in at this moment; try again.', {
        headers: { 'retry-after': `${RETRY_AFTER_S}` },
      });
    }
  }
}
