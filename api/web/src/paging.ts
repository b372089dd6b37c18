import { useState } from 'react';
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

/** A list that comes page by page: `load()` begins anew, `load(next)` adds. */
export function usePages<Item>(ask: (cursor?: string) => Promise<Page<Item>>) {
  const [pages, setPages] = useState<Pages<Item>>({});
  const load = (cursor?: string) =>
    void ask(cursor).then(
      ({ items, next }) =>
        setPages((before) => ({
          items: cursor ? [...(before.items ?? []), ...items] : items,
          ...(next ? { next } : {}),
        })),
      (error: Refusal) => setPages((before) => (cursor ? { ...before, error } : { error })),
    );
  return { ...pages, load };
}
