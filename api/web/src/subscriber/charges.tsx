import { Badge, Card, money, Time, Words, type Wording } from '../words.tsx';
import { WorkflowLink } from '../workflow-link.tsx';
import type { Charge } from './subscriber.ts';

const WORKFLOWS: Record<string, Wording> = {
  decidedBy: { zh: '由此决定', en: 'decided by' },
  subscription: { zh: '订制', en: 'subscription' },
};

/** Every fee, with the paragraph that is read out to who asks why. */
export function Charges({ charges }: { charges: Charge[] }) {
  return (
    <Card zh="收费" en="Charges, with words to read out">
      {charges.length === 0 && (
        <p>
          <Words zh="还没有收过费" en="Nothing was ever charged" />
        </p>
      )}
      <ol className="timeline">
        {charges.map((charge) => (
          <li key={charge.id}>
            <Time at={charge.decidedAt} />
            <ChargeWords charge={charge} />
          </li>
        ))}
      </ol>
    </Card>
  );
}

function ChargeWords({ charge: { month, kind, fen, rule, profileVersion, text, workflows } }: { charge: Charge }) {
  return (
    <div>
      <strong>
        {month} {money(fen)}
      </strong>{' '}
      {kind === 'reversal' && <Badge>退还 reversal</Badge>}{' '}
      <small>
        {rule} · {profileVersion}
      </small>
      <p>{text.zh}</p>
      <p className="en" lang="en">
        {text.en}
      </p>
      <p>
        {Object.entries(workflows).map(([name, workflow]) => (
          <span key={name} className="workflow">
            <small>{WORKFLOWS[name]?.zh ?? name}</small> <WorkflowLink workflow={workflow} />
          </span>
        ))}
      </p>
    </div>
  );
}
