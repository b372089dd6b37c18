import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks until the answer is there: waiting for a state, never for a time. The one deadline is far beyond what anything
 * takes, on a machine with both cores taken too: a shorter one tests the machine.
 * @param ask returns nothing, false or 0 while it isn't so: a count of rows is asked as it is
 * @param everyMs how often; 20 unless asking costs what is being measured
 * @throws Error naming `what` when it is not so within `timeoutMs`
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  timeoutMs = 60_000,
  everyMs = 20,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await delay(everyMs);
  }
}
