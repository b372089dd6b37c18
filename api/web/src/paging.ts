import { useEffect, useState } from 'react';
import { useAsking } from './asking.ts';
import type { Refusal } from './request.ts';

interface Page<Item> {
  items: Item[];
  /** Cursor of the following one. */
  next?: string;
}

interface Pages<Item> {
  items?: Item[];
  next?: string;
  error?: Refusal;
}

/**
 * A list that comes page by page, its first page when it is first shown: `load()` begins anew, `load(next)` adds. Another
 * question is another list: give what shows it a `key`.
 */
export function usePages<Item>(ask: (signal: AbortSignal, cursor?: string) => Promise<Page<Item>>) {
  const [pages, setPages] = useState<Pages<Item>>({});
  const asking = useAsking();
  const load = (cursor?: string) =>
    void asking((signal) => ask(signal, cursor)).then(
      ({ items, next }) =>
        setPages((before) => ({
          items: cursor ? [...(before.items ?? []), ...items] : items,
          ...(next ? { next } : {}),
        })),
      (error: Refusal) => setPages((before) => (cursor ? { ...before, error } : { error })),
    );
  useEffect(() => load(), []);
  return { ...pages, load };
}
