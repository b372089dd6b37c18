import { Counts } from '../facts.tsx';
import { Table } from '../table.tsx';
import { money, Time, Words } from '../words.tsx';

/** A month on paper. */
export interface Preview {
  families: number;
  fees: number;
  freeLines: number;
  reversals: number;
  fen: number;
  lines: {
    unit: string;
    payer: string;
    package: string;
    fen: number;
    rule: string;
    profileVersion: string;
    decidedAt: string;
  }[];
}

/** Totals and the first lines of a month; nothing of it is written. */
export function PreviewTable({ preview: { lines, fen, ...totals } }: { preview: Preview }) {
  const all = totals.fees + totals.freeLines + totals.reversals;
  return (
    <div aria-live="polite">
      <Counts
        of={[
          { id: 'families', zh: '户', en: 'families', value: totals.families },
          { id: 'fees', zh: '收费', en: 'fees', value: totals.fees },
          { id: 'free', zh: '免费月', en: 'free lines', value: totals.freeLines },
          { id: 'reversals', zh: '退还', en: 'reversals', value: totals.reversals },
          { id: 'sum', zh: '合计', en: 'sum', value: money(fen) },
        ]}
      />
      <p className="hint">
        <Words
          zh={`只是预览,没有记账。${all > lines.length ? `下面是 ${all} 行中的前 ${lines.length} 行。` : ''}`}
          en="A preview: nothing is booked."
        />
      </p>
      {lines.length > 0 && (
        <Table
          heads={[
            ['户', 'Unit'],
            ['付费人', 'Payer'],
            ['套餐', 'Package'],
            ['金额', 'Amount'],
            ['规则', 'Rule'],
            ['决定于', 'Decided'],
          ]}
        >
          {lines.map((line) => (
            <tr key={`${line.unit} ${line.decidedAt} ${line.fen}`}>
              <th scope="row">{line.unit}</th>
              <td className="id">{line.payer}</td>
              <td>{line.package}</td>
              <td>{money(line.fen)}</td>
              <td className="id">
                {line.rule} <small>{line.profileVersion}</small>
              </td>
              <td>
                <Time at={line.decidedAt} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </div>
  );
}
