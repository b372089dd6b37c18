import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { AsyncLocalStorage } from 'node:async_hooks';
import { codeOf } from '../infra/telemetry/log.ts';
import { reportReaderLink, type ReaderLinkStatus } from '../workflows/contracts.ts';
import { readerLinkId } from '../workflows/ids.ts';
import { LinkLease, type LeaseDeps } from './link-lease.ts';
import type { Shard } from './reader-batch.ts';
import { ReaderLink, type LinkDeps } from './reader-run.ts';

export interface ReaderLinkDeps extends LinkDeps, LeaseDeps {
  client: Client;
}

/** Counters are signalled this often at most: each signal is an event of the history. */
const SIGNAL_EVERY_MS = 30_000;
/** A signal that an engine in trouble does not take is dropped: the next says more. */
const SIGNAL_WITHIN_MS = 10_000;

export function createReaderLinkActivities(deps: ReaderLinkDeps) {
  // An owner lives on when the engine has given its run up, and with that every call the run makes to the engine.
  const outsideOfRuns = AsyncLocalStorage.snapshot();
  return {
    /**
     * Owns the MQTT session of one shard of a carrier's readers until cancelled, by the lease of the link: stores what
     * they send, acks it, and starts what follows. While another run has the lease it stands by.
     * @throws ApplicationFailure LinkReleased when the worker shuts down: another takes over
     */
    async runReaderLink(shard: Shard): Promise<void> {
      const lease = new LinkLease(deps, Context.current(), readerLinkId(shard.tenant, shard.shard));
      const link = new ReaderLink(deps, shard, lease);
      const report = createReporter(deps, shard);
      await outsideOfRuns(() =>
        lease.run(
          () => link.run(lease.signal),
          () => {
            report(link.status);
            return link.status;
          },
        ),
      );
    },
  };
}

/** Signals the status to the link's workflow: it can't read its activity's heartbeats. */
function createReporter({ client, log }: ReaderLinkDeps, { tenant, shard }: Shard) {
  const workflowId = readerLinkId(tenant, shard);
  let signalled: ReaderLinkStatus | undefined;
  let signalledAt = -Infinity;

  return (status: ReaderLinkStatus): void => {
    const due = status.state !== signalled?.state || performance.now() - signalledAt >= SIGNAL_EVERY_MS;
    if (!due || JSON.stringify(status) === JSON.stringify(signalled)) return;
    signalled = { ...status };
    signalledAt = performance.now();
    client
      .withDeadline(Date.now() + SIGNAL_WITHIN_MS, () =>
        client.workflow.getHandle(workflowId).signal(reportReaderLink, status),
      )
      .catch((error: unknown) => log.warn({ workflowId, code: codeOf(error) }, 'status not signalled'));
  };
}
