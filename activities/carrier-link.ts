import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { SmppAddress } from '../infra/smpp/address.ts';
import { reportCarrierLink } from '../workflows/contracts.ts';
import { carrierLinkId } from '../workflows/ids.ts';
import type { InboundDeps } from './carrier-inbound.ts';
import type { CarrierLinkOptions } from './carrier-link-options.ts';
import { CarrierLink } from './carrier-run.ts';
import { FencedError } from './carrier-owner.ts';
import { steer, type Steering } from './carrier-status.ts';
import { LinkLease, type LeaseDeps } from './link-lease.ts';
import { createReporter } from './link-reporter.ts';

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

/** What changes all the time is signalled this often at most. */
const SIGNAL_EVERY_MS = 15_000;

export function createCarrierLinkActivities(deps: CarrierLinkDeps) {
  return {
    /**
     * Owns one bind of a carrier until cancelled, by the lease of the link: drains the outbox, stores receipts and
     * parents' texts. While another run has the lease it stands by.
     * @throws ApplicationFailure LinkFenced when a newer run has the link; LinkReleased when the worker shuts down
     */
    async runCarrierLink(input: CarrierLinkInput): Promise<void> {
      const workflowId = carrierLinkId(input.tenant, input.link);
      const lease = new LinkLease(deps, Context.current(), workflowId, deps.options?.reportMs);
      const report = createReporter(deps, workflowId, reportCarrierLink, SIGNAL_EVERY_MS);
      const link = new CarrierLink(deps, input, lease, report);
      try {
        await lease.run(
          () => link.run(),
          () => link.status,
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
