import type { Client } from '@temporalio/client';
import { readReaderShards, type ReaderShardRow } from '../infra/postgres/gauges.ts';
import { readCarrierLinks, type LinkRow } from '../infra/postgres/link-gauges.ts';
import { readLeases, type LeaseRow } from '../infra/postgres/link-leases.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { carrierLinkId, readerLinkId } from '../workflows/ids.ts';

/** One part the platform stands on. */
export interface Part {
  name: string;
  /** `unknown`: nothing answers for it. `stale`: a link whose owner is gone; what it said last is beside it. */
  status: 'ok' | 'down' | 'unknown' | 'stale';
  detail: Record<string, string | number | null>;
}

/** Whether the API can do its work, and how every part is. */
export interface Readiness {
  ready: boolean;
  parts: Part[];
}

/** How long a part may take to answer: a probe waits no longer than a few seconds. */
const PART_MS = 1_500;
/** Probes at once share one look at the parts. */
const FRESH_MS = 1_000;

/** Asks each part; the API is ready when Postgres and Temporal are. Links are shown, and don't make it unready. */
export function createReadiness({ pool, temporal }: { pool: Pool; temporal: Client }): () => Promise<Readiness> {
  let look: { at: number; done: Promise<Readiness> } | undefined;
  return () => {
    if (!look || Date.now() - look.at > FRESH_MS) look = { at: Date.now(), done: ask(pool, temporal) };
    return look.done;
  };
}

async function ask(pool: Pool, temporal: Client): Promise<Readiness> {
  const [postgres, engine] = await Promise.all([
    check('postgres', async () => void (await within(pool.query('select 1')))),
    check('temporal', () =>
      temporal.withDeadline(Date.now() + PART_MS, async () => void (await temporal.workflowService.getSystemInfo({}))),
    ),
  ]);
  const ready = postgres.status === 'ok' && engine.status === 'ok';
  // Links are known from the database alone, however late the engine is.
  const links = postgres.status === 'ok' ? await linksOf(pool) : [];
  return { ready, parts: [postgres, engine, ...links] };
}

async function check(name: string, look: () => Promise<void>): Promise<Part> {
  const since = Date.now();
  try {
    await look();
    return { name, status: 'ok', detail: { ms: Date.now() - since } };
  } catch (error) {
    return { name, status: 'down', detail: { error: (error as Error).name } };
  }
}

async function linksOf(pool: Pool): Promise<Part[]> {
  const [leases, carriers, shards] = await Promise.all([
    readLeases(pool),
    readCarrierLinks(pool),
    readReaderShards(pool),
  ]);
  return [
    ...carriers
      // A link that is no more is shown while texts of its own are unsettled.
      .filter(({ removed, unsettled }) => !removed || unsettled > 0)
      .map((row) => carrierLink(row, leases.get(carrierLinkId(row.tenant, row.link)))),
    ...shards.map((row) => readerLink(row, leases.get(readerLinkId(row.tenant, row.shard)))),
  ];
}

/** A link as its owner wrote it down within the last seconds: its workflow hears of it four times a minute only. */
function carrierLink({ tenant, link, status, fresh, ...row }: LinkRow, lease: LeaseRow | undefined): Part {
  const name = carrierLinkId(tenant, link);
  const reported = { epoch: row.epoch, reportedAt: row.reportedAt?.toISOString() ?? null, ...renewed(lease) };
  const claims = { unsettled: row.unsettled, oldestClaim: row.oldestClaim?.toISOString() ?? null };
  if (!status) return { name, status: 'unknown', detail: { ...reported, ...claims } };
  const detail = { ...status, lastErrorAt: status.lastErrorAt ?? null, ...reported, ...claims };
  if (!fresh || lease?.fresh === false) return stale(name, detail);
  return { name, status: status.state === 'bound' ? 'ok' : 'down', detail };
}

function readerLink({ tenant, shard, readers, lastSeen }: ReaderShardRow, lease: LeaseRow | undefined): Part {
  const name = readerLinkId(tenant, shard);
  const seen = { readers, lastSeen: lastSeen?.toISOString() ?? null, ...renewed(lease) };
  if (!lease?.status) return { name, status: 'unknown', detail: seen };
  const detail = { ...lease.status, ...seen };
  if (!lease.fresh) return stale(name, detail);
  return { name, status: lease.status['state'] === 'connected' ? 'ok' : 'down', detail };
}

/** When its owner last showed that it lives. */
function renewed(lease: LeaseRow | undefined): Part['detail'] {
  return { leaseRenewedAt: lease?.renewedAt.toISOString() ?? null };
}

/** Nobody renews its lease, or says how it is. */
function stale(name: string, detail: Part['detail']): Part {
  return { name, status: 'stale', detail: { ...detail, state: 'stale', was: detail['state'] ?? null } };
}

function within<T>(work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error('late')), PART_MS).unref();
  });
  return Promise.race([work, late]);
}
