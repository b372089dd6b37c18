/** How a link tells its workflow how it is: the workflow can't read its activity's heartbeats. */
import type { Client } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';
import { codeOf, type Logger } from '../infra/telemetry/log.ts';

/** A signal that an engine in trouble does not take is dropped: the next says more. */
const SIGNAL_WITHIN_MS = 10_000;

/**
 * Signals each new state at once and what else changes every so often: each signal is an event of the history.
 * @param workflowId of the link
 * @param everyMs for what changes all the time
 */
export function createReporter<Status extends { state: string }>(
  { client, log }: { client: Client; log: Logger },
  workflowId: string,
  signal: SignalDefinition<[Status]>,
  everyMs: number,
): (status: Status) => void {
  let signalled = '';
  let signalledState: string | undefined;
  let signalledAt = -Infinity;

  return (status) => {
    const news = JSON.stringify(status);
    const due = status.state !== signalledState || performance.now() - signalledAt >= everyMs;
    if (news === signalled || !due) return;
    signalled = news;
    signalledState = status.state;
    signalledAt = performance.now();
    client
      .withDeadline(Date.now() + SIGNAL_WITHIN_MS, () => client.workflow.getHandle(workflowId).signal(signal, status))
      .catch((error: unknown) => log.warn({ workflowId, code: codeOf(error) }, 'status not signalled'));
  };
}
