import { useState } from 'react';
import { More } from '../more.tsx';
import { usePages } from '../paging.ts';
import { request } from '../request.ts';
import type { Session } from '../session.ts';
import { Badge, Card, ErrorNote, Time, Words } from '../words.tsx';
import { TrialView } from './trial-view.tsx';
import { stateOf, type Trial } from './trial.ts';

/** Trials of the school or of the carriers; one is opened at a time. */
export function TrialsPage({ session }: { session: Session }) {
  const [opened, setOpened] = useState<string>();
  const {
    items: trials,
    next,
    error,
    load,
  } = usePages((signal, cursor) =>
    request<{ trials: Trial[]; next?: string }>('GET', `/api/v1/trials${cursor ? `?cursor=${cursor}` : ''}`, {
      signal,
    }).then(({ trials: items, ...rest }) => ({ items, ...rest })),
  );

  return (
    <Card zh="班级试用" en="Trials of classes">
      <ErrorNote error={error} />
      {trials?.length === 0 && (
        <p>
          <Words
            zh="还没有试用。有试用期的运营商，班级的第一条短信发出后，未订制的家庭开始试用。"
            en="There is no trial yet. Where the carrier has a trial period, it begins with a class's first text, for families that have not subscribed."
          />
        </p>
      )}
      <ul className="list">
        {trials?.map((trial) => (
          <li key={trial.id}>
            <TrialRow
              trial={trial}
              open={opened === trial.id}
              onClick={() => setOpened(opened === trial.id ? undefined : trial.id)}
            />
            {opened === trial.id && <TrialView id={trial.id} session={session} onChanged={() => load()} />}
          </li>
        ))}
      </ul>
      <More next={next} load={load} />
    </Card>
  );
}

function TrialRow({ trial, open, onClick }: { trial: Trial; open: boolean; onClick: () => void }) {
  const { zh, en, mood } = stateOf(trial);
  return (
    <button className="row wrap" aria-expanded={open} onClick={onClick}>
      <span className="grow">
        {trial.school.name} {trial.class.name}
        {trial.round > 1 && (
          <small>
            {' '}
            第{trial.round}轮 round {trial.round}
          </small>
        )}
      </span>
      <Badge mood={mood}>
        <Words zh={zh} en={en} />
      </Badge>
      <small>
        至 until <Time at={trial.endsAt} />
      </small>
    </button>
  );
}
