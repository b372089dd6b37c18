import type { ReactNode } from 'react';
import { useAnswer } from '../asking.ts';
import { request } from '../request.ts';
import type { Session } from '../session.ts';
import { ErrorNote, Time, Words } from '../words.tsx';
import type { Trial } from './trial.ts';

interface Report {
  number: number;
  from: string;
  until: string;
}

interface PapersProps {
  trial: Trial;
  may: Session['may'];
}

/** What can be printed of a trial. */
export function Papers({ trial, may }: PapersProps) {
  return 'trials:report' in may ? <PaperList trial={trial} may={may} /> : null;
}

function PaperList({ trial: { id, notice1At }, may }: PapersProps) {
  const { answer, error } = useAnswer((signal) =>
    request<{ reports: Report[] }>('GET', `/api/v1/trials/${id}/reports`, { signal }),
  );
  const reports = answer?.reports;
  return (
    <>
      <h3>
        <Words zh="打印" en="To print" />
      </h3>
      <ErrorNote error={error} />
      <ul className="papers">
        {'trials:print-slips' in may && (
          <li>
            {notice1At ? (
              <Paper path={`/api/v1/trials/${id}/notice`}>
                <Words zh="收费通知和回执" en="Notice 1 with return slips" />
              </Paper>
            ) : (
              <Words
                zh="通知和回执在试用期满、校长同意后才有"
                en="Notice and slips: once the trial is over and approved"
              />
            )}
          </li>
        )}
        {reports?.length === 0 && (
          <li>
            <Words zh="还没有周报" en="No weekly report yet" />
          </li>
        )}
        {reports?.map(({ number, from, until }) => (
          <li key={number}>
            <Paper path={`/api/v1/trials/${id}/reports/${number}`}>
              <Words zh={`第 ${number} 期周报`} en="Weekly report" />
            </Paper>{' '}
            <Time at={from} /> … <Time at={until} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Paper({ path, children }: { path: string; children: ReactNode }) {
  return (
    <a href={path} target="_blank" rel="noreferrer">
      {children}
    </a>
  );
}
