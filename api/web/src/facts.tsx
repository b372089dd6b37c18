import type { ReactNode } from 'react';
import { Words, type Wording } from './words.tsx';

/** What is so, line by line. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="facts">{children}</dl>;
}

export function Fact({ zh, en, children }: Wording & { children: ReactNode }) {
  return (
    <div>
      <dt>
        <Words zh={zh} en={en} />
      </dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Numbers side by side. */
export function Counts({ of }: { of: ({ id: string; value: ReactNode } & Wording)[] }) {
  return (
    <dl className="counts">
      {of.map(({ id, zh, en, value }) => (
        <div key={id} className={`count ${id}`}>
          <dt>
            <Words zh={zh} en={en} />
          </dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
