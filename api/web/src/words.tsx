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

/** Civil time of every carrier here (spec §2), wherever the reader's computer thinks it is. */
const ZONE = { timeZone: 'Asia/Shanghai', offset: '+08:00' };

/** A moment in civil time. */
export function Time({ at }: { at: string }) {
  return <time dateTime={at}>{new Date(at).toLocaleString('zh-CN', { hour12: false, timeZone: ZONE.timeZone })}</time>;
}

/** What a datetime-local field says, as an instant with its offset. */
export function instantOf(civil: string): string {
  return `${civil}:00${ZONE.offset}`;
}
