import { useEffect, useState } from 'react';
import type { Refusal } from './request.ts';

/** What `look` answers, asked now and every `everyMs` while the page is shown; the last answer stays when one fails. */
export function usePolling<T>(look: () => Promise<T>, everyMs: number): { answer?: T; error?: Refusal } {
  const [state, setState] = useState<{ answer?: T; error?: Refusal }>({});
  useEffect(() => {
    const ask = () =>
      void look().then(
        (answer) => setState({ answer }),
        (error: Refusal) => setState((before) => ({ ...before, error })),
      );
    ask();
    const timer = setInterval(ask, everyMs);
    return () => clearInterval(timer);
  }, [look, everyMs]);
  return state;
}
