import { activityInfo, CancelledFailure, Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { SmppAddress } from '../infra/smpp/address.ts';
import { reportCarrierLink, type CarrierLinkStatus } from '../workflows/contracts.ts';
import type { InboundDeps } from './carrier-inbound.ts';
import type { CarrierLinkOptions } from './carrier-link-options.ts';
import { CarrierLink } from './carrier-run.ts';
import { FencedError } from './carrier-owner.ts';
import { steer, type Steering } from './carrier-status.ts';

export interface CarrierLinkDeps extends InboundDeps {
  client: Client;
  /** Where a carrier's SMSC is and who we are to it. */
  smppAddress: (tenant: string) => SmppAddress;
  options?: CarrierLinkOptions;
}

/** Which bind of a carrier, and how it begins. */
export interface CarrierLinkInput {
  tenant: string;
  /** 0-based, of `links` binds. */
  link: number;
  links: number;
  /** Segments a second, null: as fast as the SMSC's window allows. What ops ask for later wins. */
  rate: number | null;
  paused: boolean;
}

/** The server learns that the owner lives, and the owner of a cancellation. */
const HEARTBEAT_EVERY_MS = 2_000;
/** A status that changes all the time is signalled this often at most: each signal is an event of the history. */
const SIGNAL_EVERY_MS = 15_000;

export function createCarrierLinkActivities(deps: CarrierLinkDeps) {
  return {
    /**
     * Owns one bind of a carrier until cancelled: drains the outbox, stores receipts and parents' texts. Whoever runs
     * it last owns it; an older run stops as soon as it notices.
     * @throws ApplicationFailure LinkFenced when a newer run has the link; LinkReleased when the worker shuts down
     */
    async runCarrierLink(input: CarrierLinkInput): Promise<void> {
      const context = Context.current();
      const { cancellationSignal } = context;
      const reporter = createReporter(deps, (status) => context.heartbeat(status));
      try {
        await new CarrierLink(deps, input, reporter.report).run(cancellationSignal);
      } catch (error) {
        if (error instanceof FencedError)
          throw ApplicationFailure.create({ message: error.message, type: 'LinkFenced' });
        throw error;
      } finally {
        reporter.close();
      }
      if (
        cancellationSignal.reason instanceof CancelledFailure &&
        cancellationSignal.reason.message === 'WORKER_SHUTDOWN'
      )
        throw ApplicationFailure.create({ message: 'released by a worker that shuts down', type: 'LinkReleased' });
      throw new CancelledFailure('the link was cancelled');
    },

    /** Leaves what ops ask of a link for its owner, who looks every second. */
    async steerCarrierLink({ tenant, link, steering }: { tenant: string; link: number; steering: Steering }) {
      await steer(deps.pool, tenant, link, steering);
    },
  };
}

/** Heartbeats the status, and signals it to the workflow that asked: it can't read its activity's heartbeats. */
function createReporter({ client, log }: CarrierLinkDeps, heartbeat: (details: CarrierLinkStatus) => void) {
  const { workflowId } = activityInfo().workflowExecution ?? {};
  let latest: CarrierLinkStatus | undefined;
  let signalled = '';
  let signalledState: string | undefined;
  let signalledAt = -Infinity;

  const signal = async (status: CarrierLinkStatus) => {
    const news = JSON.stringify(status);
    const due = status.state !== signalledState || performance.now() - signalledAt >= SIGNAL_EVERY_MS;
    if (workflowId === undefined || news === signalled || !due) return;
    signalled = news;
    signalledState = status.state;
    signalledAt = performance.now();
    try {
      await client.workflow.getHandle(workflowId).signal(reportCarrierLink, status);
    } catch (error) {
      log.warn({ workflowId, err: (error as Error).message }, 'status not signalled');
    }
  };
  const timer = setInterval(() => {
    if (latest) heartbeat(latest);
  }, HEARTBEAT_EVERY_MS);
  return {
    report: (status: CarrierLinkStatus) => {
      // What has changed is told at once; the SDK holds back what is too often.
      if (status.state !== latest?.state || status.lastError !== latest.lastError) heartbeat(status);
      latest = status;
      void signal(status);
    },
    close: () => clearInterval(timer),
  };
}
