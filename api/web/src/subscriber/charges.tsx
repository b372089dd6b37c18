import { RULE_WORDS, wordsOf } from '../../../../workflows/domain/record-words.ts';
import { More } from '../more.tsx';
import { usePages } from '../paging.ts';
import { request } from '../request.ts';
import { Answered, Badge, Card, money, Time, Words, type Wording } from '../words.tsx';
import { WorkflowLink } from '../workflow-link.tsx';
import { subscriberPath, type Charge } from './subscriber.ts';

const WORKFLOWS: Record<string, Wording> = {
  decidedBy: { zh: '由此决定', en: 'decided by' },
  subscription: { zh: '订制', en: 'subscription' },
};

/** The fees of a phone with a carrier, newest first, each with the paragraph that is read out to who asks why. */
export function Charges({ phone, reason, tenant }: { phone: string; reason: string; tenant: string }) {
  const {
    items: charges,
    next,
    error,
    load,
  } = usePages((signal, cursor) => {
    const query = new URLSearchParams({ tenant, reason, ...(cursor ? { cursor } : {}) });
    return request<{ charges: Charge[]; next?: string }>('GET', `${subscriberPath(phone)}/charges?${query}`, {
      signal,
    }).then(({ charges: items, ...rest }) => ({ items, ...rest }));
  });

  return (
    <Card zh="收费" en="Charges, with words to read out">
      <Answered answer={charges} error={error} />
      {charges?.length === 0 && (
        <p>
          <Words zh="还没有收过费" en="Nothing was ever charged" />
        </p>
      )}
      <ol className="timeline">
        {charges?.map((charge) => (
          <li key={charge.id}>
            <Time at={charge.decidedAt} />
            <ChargeWords charge={charge} />
          </li>
        ))}
      </ol>
      <More next={next} load={load} />
    </Card>
  );
}

function ChargeWords({ charge: { month, kind, fen, rule, profileVersion, text, workflows } }: { charge: Charge }) {
  return (
    <div>
      <strong>
        {month} {money(fen)}
      </strong>{' '}
      {kind === 'reversal' && <Badge>冲减 reversal</Badge>}{' '}
      <small>
        {rule} {wordsOf(RULE_WORDS, rule).zh} · {profileVersion}
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
