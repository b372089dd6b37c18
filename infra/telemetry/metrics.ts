import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { readGauges } from '../postgres/gauges.ts';
import type { Db } from '../postgres/pool.ts';
import { readQueues } from '../postgres/queues.ts';
import { createLinkMetrics } from './link-metrics.ts';
import { createReaderMetrics, type Parts } from './reader-metrics.ts';

/** What Prometheus scrapes from the API. */
export interface Metrics {
  /** Counts a request by its route's pattern, never its path: a path may hold ids. */
  observe(request: { method: string; route: string; status: number; seconds: number }): void;
  contentType: string;
  /** The whole exposition; a database out of reach rejects. */
  scrape(): Promise<string>;
}

/** Those that routes have. Node's parser knows three dozen, and whoever asks chooses: as labels they would be one line each. */
const METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE']);
/** Scrapes at once share one reading, so that scraping is never a load: seconds it stays fresh. */
const FRESH_MS = 2_000;

/** The API's metrics: its own, and of the platform what the database and the parts of /readyz show. */
export function createMetrics(db: Db, parts: Parts): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const durations = new Histogram({
    name: 'campusline_http_request_seconds',
    help: 'Duration of HTTP requests',
    labelNames: ['method', 'route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  // Apart from the buckets, of which each status would have its own dozen.
  const requests = new Counter({
    name: 'campusline_http_requests_total',
    help: 'HTTP requests answered',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `campusline_${name}`, help, labelNames, registers: [registry] });
  const outbox = gauge('outbox_texts', 'Texts that still have to leave', ['tenant', 'lane']);
  const quarantined = gauge('quarantined_swipes', 'Swipes not trusted in the last 24 hours', ['tenant']);
  const unreadable = gauge('quarantined_pdus', 'Unreadable deliver_sm kept in the last 24 hours', ['tenant']);
  const waiting = gauge('queue_waiting', 'What is stored and waits for us', ['tenant', 'queue']);
  const oldest = gauge('queue_oldest_seconds', 'How long the first in line has waited', ['tenant', 'queue']);
  const links = createLinkMetrics(db, registry);
  const readReaders = createReaderMetrics(registry, db, parts);

  let reading: { at: number; done: Promise<void> } | undefined;
  async function read(): Promise<void> {
    const [gauges, queues] = [await readGauges(db), await readQueues(db)];
    await links.readUncertain();
    for (const each of [outbox, quarantined, unreadable, waiting, oldest]) each.reset();
    for (const { tenant, lane, texts } of gauges.outbox) outbox.set({ tenant, lane: String(lane) }, texts);
    for (const { tenant, swipes } of gauges.quarantined) quarantined.set({ tenant: tenant ?? 'unknown' }, swipes);
    for (const { tenant, pdus } of gauges.unreadable) unreadable.set({ tenant }, pdus);
    for (const { tenant, queue, ...row } of queues) {
      waiting.set({ tenant, queue }, row.waiting);
      oldest.set({ tenant, queue }, row.oldest);
    }
    await readReaders();
  }

  return {
    contentType: registry.contentType,
    observe({ method, route, status, seconds }) {
      const labels = { method: METHODS.has(method) ? method : 'other', route };
      durations.observe(labels, seconds);
      requests.inc({ ...labels, status: String(status) });
    },
    async scrape() {
      if (!reading || Date.now() - reading.at > FRESH_MS) reading = { at: Date.now(), done: read() };
      await Promise.all([reading.done, links.readLinks()]);
      return registry.metrics();
    },
  };
}
