import { Counts } from '../facts.tsx';
import { Badge, money, Term, Time, Words, type Mood, type Wording } from '../words.tsx';
import type { Run } from './billing.ts';
import { ChargeMonth } from './charge-month.tsx';
import { Files } from './files.tsx';

const STATES: Record<string, Wording> = {
  charging: { zh: '计费中', en: 'charging' },
  'awaiting-results': { zh: '等待扣费结果', en: 'awaiting results' },
  'results-overdue': { zh: '结果逾期', en: 'results overdue' },
  settled: { zh: '已结清', en: 'settled' },
  unbalanced: { zh: '账目不符', en: 'unbalanced' },
};
const MOODS: Record<string, Mood> = { settled: 'good', 'results-overdue': 'bad', unbalanced: 'bad' };

/** One month: how far it is, whether it adds up, its files. */
export function RunDetails({ run, carrier, mayCharge }: { run: Run; carrier: string; mayCharge: boolean }) {
  const { tenant, month, state, balance, chunks, chunksCharged, files } = run;
  return (
    <section className="card">
      <h2>
        {month} {carrier}{' '}
        <Badge mood={MOODS[state] ?? ''}>
          <Term of={STATES} id={state} />
        </Badge>
      </h2>
      <p className="hint">
        <Words zh="开始" en="started" /> <Time at={run.startedAt} />
        {run.chargedAt ? (
          <>
            {' · '}
            <Words zh="计费完成" en="charged" /> <Time at={run.chargedAt} />
          </>
        ) : (
          <>
            {' · '}
            <Words zh={`已完成 ${chunksCharged}/${chunks} 段`} en="chunks charged" />
          </>
        )}
      </p>
      {balance && (
        <Counts
          of={[
            { id: 'charges', zh: '收费', en: 'charges', value: money(balance.charges) },
            { id: 'reversals', zh: '退费', en: 'reversals', value: money(balance.reversals) },
            { id: 'lines', zh: '已报运营商', en: 'in files', value: money(balance.fileLines) },
            { id: 'held', zh: '暂缓', en: 'held back', value: money(balance.held) },
            { id: run.arrears > 0 ? 'failed' : 'arrears', zh: '欠费户', en: 'in arrears', value: run.arrears },
          ]}
        />
      )}
      {balance && !balance.balanced && (
        <p className="error">
          <Words zh="账目不符：收费减退费，不等于已报加暂缓。" en="It does not add up: look at the workflow." />
        </p>
      )}
      <Files tenant={tenant} files={files} mayCharge={mayCharge} />
      {mayCharge && <ChargeMonth zh="重新计费" en="Run again" tenant={tenant} month={month} />}
    </section>
  );
}
