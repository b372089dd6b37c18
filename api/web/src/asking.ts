import { useCallback, useEffect, useRef, useState } from 'react';
import type { Refusal } from './request.ts';

/** Something asked of the API; `signal` tells that nobody waits for the answer any more. */
export type Question<T> = (signal: AbortSignal) => Promise<T>;

/**
 * Ties answers to questions. What it returns asks, and only the last question is answered, while whoever asked it is
 * shown: a promise of an earlier one never settles, so that its answer, however late, shows nowhere.
 */
export function useAsking() {
  const last = useRef<AbortController>(null);
  useEffect(() => () => last.current?.abort(), []);
  return useCallback(<T>(question: Question<T>): Promise<T> => {
    last.current?.abort();
    const { signal } = (last.current = new AbortController());
    return new Promise((resolve, reject) => {
      question(signal).then(
        (answer) => signal.aborted || resolve(answer),
        (error: Error) => signal.aborted || reject(error),
      );
    });
  }, []);
}

/**
 * What a question is answered, asked when it is first shown and again by `load()`; the last answer stays when one fails.
 * Another question is another thing to show: give it a `key`.
 */
export function useAnswer<T>(question: Question<T>) {
  const [state, setState] = useState<{ answer?: T; error?: Refusal }>({});
  const asking = useAsking();
  const load = () =>
    void asking(question).then(
      (answer) => setState({ answer }),
      (error: Refusal) => setState((before) => ({ ...before, error })),
    );
  useEffect(load, []);
  return { ...state, load };
}
