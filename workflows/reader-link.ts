import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { createReaderLinkActivities } from '../activities/reader-link.ts';
import { readerLinkStatus, reportReaderLink, type ReaderLinkStatus } from './contracts.ts';

// A worker that dies is noticed within the heartbeat timeout, and another takes the session over. It runs until cancelled.
const { runReaderLink } = proxyActivities<ReturnType<typeof createReaderLinkActivities>>({
  startToCloseTimeout: '365 days',
  heartbeatTimeout: '10 s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  // Never longer: the count of attempts is not reset while the link runs, and each restart of a worker is one more.
  retry: { initialInterval: '1 s', backoffCoefficient: 1 },
});

export interface ReaderLinkArgs {
  tenant: string;
  shard: string;
  /** Carried over a continue-as-new. */
  status?: ReaderLinkStatus;
}

/**
 * The singleton that owns the MQTT session of one shard of a carrier's readers: keeps its activity running and knows
 * how it is. It ends only by cancellation.
 */
export async function readerLink({ tenant, shard, status: before }: ReaderLinkArgs): Promise<void> {
  let status = before ?? { state: 'connecting' as const, received: 0, quarantined: 0, lastError: null };
  setHandler(readerLinkStatus, () => status);
  setHandler(reportReaderLink, (latest) => void (status = latest));

  const owning = new CancellationScope();
  let end: { reason: unknown } | undefined;
  const owner = owning
    .run(() => runReaderLink({ tenant, shard }))
    .then(
      () => (end = { reason: ApplicationFailure.nonRetryable('the link ended by itself', 'LinkEnded') }),
      (reason: unknown) => (end = { reason }),
    );
  // Cancelling the workflow cancels the owner, which ends once its batch is stored.
  await CancellationScope.nonCancellable(async () => {
    await condition(() => end !== undefined || workflowInfo().continueAsNewSuggested);
    const handedOn = end === undefined;
    owning.cancel();
    await owner;
    await condition(allHandlersFinished);
    if (!handedOn) throw end!.reason;
    await continueAsNew<typeof readerLink>({ tenant, shard, status });
  });
}
