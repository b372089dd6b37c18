import { useCallback, useState } from 'react';
import { usePolling } from './polling.ts';
import { request, type Refusal } from './request.ts';
import type { Wording } from './words.tsx';

/** A list of what waits for a person. */
interface ToDecide<T> {
  answer?: T;
  error?: Refusal;
  /** What was decided last. */
  done: Wording | undefined;
  /** Tells what was decided, and looks at the list again at once. */
  decided: (done: Wording) => void;
}

/** What `path` lists, asked again every `everyMs` and after each decision. */
export function useToDecide<T>(path: string, everyMs: number): ToDecide<T> {
  const [{ done, turn }, setDone] = useState<{ done?: Wording; turn: number }>({ turn: 0 });
  // Another turn is another look, at once.
  const look = useCallback((signal: AbortSignal) => request<T>('GET', path, { signal }), [path, turn]);
  const decided = (words: Wording) => setDone({ done: words, turn: turn + 1 });
  return { ...usePolling(look, everyMs), done, decided };
}
