/** A carrier link without Temporal: its activity run by hand, against a real Postgres and the SMSC simulator. */
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Client } from '@temporalio/client';
import { ActivityCancellationDetails } from '@temporalio/common';
import { createCarrierLinkActivities } from '../../activities/carrier-link.ts';
import type { CarrierLinkOptions } from '../../activities/carrier-link-options.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { enqueueSms, type NewSms } from '../../infra/postgres/outbox.ts';
import type { Pending } from '../../infra/postgres/pending.ts';
import type { Terms } from '../../infra/postgres/permission.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { createLog } from '../../infra/telemetry/log.ts';
import type { CarrierLinkStatus } from '../../workflows/contracts.ts';

export interface RunningLink {
  /** As the last heartbeat told it. */
  readonly status: CarrierLinkStatus | undefined;
  /** Cancels it and waits for its end. */
  stop(): Promise<void>;
  /** The engine takes it for dead. */
  giveUp(): void;
  /** How it ended. */
  readonly ended: Promise<unknown>;
}

export interface LinkSetup {
  pool: Pool;
  /** For its lease (default: `pool`). */
  leasePool?: Pool;
  smsc: { host: string; port: number; tls?: boolean };
  tenant?: string;
  link?: number;
  links?: number;
  rate?: number | null;
  paused?: boolean;
  options?: CarrierLinkOptions;
  /** The state of its workflow (default RUNNING). */
  workflow?: string;
  /** What it offers to be started, instead of a Temporal server. */
  started?: Pending[];
}

/** Timers short enough for a test; what they bound is the same. */
const FAST: CarrierLinkOptions = {
  pollMs: 10,
  reconnectMs: [20, 200],
  reportMs: 50,
  sweepMs: 100,
  drainMs: 1_000,
};

export function runLink(setup: LinkSetup): RunningLink {
  const { pool, smsc, tenant = 'gansu', link = 0, links = 1, rate = null, paused = false, started = [] } = setup;
  const stopping = new AbortController();
  const running = setup.workflow ?? 'RUNNING';
  const client = {
    withDeadline: (_deadline: number, ask: () => Promise<unknown>) => ask(),
    workflow: {
      getHandle: () => ({
        signal: () => Promise.resolve(),
        describe: () => Promise.resolve({ status: { name: running } }),
      }),
    },
  } as unknown as Client;
  const activities = createCarrierLinkActivities({
    pool,
    leasePool: setup.leasePool ?? pool,
    stopping: stopping.signal,
    carriers: loadCarriers(),
    client,
    starter: {
      offer: (items) => void started.push(...items),
      roomFor: () => 1_000,
    },
    log: createLog('test'),
    smppAddress: () => ({ tls: false, ...smsc, systemId: 'campusline', password: 'campus' }),
    options: { ...FAST, ...setup.options },
  });
  const environment = new MockActivityEnvironment();
  let status: CarrierLinkStatus | undefined;
  environment.on('heartbeat', (details: CarrierLinkStatus) => (status = details));
  const ended = environment
    .run(() => activities.runCarrierLink({ tenant, link, links, rate, paused }))
    .catch((error: unknown) => error);
  return {
    get status() {
      return status;
    },
    giveUp: () => environment.cancel('NOT_FOUND', new ActivityCancellationDetails({ notFound: true })),
    async stop() {
      environment.cancel();
      // Also one that the engine had given up.
      stopping.abort();
      await ended;
    },
    ended,
  };
}

/** Of a claim made by hand: by day. */
export const TERMS: Terms = { billingUnit: 'household', quiet: [] };

let texts = 0;

/** A text of its own origin to a phone of its own, unless said otherwise. */
export function aText(text: Partial<NewSms> = {}): NewSms {
  texts += 1;
  return {
    origin: `test/${texts}`,
    tenant: 'gansu',
    workflowId: 'test',
    kind: 'class-message',
    phone: `139${String(texts).padStart(8, '0')}`,
    source: '10657099',
    body: `作业${texts}`,
    ...text,
  };
}

/** Queues texts and returns their ids in order. */
export async function queue(pool: Pool, ...list: NewSms[]): Promise<number[]> {
  await enqueueSms(pool, list);
  const { rows } = await pool.query<{ id: number }>(
    `select id from sms join unnest($1::text[]) with ordinality o (origin, n) using (origin) order by n`,
    [list.map(({ origin }) => origin)],
  );
  return rows.map(({ id }) => id);
}

/** States of texts, in order of `ids`. */
export async function states(pool: Pool, ids: number[]): Promise<string[]> {
  const { rows } = await pool.query<{ state: string }>(
    `select state from sms_status join unnest($1::bigint[]) with ordinality o (id, n) on o.id = sms_id order by n`,
    [ids],
  );
  return rows.map(({ state }) => state);
}
