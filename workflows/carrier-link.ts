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
import type { createCarrierLinkActivities } from '../activities/carrier-link.ts';
import {
  carrierLinkStatus,
  drainLink,
  pauseLink,
  reportCarrierLink,
  resumeLink,
  setLinkCount,
  setLinkRate,
  type CarrierLinkStatus,
} from './contracts.ts';

type Activities = ReturnType<typeof createCarrierLinkActivities>;

// A worker that dies is noticed within the heartbeat timeout, and another takes the bind over. It runs until cancelled.
const { runCarrierLink } = proxyActivities<Pick<Activities, 'runCarrierLink'>>({
  startToCloseTimeout: '365 days',
  heartbeatTimeout: '10 s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  retry: { initialInterval: '1 s', maximumInterval: '15 s' },
});
const { steerCarrierLink } = proxyActivities<Pick<Activities, 'steerCarrierLink'>>({
  startToCloseTimeout: '10 s',
});

export interface CarrierLinkArgs {
  tenant: string;
  /** 0-based, of `links` binds of the carrier. */
  link: number;
  links: number;
  /** Segments a second, null: no limit of ours. */
  rate: number | null;
  /** What ops asked for, carried over a continue-as-new. */
  paused?: boolean;
  drained?: boolean;
}

/**
 * The singleton that owns one SMPP bind of a carrier: keeps its activity running, passes on what ops ask, knows how
 * the link is. It ends only by cancellation.
 */
export async function carrierLink(args: CarrierLinkArgs): Promise<void> {
  const { tenant, link } = args;
  const wanted = { paused: args.paused ?? false, drained: args.drained ?? false, rate: args.rate };
  let changed = false;
  const ask = (change: Partial<typeof wanted>) => {
    Object.assign(wanted, change);
    changed = true;
  };
  setHandler(pauseLink, () => ask({ paused: true }));
  setHandler(resumeLink, () => ask({ paused: false, drained: false }));
  setHandler(drainLink, () => ask({ drained: true }));
  setHandler(setLinkRate, (rate) => {
    // An operator's slip must not stop the link.
    if (rate === null || rate >= 1) ask({ rate });
  });
  let links = args.links;
  setHandler(setLinkCount, (count) => {
    if (count >= 1) links = count;
  });
  let status = UNKNOWN;
  setHandler(carrierLinkStatus, () => ({ ...status, rate: wanted.rate }));
  setHandler(reportCarrierLink, (latest) => void (status = latest));

  await steerCarrierLink({ tenant, link, steering: wanted });
  const workflow = CancellationScope.current();
  const owning = new CancellationScope();
  let end: { reason: unknown } | undefined;
  const owner = owning
    .run(() => runCarrierLink({ tenant, link, links: args.links, rate: wanted.rate, paused: wanted.paused }))
    .then(
      () => (end = { reason: ApplicationFailure.nonRetryable('the link ended by itself', 'LinkEnded') }),
      (reason: unknown) => (end = { reason }),
    );
  // Cancelling the workflow cancels the owner, which ends once what is in flight has its outcome.
  await CancellationScope.nonCancellable(async () => {
    // Which phones are ours depends on how many we are: another number begins anew.
    const over = () => end !== undefined || links !== args.links || workflowInfo().continueAsNewSuggested;
    while (!over()) {
      await condition(() => changed || over());
      if (!changed) break;
      changed = false;
      await steerCarrierLink({ tenant, link, steering: { ...wanted } });
    }
    const ended = end;
    owning.cancel();
    await owner;
    await condition(allHandlersFinished);
    if (ended) throw ended.reason;
    if (workflow.consideredCancelled) throw end!.reason;
    await continueAsNew<typeof carrierLink>({ ...args, ...wanted, links });
  });
}

const UNKNOWN: CarrierLinkStatus = {
  state: 'connecting',
  rate: null,
  window: 0,
  inFlight: 0,
  uncertain: 0,
  lastError: null,
};
