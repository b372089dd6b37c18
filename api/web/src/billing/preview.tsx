import { packageName } from '../../../../workflows/domain/package-words.ts';
import { RULE_WORDS, wordsOf } from '../../../../workflows/domain/record-words.ts';
import { useAnswer } from '../asking.ts';
import { useCarriers, type Package } from '../carriers.ts';
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
  const packages = useCarriers().find(({ id }) => id === tenant)?.packages ?? [];
  const { answer, error } = useAnswer((signal) =>
    request<MonthOnPaper>('POST', '/api/v1/billing/preview', { body: { tenant, month, limit: FIRST_LINES }, signal }),
  );
  return (
    <>
      <Answered answer={answer} error={error} />
      {answer && <PreviewTable preview={answer} packages={packages} />}
    </>
  );
}

function PreviewTable({
  preview: { lines, fen, ...totals },
  packages,
}: {
  preview: MonthOnPaper;
  packages: Package[];
}) {
  const all = totals.fees + totals.freeLines + totals.reversals;
  return (
    <div aria-live="polite">
      <Counts
        of={[
          { id: 'families', zh: '户', en: 'families', value: totals.families },
          { id: 'fees', zh: '收费', en: 'fees', value: totals.fees },
          { id: 'free', zh: '免费月', en: 'free lines', value: totals.freeLines },
          { id: 'reversals', zh: '退费', en: 'reversals', value: totals.reversals },
          { id: 'sum', zh: '合计', en: 'sum', value: money(fen) },
        ]}
      />
      <p className="hint">
        <Words
          zh={`只是预览，没有记账。${all > lines.length ? `下面是 ${all} 行中的前 ${lines.length} 行。` : ''}`}
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
            ['决定时间', 'Decided'],
          ]}
        >
          {lines.map((line) => (
            <tr key={`${line.unit} ${line.decidedAt} ${line.fen}`}>
              <th scope="row">{line.unit}</th>
              <td className="id">{line.payer}</td>
              <td>{packageName(line.package, { packages })}</td>
              <td>{money(line.fen)}</td>
              <td className="id">
                {line.rule} {wordsOf(RULE_WORDS, line.rule).zh} <small>{line.profileVersion}</small>
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
