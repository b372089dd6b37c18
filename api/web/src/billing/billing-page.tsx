import { carrierName, useCarriers } from '../carriers.ts';
import { usePolling } from '../polling.ts';
import { request } from '../request.ts';
import type { Session } from '../session.ts';
import { Card, ErrorNote, Words } from '../words.tsx';
import type { Run } from './billing.ts';
import { MonthForm } from './month-form.tsx';
import { RunDetails } from './run.tsx';

/** Charging a month takes seconds to minutes, and goes on by itself. */
const LOOK_MS = 5_000;
const look = (signal: AbortSignal) =>
  request<{ runs: Run[] }>('GET', '/api/v1/billing/runs', { signal }).then(({ runs }) => runs);

/** A carrier's months: charged, told to the carrier, answered; and what a month would be. */
export function BillingPage({ session: { account, may } }: { session: Session }) {
  const { answer: runs, error } = usePolling(look, LOOK_MS);
  const carriers = useCarriers();
  const mayCharge = 'bills:charge' in may;
  return (
    <>
      <MonthForm carriers={account.tenants.map((id) => [id, carrierName(carriers, id)])} mayCharge={mayCharge} />
      <ErrorNote error={error} />
      {runs?.length === 0 && (
        <Card zh="计费月份" en="Charged months">
          <p>
            <Words
              zh="还没有计费过的月份。每月结束后自动计费，也可以由移动管理员在上面手动计费。"
              en="No month has been charged yet. A month is charged by itself after it ends, or above by the carrier's admin."
            />
          </p>
        </Card>
      )}
      {runs?.map((run) => (
        <RunDetails
          key={`${run.tenant}/${run.month}`}
          run={run}
          carrier={carrierName(carriers, run.tenant)}
          mayCharge={mayCharge}
        />
      ))}
    </>
  );
}
