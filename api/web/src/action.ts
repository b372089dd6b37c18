import { useState } from 'react';
import { useAsking } from './asking.ts';
import { newKey, type Refusal } from './request.ts';

/**
 * Something a click does: whether it is under way, what was wrong with it, and the key that makes it safe to repeat. It
 * is done also where its form is gone before the answer, which then shows nowhere: what it is about is the form's `key`.
 */
export function useAction() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Refusal>();
  const [key, setKey] = useState(newKey);
  const asking = useAsking();

  /** What is asked next is something else: a repeated click acts once, a corrected one anew. */
  function changed() {
    setKey(newKey());
    setError(undefined);
  }

  /** Sets what of it somebody changed. */
  function changing<Value>(set: (value: Value) => void) {
    return (value: Value) => {
      set(value);
      changed();
    };
  }

  function run<T>(ask: (key: string) => Promise<T>, then: (answer: T) => void = () => undefined) {
    setBusy(true);
    asking(() => ask(key))
      .then((answer) => {
        changed();
        then(answer);
      }, setError)
      .finally(() => setBusy(false));
  }

  return { busy, error, run, changed, changing };
}
