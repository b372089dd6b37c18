import { useEffect, useState } from 'react';
import { useAsking, type Question } from './asking.ts';
import { outOfReach, type Refusal } from './request.ts';

/** A look that has no answer after this is given up for another. */
const LOST_MS = 15_000;

/** How looks get rarer: each wait is `slower` times the one before, up to `slowestMs`. */
interface Slowing {
  slower: number;
  slowestMs: number;
}

/**
 * What `look` answers, asked now and `everyMs` after each answer while the page is shown; the last answer stays when one
 * fails. Another `look` begins anew.
 */
export function usePolling<T>(
  look: Question<T>,
  everyMs: number,
  { slower, slowestMs }: Slowing = { slower: 1, slowestMs: everyMs },
): { answer?: T; error?: Refusal } {
  const [state, setState] = useState<{ answer?: T; error?: Refusal }>({});
  const asking = useAsking();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const failed = (error: Refusal) => setState((before) => ({ ...before, error }));
    function ask(waitMs: number) {
      const next = () => ask(Math.min(waitMs * slower, slowestMs));
      timer = setTimeout(() => {
        failed(outOfReach());
        next();
      }, LOST_MS);
      void asking(look)
        .then((answer) => setState({ answer }), failed)
        .then(() => {
          clearTimeout(timer);
          timer = setTimeout(next, waitMs);
        });
    }
    ask(everyMs);
    return () => clearTimeout(timer);
  }, [asking, look, everyMs, slower, slowestMs]);
  return state;
}
