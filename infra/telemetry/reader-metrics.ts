import { Gauge, type Registry } from 'prom-client';
import { readReaderShards } from '../postgres/gauges.ts';
import type { Db } from '../postgres/pool.ts';
import { readReaderGauges } from '../postgres/reader-gauges.ts';
import { readerLinkId } from '../../workflows/ids.ts';

/** How the parts of the platform are, each by its name: a link's is its workflow's id. */
export type Parts = () => Promise<{ parts: readonly { name: string; status: string }[] }>;

/**
 * The gauges of the gates. A device is never a label: there are thousands.
 * @returns reads them anew
 */
export function createReaderMetrics(registry: Registry, db: Db, parts: Parts): () => Promise<void> {
  const gauge = <T extends string>(name: string, help: string, labelNames: T[]) =>
    new Gauge({ name: `campusline_reader_${name}`, help, labelNames, registers: [registry] });
  const up = gauge('link_up', 'Whether a shard’s link is connected and stores (1), or not, or nobody answers (0)', [
    ...(['tenant', 'shard'] as const),
  ]);
  const gaps = gauge('gaps', 'Boots of readers that wait for records to be sent again', ['tenant']);
  const alarms = gauge('alarms', 'Readers silent in their last arrival window, uncleared, at most a day ago', [
    'tenant',
  ]);
  const lastSeen = gauge('last_seen_seconds', 'Since the reader heard longest ago was heard', ['tenant']);

  return async () => {
    const [shards, carriers, links] = await Promise.all([readReaderShards(db), readReaderGauges(db), parts()]);
    for (const each of [up, gaps, alarms, lastSeen]) each.reset();
    const status = new Map(links.parts.map((part) => [part.name, part.status]));
    for (const { tenant, shard } of shards)
      up.set({ tenant, shard }, status.get(readerLinkId(tenant, shard)) === 'ok' ? 1 : 0);
    for (const { tenant, ...carrier } of carriers) {
      gaps.set({ tenant }, carrier.gaps);
      alarms.set({ tenant }, carrier.alarms);
      if (carrier.lastSeenSeconds !== null) lastSeen.set({ tenant }, carrier.lastSeenSeconds);
    }
  };
}
