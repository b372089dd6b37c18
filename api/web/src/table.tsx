import type { ReactNode } from 'react';
import { Words } from './words.tsx';

/** A table with its head; one wider than the screen scrolls by itself. */
export function Table({ heads, children }: { heads: [zh: string, en: string][]; children: ReactNode }) {
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            {heads.map(([zh, en]) => (
              <th key={en} scope="col">
                <Words zh={zh} en={en} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
