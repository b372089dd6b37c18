import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
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

/** Events after which a link begins a new history; statuses are signalled every 15 s at most. */
const HISTORY_AT_MOST = 5_000;

/**
 * The singleton that owns one SMPP bind of a carrier: keeps its activity running, passes on what ops ask, knows how
 * the link is. It ends only by cancellation.
 */
export async function carrierLink(args: CarrierLinkArgs): Promise<void> {
  const wanted = { paused: args.paused ?? false, drained: args.drained ?? false, rate: args.rate };
  let changes = 1;
  let status: CarrierLinkStatus = {
    state: 'connecting',
    rate: args.rate,
    window: 0,
    inFlight: 0,
    uncertain: 0,
    lastError: null,
  };
  setHandler(carrierLinkStatus, () => status);
  setHandler(reportCarrierLink, (latest) => void (status = latest));
  const ask = (change: Partial<typeof wanted>) => {
    Object.assign(wanted, change);
    changes += 1;
  };
  setHandler(pauseLink, () => ask({ paused: true }));
  setHandler(resumeLink, () => ask({ paused: false, drained: false }));
  setHandler(drainLink, () => ask({ drained: true }));
  setHandler(setLinkRate, (rate) => {
    // The bucket refuses it anyway; an operator's slip must not stop the link.
    if (rate === null || rate >= 1) ask({ rate });
  });

  const { tenant, link, links } = args;
  let failure: unknown;
  const scope = new CancellationScope();
  const running = scope.run(async () => {
    let passedOn = 0;
    let ended = false;
    const owner = runCarrierLink({ tenant, link, links, rate: wanted.rate, paused: wanted.paused }).finally(() => {
      ended = true;
    });
    const steering = async () => {
      while (!ended) {
        if (passedOn !== changes) {
          passedOn = changes;
          await steerCarrierLink({ tenant, link, steering: { ...wanted } });
        } else await condition(() => ended || passedOn !== changes);
      }
    };
    await Promise.all([owner, steering()]);
  });
  const finished = running.catch((error: unknown) => {
    failure = error ?? ApplicationFailure.nonRetryable('the carrier link ended');
  });
  await Promise.race([finished, condition(() => workflowInfo().historyLength > HISTORY_AT_MOST)]);
  if (failure === undefined) {
    scope.cancel();
    await finished;
  }
  await condition(allHandlersFinished);
  if (workflowInfo().historyLength <= HISTORY_AT_MOST || (failure !== undefined && !isCancellation(failure)))
    throw failure;
  await continueAsNew<typeof carrierLink>({ ...args, ...wanted });
}
