import type { Client } from '@temporalio/client';
import { readReaderShards, type ReaderShardRow } from '../infra/postgres/gauges.ts';
import { createUncertainReader, readCarrierLinks, type LinkRow } from '../infra/postgres/link-gauges.ts';
import { readLeases, type LeaseRow } from '../infra/postgres/link-leases.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { readQueues } from '../infra/postgres/queues.ts';
import { carrierLinkId, readerLinkId } from '../workflows/ids.ts';
import { partAdvice, queueAdvice, type WatchedQueue } from './advice.ts';

/** One part the platform stands on. */
export interface Part {
  name: string;
  /** Whose it is; null: the platform's. */
  tenant: string | null;
  /** `unknown`: nothing answers for it. `stale`: a link whose owner is gone; what it said last is beside it. */
  status: 'ok' | 'down' | 'unknown' | 'stale';
  detail: Record<string, string | number | null>;
  /** What to do about it, for people; null when it is well. */
  advice: string | null;
}

/** Things of a carrier that wait for us, or for a person. */
export interface WaitingLine {
  queue: WatchedQueue;
  tenant: string;
  waiting: number;
  /** How long the first in line has waited. */
  oldestSeconds: number;
  /** `late`: longer than it ever should. */
  status: 'ok' | 'late';
  advice: string | null;
}

/** Whether the API can do its work, how every part is, and what waits. */
export interface Readiness {
  ready: boolean;
  parts: Part[];
  /** Those that hold anything. */
  queues: WaitingLine[];
}

/** How long a part may take to answer: a probe waits no longer than a few seconds. */
const PART_MS = 1_500;
/** Probes at once share one look at the parts. */
const FRESH_MS = 1_000;

/**
 * Asks each part; the API is ready when Postgres and Temporal are. Links and queues are shown, and don't make it
 * unready: taking the API away would help neither.
 */
export function createReadiness({ pool, temporal }: { pool: Pool; temporal: Client }): () => Promise<Readiness> {
  const countUncertain = createUncertainReader(pool);
  let look: { at: number; done: Promise<Readiness> } | undefined;
  return () => {
    if (!look || Date.now() - look.at > FRESH_MS) look = { at: Date.now(), done: ask(pool, temporal, countUncertain) };
    return look.done;
  };
}

type UncertainReader = ReturnType<typeof createUncertainReader>;

async function ask(pool: Pool, temporal: Client, countUncertain: UncertainReader): Promise<Readiness> {
  const [postgres, engine] = await Promise.all([
    check('postgres', async () => void (await within(pool.query('select 1')))),
    check('temporal', () =>
      temporal.withDeadline(Date.now() + PART_MS, async () => void (await temporal.workflowService.getSystemInfo({}))),
    ),
  ]);
  const ready = postgres.status === 'ok' && engine.status === 'ok';
  // Links and queues are known from the database alone, however late the engine is.
  const [links, queues] =
    postgres.status === 'ok' ? await Promise.all([linksOf(pool), waitingLines(pool, countUncertain)]) : [[], []];
  const parts = [postgres, engine, ...links];
  return { ready, parts: parts.map((part) => ({ ...part, advice: adviceOf(part) })), queues };
}

/** A part as it is; what to do about it is added once for all. */
type BarePart = Omit<Part, 'advice'>;

function adviceOf({ name, status, detail: { state } }: BarePart): string | null {
  return partAdvice({ name, status, state: typeof state === 'string' ? state : undefined });
}

async function waitingLines(pool: Pool, countUncertain: UncertainReader): Promise<WaitingLine[]> {
  const [queues, uncertain] = await Promise.all([readQueues(pool), countUncertain()]);
  const undecided = uncertain.map(({ tenant, texts, oldest }) => ({
    ...{ queue: 'uncertain' as const, tenant, waiting: texts, oldest },
  }));
  return [...queues, ...undecided].map(({ queue, tenant, waiting, oldest }) => {
    const advice = queueAdvice({ queue, oldest });
    const oldestSeconds = Math.round(oldest);
    return { queue, tenant, waiting, oldestSeconds, status: advice === null ? 'ok' : 'late', advice };
  });
}

async function check(name: string, look: () => Promise<void>): Promise<BarePart> {
  const since = Date.now();
  try {
    await look();
    return { name, tenant: null, status: 'ok', detail: { ms: Date.now() - since } };
  } catch (error) {
    return { name, tenant: null, status: 'down', detail: { error: (error as Error).name } };
  }
}

async function linksOf(pool: Pool): Promise<BarePart[]> {
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
function carrierLink({ tenant, link, status, fresh, ...row }: LinkRow, lease: LeaseRow | undefined): BarePart {
  const whose = { name: carrierLinkId(tenant, link), tenant };
  const reported = { epoch: row.epoch, reportedAt: row.reportedAt?.toISOString() ?? null, ...renewed(lease) };
  const claims = { unsettled: row.unsettled, oldestClaim: row.oldestClaim?.toISOString() ?? null };
  if (!status) return { ...whose, status: 'unknown', detail: { ...reported, ...claims } };
  const detail = { ...status, lastErrorAt: status.lastErrorAt ?? null, ...reported, ...claims };
  if (!fresh || lease?.fresh === false) return stale(whose, detail);
  return { ...whose, status: status.state === 'bound' ? 'ok' : 'down', detail };
}

function readerLink({ tenant, shard, readers, lastSeen }: ReaderShardRow, lease: LeaseRow | undefined): BarePart {
  const whose = { name: readerLinkId(tenant, shard), tenant };
  const seen = { readers, lastSeen: lastSeen?.toISOString() ?? null, ...renewed(lease) };
  if (!lease?.status) return { ...whose, status: 'unknown', detail: seen };
  const detail = { ...lease.status, ...seen };
  if (!lease.fresh) return stale(whose, detail);
  return { ...whose, status: lease.status['state'] === 'connected' ? 'ok' : 'down', detail };
}

/** When its owner last showed that it lives. */
function renewed(lease: LeaseRow | undefined): Part['detail'] {
  return { leaseRenewedAt: lease?.renewedAt.toISOString() ?? null };
}

/** Nobody renews its lease, or says how it is. */
function stale(whose: Pick<Part, 'name' | 'tenant'>, detail: Part['detail']): BarePart {
  return { ...whose, status: 'stale', detail: { ...detail, state: 'stale', was: detail['state'] ?? null } };
}

function within<T>(work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error('late')), PART_MS).unref();
  });
  return Promise.race([work, late]);
}
