import type { Refusal } from './request.ts';

/** Chinese, with English beside it. */
export function Words({ zh, en }: { zh: string; en: string }) {
  return (
    <>
      {zh}{' '}
      <span className="en" lang="en">
        {en}
      </span>
    </>
  );
}

/** What went wrong, said aloud to screen readers. */
export function ErrorNote({ error }: { error: Refusal | undefined }) {
  if (!error) return null;
  return (
    <p className="error" role="alert">
      {error.message}
    </p>
  );
}

/** A moment in the reader's own words. */
export function Time({ at }: { at: string }) {
  return <time dateTime={at}>{new Date(at).toLocaleString('zh-CN', { hour12: false })}</time>;
}
