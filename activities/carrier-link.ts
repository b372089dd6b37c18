import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import type { SmppAddress } from '../infra/smpp/address.ts';
import { codeOf } from '../infra/telemetry/log.ts';
import { reportCarrierLink, type CarrierLinkStatus } from '../workflows/contracts.ts';
import { carrierLinkId } from '../workflows/ids.ts';
import type { InboundDeps } from './carrier-inbound.ts';
import type { CarrierLinkOptions } from './carrier-link-options.ts';
import { CarrierLink } from './carrier-run.ts';
import { FencedError } from './carrier-owner.ts';
import { steer, type Steering } from './carrier-status.ts';
import { LinkLease, type LeaseDeps } from './link-lease.ts';

export interface CarrierLinkDeps extends InboundDeps, LeaseDeps {
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

/** A status that changes all the time is signalled this often at most: each signal is an event of the history. */
const SIGNAL_EVERY_MS = 15_000;
/** A signal that an engine in trouble does not take is dropped: the next says more. */
const SIGNAL_WITHIN_MS = 10_000;

export function createCarrierLinkActivities(deps: CarrierLinkDeps) {
  // An owner lives on when the engine has given its run up, and with that every call the run makes to the engine.
  const outsideOfRuns = AsyncLocalStorage.snapshot();
  return {
    /**
     * Owns one bind of a carrier until cancelled, by the lease of the link: drains the outbox, stores receipts and
     * parents' texts. While another run has the lease it stands by.
     * @throws ApplicationFailure LinkFenced when a newer run has the link; LinkReleased when the worker shuts down
     */
    async runCarrierLink(input: CarrierLinkInput): Promise<void> {
      const lease = new LinkLease(
        deps,
        Context.current(),
        carrierLinkId(input.tenant, input.link),
        deps.options?.reportMs,
      );
      const link = new CarrierLink(deps, input, lease, createReporter(deps, input));
      try {
        await outsideOfRuns(() =>
          lease.run(
            () => link.run(),
            () => link.status,
          ),
        );
      } catch (error) {
        if (error instanceof FencedError)
          throw ApplicationFailure.create({ message: error.message, type: 'LinkFenced' });
        throw error;
      }
    },

    /** Leaves what ops ask of a link for its owner, who looks every second. */
    async steerCarrierLink({ tenant, link, steering }: { tenant: string; link: number; steering: Steering }) {
      await steer(deps.pool, tenant, link, steering);
    },
  };
}

/** Signals the status to the link's workflow: it can't read its activity's heartbeats. */
function createReporter({ client, log }: CarrierLinkDeps, { tenant, link }: CarrierLinkInput) {
  const workflowId = carrierLinkId(tenant, link);
  let signalled = '';
  let signalledState: string | undefined;
  let signalledAt = -Infinity;

  return (status: CarrierLinkStatus): void => {
    const news = JSON.stringify(status);
    const due = status.state !== signalledState || performance.now() - signalledAt >= SIGNAL_EVERY_MS;
    if (news === signalled || !due) return;
    signalled = news;
    signalledState = status.state;
    signalledAt = performance.now();
    client
      .withDeadline(Date.now() + SIGNAL_WITHIN_MS, () =>
        client.workflow.getHandle(workflowId).signal(reportCarrierLink, status),
      )
      .catch((error: unknown) => log.warn({ workflowId, code: codeOf(error) }, 'status not signalled'));
  };
}
