/** Composes the activities each worker role serves. Workflows take only the types. */
import type { Client } from '@temporalio/client';
import type { Carriers } from '../infra/carriers.ts';
import type { SmppAddress } from '../infra/smpp/address.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import type { Logger } from '../infra/telemetry/log.ts';
import type { PendingStarter } from '../infra/temporal/pending-starter.ts';
import type { Role } from '../workflows/ids.ts';
import { createAttendanceActivities } from './attendance.ts';
import { createBillingActivities } from './billing.ts';
import { createCarrierLinkActivities } from './carrier-link.ts';
import { createInboundSmsActivities } from './inbound-sms.ts';
import { createReaderAlarmActivities } from './reader-alarms.ts';
import { createReaderLinkActivities } from './reader-link.ts';
import { createSubscriptionActivities } from './subscription.ts';
import { createTeacherMessageActivities } from './teacher-message.ts';
import { createTrialActivities } from './trial.ts';

/** What the activities are made of. The addresses are those of the roles that need them. */
export interface ActivityDeps {
  pool: Pool;
  /** For statements that may take minutes. */
  longPool: Pool;
  /** Of the links alone, and of their leases. */
  linkPool: Pool;
  leasePool: Pool;
  /** Aborted when the worker stops. */
  stopping: AbortSignal;
  carriers: Carriers;
  /** Over the worker's own connection, so that workflows it starts may run here at once (eager start). */
  client: Client;
  starter: PendingStarter;
  log: Logger;
  smppAddress: (tenant: string) => SmppAddress;
  mqttUrl: string;
}

/** The activities of one role, by name. */
export function createActivities(role: Role, deps: ActivityDeps): object {
  const long = { ...deps, pool: deps.longPool };
  const ofLinks = { ...deps, pool: deps.linkPool };
  switch (role) {
    case 'core':
      return {
        ...createBillingActivities(long),
        ...createInboundSmsActivities(deps),
        ...createSubscriptionActivities(deps),
        ...createTeacherMessageActivities(deps),
        ...createTrialActivities(long),
      };
    case 'carrier':
      return createCarrierLinkActivities(ofLinks);
    case 'readers':
      return {
        ...createAttendanceActivities(deps),
        ...createReaderAlarmActivities(long),
        ...createReaderLinkActivities(ofLinks),
      };
  }
}
