import { evidenceWords, TRIAL_EVENT_WORDS } from '../../../../workflows/domain/record-words.ts';
import { useCarriers, type Package } from '../carriers.ts';
import { Term, Time, Words } from '../words.tsx';
import type { TrialDetails } from './trial.ts';

/** Everything that happened, oldest first: a few lines a family, so folded. */
export function TrialRecord({ trial: { tenant, events } }: { trial: TrialDetails }) {
  const packages = useCarriers().find(({ id }) => id === tenant)?.packages ?? [];
  return (
    <details>
      <summary>
        <Words zh={`记录 ${events.length} 条`} en="Record" />
      </summary>
      <ol className="timeline">
        {events.map(({ type, at, evidence }, i) => (
          // Only ever appended to: its place names a line.
          <li key={i}>
            <Time at={at} />
            <div>
              <strong>
                <Term of={TRIAL_EVENT_WORDS} id={type} />
              </strong>
              <Evidence evidence={evidence} packages={packages} />
            </div>
          </li>
        ))}
      </ol>
    </details>
  );
}

function Evidence({ evidence, packages }: { evidence: Record<string, unknown>; packages: Package[] }) {
  const shown = evidenceWords(evidence, { packages });
  if (shown.length === 0) return null;
  return (
    <dl className="ids">
      {shown.map(({ name, value }) => (
        <div key={name.en}>
          <dt>
            <Words {...name} />
          </dt>
          <dd>{value.zh}</dd>
        </div>
      ))}
    </dl>
  );
}
