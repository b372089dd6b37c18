import { useEffect, useState, type ReactNode } from 'react';
import { request, type Refusal } from '../request.ts';
import { ErrorNote, Time, Words } from '../words.tsx';
import type { Trial } from './trial.ts';

interface Report {
  number: number;
  from: string;
  until: string;
}

/** Slips name families and phones: those who hand them out and collect them get them. */
const SLIP_READERS = ['school-admin', 'agent', 'customer-service'];
const REPORT_READERS = [...SLIP_READERS, 'carrier-admin'];

/** What can be printed of a trial. */
export function Papers({ trial: { id, notice1At }, role }: { trial: Trial; role: string }) {
  const mayRead = REPORT_READERS.includes(role);
  const [reports, setReports] = useState<Report[]>();
  const [error, setError] = useState<Refusal>();
  useEffect(() => {
    if (!mayRead) return;
    request<{ reports: Report[] }>('GET', `/api/v1/trials/${id}/reports`).then(
      (answer) => setReports(answer.reports),
      setError,
    );
  }, [id, mayRead]);

  if (!mayRead) return null;
  return (
    <>
      <h3>
        <Words zh="打印" en="To print" />
      </h3>
      <ErrorNote error={error} />
      <ul className="papers">
        {SLIP_READERS.includes(role) && (
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
