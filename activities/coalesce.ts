interface Waiting<K, R> {
  key: K;
  resolve: (result: R) => void;
  reject: (error: unknown) => void;
}

/**
 * Makes one function of a batch out of many calls of one item each: what is called while earlier batches are under way
 * goes together in the next. Alone, a call goes at once, so nothing waits for company. When a batch fails for what is in
 * it, each of its items is tried by itself: one that can't be done must not hold up the others.
 * @param work results in the order of the items
 * @param limits `batch` items at most, `concurrency` batches at a time
 * @param isAboutItems whether an error is about them; else the whole batch fails, for each alone would fare the same
 */
export function coalesce<K, R>(
  work: (keys: K[]) => Promise<R[]>,
  limits: { batch: number; concurrency: number },
  isAboutItems: (error: unknown) => boolean,
): (key: K) => Promise<R> {
  const waiting: Waiting<K, R>[] = [];
  let running = 0;

  const settle = async (batch: Waiting<K, R>[]): Promise<void> => {
    try {
      const results = await work(batch.map(({ key }) => key));
      batch.forEach(({ resolve }, i) => resolve(results[i]!));
    } catch (error) {
      if (batch.length > 1 && isAboutItems(error)) for (const one of batch) await settle([one]);
      else for (const { reject } of batch) reject(error);
    }
  };
  const run = async (): Promise<void> => {
    running++;
    while (waiting.length > 0) await settle(waiting.splice(0, limits.batch));
    running--;
  };
  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      // At the end of this turn of the event loop, with all that is called in it.
      if (running < limits.concurrency) setImmediate(() => void (running < limits.concurrency && run()));
    });
}
