import { Words } from './words.tsx';

/** The rest of a list. */
export function More({ next, load }: { next: string | undefined; load: (cursor: string) => void }) {
  if (!next) return null;
  return (
    <button className="quiet" onClick={() => load(next)}>
      <Words zh="更多" en="More" />
    </button>
  );
}
