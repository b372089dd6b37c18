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
  configureLink,
  drainLink,
  pauseLink,
  reportCarrierLink,
  resumeLink,
  setLinkRate,
  type CarrierLinkStatus,
  type LinkConfiguration,
} from './contracts.ts';

type Steering = Parameters<Activities['steerCarrierLink']>[0]['steering'];
type Activities = ReturnType<typeof createCarrierLinkActivities>;

// A worker that dies is noticed within the heartbeat timeout, and another takes the bind over. It runs until cancelled.
const { runCarrierLink } = proxyActivities<Pick<Activities, 'runCarrierLink'>>({
  startToCloseTimeout: '365 days',
  heartbeatTimeout: '10 s',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
  // Always as quick: the attempts of a link that was handed on often say nothing of the next one.
  retry: { initialInterval: '1 s', backoffCoefficient: 1 },
});
const { steerCarrierLink } = proxyActivities<Pick<Activities, 'steerCarrierLink'>>({
  startToCloseTimeout: '10 s',
});

export interface CarrierLinkArgs {
  tenant: string;
  /** 0-based, of `configured.links` binds of the carrier. */
  link: number;
  configured: LinkConfiguration;
  /** What ops asked for, carried over a continue-as-new. */
  wanted?: Steering;
}

/**
 * The singleton that owns one SMPP bind of a carrier: keeps its activity running, passes on what ops ask, knows how
 * the link is. It ends only by cancellation.
 */
export async function carrierLink(args: CarrierLinkArgs): Promise<void> {
  const { tenant, link } = args;
  let { configured } = args;
  const wanted = args.wanted ?? { paused: false, drained: false, rate: configured.rate };
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
  setHandler(configureLink, (latest) => {
    // What ops asked for holds over restarts, until something else is configured.
    if (latest.rate !== configured.rate) ask({ rate: latest.rate });
    configured = latest;
  });
  let status = UNKNOWN;
  setHandler(carrierLinkStatus, () => ({ ...status, rate: wanted.rate }));
  setHandler(reportCarrierLink, (latest) => void (status = latest));

  await steerCarrierLink({ tenant, link, steering: wanted });
  const { links } = args.configured;
  const workflow = CancellationScope.current();
  const owning = new CancellationScope();
  let end: { reason: unknown } | undefined;
  const owner = owning
    .run(() => runCarrierLink({ tenant, link, links, rate: wanted.rate, paused: wanted.paused }))
    .then(
      () => (end = { reason: ApplicationFailure.nonRetryable('the link ended by itself', 'LinkEnded') }),
      (reason: unknown) => (end = { reason }),
    );
  // Cancelling the workflow cancels the owner, which ends once what is in flight has its outcome.
  await CancellationScope.nonCancellable(async () => {
    // Which phones are ours depends on how many we are: another number begins anew.
    const over = () => end !== undefined || configured.links !== links || workflowInfo().continueAsNewSuggested;
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
    await continueAsNew<typeof carrierLink>({ tenant, link, configured, wanted });
  });
}

const UNKNOWN: CarrierLinkStatus = {
  state: 'connecting',
  rate: null,
  window: 0,
  inFlight: 0,
  uncertain: 0,
  lastError: null,
  lastErrorAt: null,
};
