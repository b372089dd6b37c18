import type { ReactNode } from 'react';
import { yuan } from '../../../workflows/domain/money.ts';
import type { Refusal } from './request.ts';

export interface Wording {
  zh: string;
  en: string;
}

/** Chinese, with English beside it. */
export function Words({ zh, en }: Wording) {
  return (
    <>
      {zh}{' '}
      <span className="en" lang="en">
        {en}
      </span>
    </>
  );
}

/** What people call something that the API names by a code; the code itself where nobody has named it yet. */
export function Term({ of, id }: { of: Record<string, Wording>; id: string }) {
  return <Words {...(of[id] ?? { zh: id, en: '' })} />;
}

/** A part of a page, with its heading. */
export function Card({ zh, en, children }: Wording & { children: ReactNode }) {
  return (
    <section className="card">
      <h2>
        <Words zh={zh} en={en} />
      </h2>
      {children}
    </section>
  );
}

/** Good and bad have colours; what is under way has none. */
export type Mood = 'good' | 'bad' | '';

export function Badge({ mood = '', children }: { mood?: Mood; children: ReactNode }) {
  return <span className={`badge ${mood}`}>{children}</span>;
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

/** How a question fares whose answer is shown beneath: not answered yet, or what went wrong. */
export function Answered({ answer, error }: { answer: unknown; error: Refusal | undefined }) {
  if (error || answer !== undefined) return <ErrorNote error={error} />;
  return (
    <p className="hint" role="status">
      <Words zh="查询中…" en="Looking" />
    </p>
  );
}

/** What was done, said aloud to screen readers. */
export function DoneNote({ done }: { done: Wording | undefined }) {
  return (
    <p className="done" role="status">
      {done && <Words {...done} />}
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

/** This month in civil time, e.g. `2026-03`. */
export function thisMonth(): string {
  // Swedes write dates as ISO does.
  return new Date().toLocaleDateString('sv-SE', { timeZone: ZONE.timeZone }).slice(0, 7);
}

/** An amount in fen, for people. */
export function money(fen: number): string {
  return `${yuan(fen)}元`;
}
