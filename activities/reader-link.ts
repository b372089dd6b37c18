import { activityInfo, CancelledFailure, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { codeOf } from '../infra/telemetry/log.ts';
import { reportReaderLink, type ReaderLinkStatus } from '../workflows/contracts.ts';
import type { Shard } from './reader-batch.ts';
import { ReaderLink, type LinkDeps } from './reader-run.ts';

export interface ReaderLinkDeps extends LinkDeps {
  client: Client;
}

/** The server learns that the owner lives, and the owner of a cancellation. */
const HEARTBEAT_EVERY_MS = 2_000;
/** Counters are signalled this often at most: each signal is an event of the history. */
const SIGNAL_EVERY_MS = 30_000;

export function createReaderLinkActivities(deps: ReaderLinkDeps) {
  return {
    /**
     * Owns the MQTT session of one shard of a carrier's readers until cancelled: stores what they send, acks it, and
     * starts what follows.
     * @throws ApplicationFailure LinkReleased when the worker shuts down: another takes over
     */
    async runReaderLink(shard: Shard): Promise<void> {
      const context = Context.current();
      const { cancellationSignal } = context;
      const link = new ReaderLink(deps, shard);
      const reporter = createReporter(deps, link, (status) => context.heartbeat(status));
      try {
        await link.run(cancellationSignal);
      } finally {
        reporter.close();
      }
      const { reason } = cancellationSignal as { reason: unknown };
      if (reason instanceof CancelledFailure && reason.message === 'WORKER_SHUTDOWN')
        throw ApplicationFailure.create({
          ...{ message: 'released by a worker that shuts down', type: 'LinkReleased' },
          // Nothing is wrong, and a link started before the workflow's own retries were made quick has older ones.
          nextRetryDelay: '100 ms',
        });
      throw new CancelledFailure('the link was cancelled');
    },
  };
}

/** Heartbeats the status, and signals it to the workflow that asked: it can't read its activity's heartbeats. */
function createReporter(
  { client, log }: ReaderLinkDeps,
  link: ReaderLink,
  heartbeat: (status: ReaderLinkStatus) => void,
): { close: () => void } {
  const { workflowId } = activityInfo().workflowExecution ?? {};
  let signalled: ReaderLinkStatus | undefined;
  let signalledAt = -Infinity;

  const signal = (status: ReaderLinkStatus) => {
    const due = status.state !== signalled?.state || performance.now() - signalledAt >= SIGNAL_EVERY_MS;
    if (workflowId === undefined || !due || JSON.stringify(status) === JSON.stringify(signalled)) return;
    signalled = { ...status };
    signalledAt = performance.now();
    client.workflow
      .getHandle(workflowId)
      .signal(reportReaderLink, status)
      .catch((error: unknown) => log.warn({ workflowId, code: codeOf(error) }, 'status not signalled'));
  };
  const report = () => {
    heartbeat(link.status);
    signal(link.status);
  };
  report();
  const timer = setInterval(report, HEARTBEAT_EVERY_MS);
  return { close: () => clearInterval(timer) };
}
