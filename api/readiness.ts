import type { Client } from '@temporalio/client';
import { readReaderShards } from '../infra/postgres/gauges.ts';
import { createUncertainReader, readCarrierLinks, type LinkRow } from '../infra/postgres/link-gauges.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { readQueues } from '../infra/postgres/queues.ts';
import { readerLinkStatus } from '../workflows/contracts.ts';
import { carrierLinkId, readerLinkId } from '../workflows/ids.ts';
import { partAdvice, queueAdvice, type WatchedQueue } from './advice.ts';

/** One part the platform stands on. */
export interface Part {
  name: string;
  /** `unknown`: nothing answers for it. `stale`: a carrier link whose owner is gone; what it said last is beside it. */
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
  // A carrier's link is known from the database alone, a reader's only with the engine as well.
  const [carriers, readers, queues] = await Promise.all([
    postgres.status === 'ok' ? carrierLinks(pool) : [],
    ready ? readerLinks(pool, temporal) : [],
    postgres.status === 'ok' ? waitingLines(pool, countUncertain) : [],
  ]);
  const parts = [postgres, engine, ...carriers, ...readers];
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
    return { name, status: 'ok', detail: { ms: Date.now() - since } };
  } catch (error) {
    return { name, status: 'down', detail: { error: (error as Error).name } };
  }
}

async function carrierLinks(pool: Pool): Promise<BarePart[]> {
  const links = await readCarrierLinks(pool);
  // A link that is no more is shown while texts of its own are unsettled.
  return links.filter(({ removed, unsettled }) => !removed || unsettled > 0).map(carrierLink);
}

/** A link as its owner wrote it down within the last seconds: its workflow hears of it four times a minute only. */
function carrierLink({ tenant, link, status, fresh, ...row }: LinkRow): BarePart {
  const name = carrierLinkId(tenant, link);
  const reported = { epoch: row.epoch, reportedAt: row.reportedAt?.toISOString() ?? null };
  const claims = { unsettled: row.unsettled, oldestClaim: row.oldestClaim?.toISOString() ?? null };
  if (!status) return { name, status: 'unknown', detail: { ...reported, ...claims } };
  const detail = { ...status, lastErrorAt: status.lastErrorAt ?? null, ...reported, ...claims };
  if (!fresh) return { name, status: 'stale', detail: { ...detail, state: 'stale', was: status.state } };
  return { name, status: status.state === 'bound' ? 'ok' : 'down', detail };
}

async function readerLinks(pool: Pool, temporal: Client): Promise<BarePart[]> {
  const shards = await readReaderShards(pool);
  return Promise.all(
    shards.map(async ({ tenant, shard, readers, lastSeen }): Promise<BarePart> => {
      const name = readerLinkId(tenant, shard);
      const seen = { readers, lastSeen: lastSeen?.toISOString() ?? null };
      const status = await query(temporal, () => temporal.workflow.getHandle(name).query(readerLinkStatus));
      if (!status) return { name, status: 'unknown', detail: seen };
      return { name, status: status.state === 'connected' ? 'ok' : 'down', detail: { ...status, ...seen } };
    }),
  );
}

/** What a workflow answers, or undefined when it or its worker does not. */
async function query<T>(temporal: Client, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await temporal.withDeadline(Date.now() + PART_MS, ask);
  } catch {
    return undefined;
  }
}

function within<T>(work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error('late')), PART_MS).unref();
  });
  return Promise.race([work, late]);
}
