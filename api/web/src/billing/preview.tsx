import { useAnswer } from '../asking.ts';
import { Counts } from '../facts.tsx';
import { request } from '../request.ts';
import { Table } from '../table.tsx';
import { Answered, money, Time, Words } from '../words.tsx';

/** The first lines are enough to see what they are like. */
const FIRST_LINES = 20;

interface MonthOnPaper {
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

/** A month of a carrier on paper: totals and the first lines; nothing of it is written. */
export function Preview({ tenant, month }: { tenant: string; month: string }) {
  const { answer, error } = useAnswer((signal) =>
    request<MonthOnPaper>('POST', '/api/v1/billing/preview', { body: { tenant, month, limit: FIRST_LINES }, signal }),
  );
  return (
    <>
      <Answered answer={answer} error={error} />
      {answer && <PreviewTable preview={answer} />}
    </>
  );
}

function PreviewTable({ preview: { lines, fen, ...totals } }: { preview: MonthOnPaper }) {
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
