import { Context } from '@temporalio/activity';
import { reportReaderLink } from '../workflows/contracts.ts';
import { readerLinkId } from '../workflows/ids.ts';
import { LinkLease, type LeaseDeps } from './link-lease.ts';
import { createReporter } from './link-reporter.ts';
import type { Shard } from './reader-batch.ts';
import { ReaderLink, type LinkDeps } from './reader-run.ts';

/** Counters are signalled this often at most. */
const SIGNAL_EVERY_MS = 30_000;

export function createReaderLinkActivities(deps: LinkDeps & LeaseDeps) {
  return {
    /**
     * Owns the MQTT session of one shard of a carrier's readers until cancelled, by the lease of the link: stores what
     * they send, acks it, and starts what follows. While another run has the lease it stands by.
     * @throws ApplicationFailure LinkReleased when the worker shuts down: another takes over
     */
    async runReaderLink(shard: Shard): Promise<void> {
      const workflowId = readerLinkId(shard.tenant, shard.shard);
      const lease = new LinkLease(deps, Context.current(), workflowId);
      const link = new ReaderLink(deps, shard, lease);
      const report = createReporter(deps, workflowId, reportReaderLink, SIGNAL_EVERY_MS);
      await lease.run(
        () => link.run(lease.signal),
        () => {
          report(link.status);
          return link.status;
        },
      );
    },
  };
}
