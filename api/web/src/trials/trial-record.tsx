import { Term, Time, Words, type Wording } from '../words.tsx';
import type { TrialDetails } from './trial.ts';

const EVENTS: Record<string, Wording> = {
  started: { zh: '开始', en: 'started' },
  report: { zh: '周报', en: 'weekly report' },
  approved: { zh: '校长同意', en: 'approved' },
  refused: { zh: '校长不同意', en: 'refused' },
  'notice-1': { zh: '书面通知', en: 'notice on paper' },
  'notice-2': { zh: '短信通知', en: 'notice by text' },
  answer: { zh: '家长答复', en: 'a family answered' },
  'handed-over': { zh: '转为订制', en: 'handed over' },
  'not-taken': { zh: '未办成', en: 'not taken' },
  closed: { zh: '结束', en: 'closed' },
};

/** Everything that happened, oldest first: a few lines a family, so folded. */
export function TrialRecord({ events }: Pick<TrialDetails, 'events'>) {
  return (
    <details>
      <summary>
        <Words zh={`记录 ${events.length} 条`} en="Record" />
      </summary>
      <ol className="timeline">
        {events.map(({ type, unit, actor, at, evidence }, i) => (
          // Only ever appended to: its place names a line.
          <li key={i}>
            <Time at={at} />
            <div>
              <strong>
                <Term of={EVENTS} id={type} />
              </strong>{' '}
              {unit && <code>{unit}</code>} <small>{actor}</small>
              <Evidence evidence={evidence} />
            </div>
          </li>
        ))}
      </ol>
    </details>
  );
}

function Evidence({ evidence }: { evidence: Record<string, unknown> }) {
  const shown = Object.entries(evidence);
  if (shown.length === 0) return null;
  return (
    <dl className="ids">
      {shown.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
