import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks until the answer is there: waiting for a state, never for a time.
 * @param ask returns undefined or false while it isn't so
 * @param everyMs how often; 20 unless asking costs what is being measured
 * @throws Error naming `what` when it is not so within `timeoutMs`
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 15_000,
  everyMs = 20,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await delay(everyMs);
  }
}
