import { Counter, Gauge, type Registry } from 'prom-client';
import { createUncertainReader, readCarrierLinks, type LinkRow } from '../postgres/link-gauges.ts';
import type { Db } from '../postgres/pool.ts';

/** Scrapes at once share one reading. It costs a few rows, and a link that is down must show within 3 s. */
const FRESH_MS = 250;

/** The metrics of carrier links. */
export interface LinkMetrics {
  /** Brings the links up to now. */
  readLinks(): Promise<void>;
  /** Brings what is uncertain up to now, which costs more. */
  readUncertain(): Promise<void>;
}

/**
 * Registers the metrics of carrier links. What they did is counted by their owners, who write the counts beside their
 * status each second: counting outcomes in the tables would read millions of rows at each scrape, or cost an index on
 * the path of every text. An owner that dies loses the last second of its counts.
 */
export function createLinkMetrics(db: Db, registry: Registry): LinkMetrics {
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name: `campusline_${name}`, help, labelNames, registers: [registry] });
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name: `campusline_${name}`, help, labelNames, registers: [registry] });
  const ofLink = (name: string, help: string) => gauge(`carrier_link_${name}`, help, ['tenant', 'link']);

  const up = ofLink('up', 'Whether the link is bound and its owner says so now');
  const rate = ofLink('rate_segments', 'Segments a second at most, +Inf without a limit of ours');
  const window = ofLink('window', 'Submits without a response at most');
  const inFlight = ofLink('in_flight', 'Submits without a response');
  const epoch = ofLink('epoch', 'Owners the link has had');
  const lastError = ofLink('last_error_timestamp_seconds', 'When the link last had an error');
  const uncertainTexts = gauge('uncertain_texts', 'Texts the carrier may or may not have', ['tenant']);
  const uncertainParts = gauge('uncertain_parts', 'Parts the carrier may or may not have, however old', ['tenant']);
  const resent = counter('resent_texts_total', 'Texts sent a second time: possible duplicates', ['tenant']);
  const outcomes = counter('outcomes_total', 'Segments by outcome; one may be UNCERTAIN or FAILED first', [
    'tenant',
    'state',
  ]);

  function show(links: LinkRow[]): void {
    for (const each of [up, rate, window, inFlight, epoch, lastError, resent, outcomes]) each.reset();
    for (const { tenant, link, status, fresh, counts, ...row } of links) {
      for (const [name, count] of Object.entries(counts)) {
        if (name === 'resent') resent.inc({ tenant }, count);
        else outcomes.inc({ tenant, state: name }, count);
      }
      if (row.removed) continue;
      const labels = { tenant, link: String(link) };
      up.set(labels, fresh && status?.state === 'bound' ? 1 : 0);
      epoch.set(labels, row.epoch);
      const failedAt = status?.lastErrorAt;
      if (failedAt) lastError.set(labels, Date.parse(failedAt) / 1000);
      // What a gone owner said last is not how it is now.
      if (!status || !fresh) continue;
      rate.set(labels, status.rate ?? Infinity);
      window.set(labels, status.window);
      inFlight.set(labels, status.inFlight);
    }
  }

  const countUncertain = createUncertainReader(db);
  let reading: { at: number; done: Promise<void> } | undefined;
  return {
    readLinks() {
      if (!reading || Date.now() - reading.at > FRESH_MS)
        reading = { at: Date.now(), done: readCarrierLinks(db).then(show) };
      return reading.done;
    },
    async readUncertain() {
      const counts = await countUncertain();
      for (const each of [uncertainTexts, uncertainParts]) each.reset();
      for (const { tenant, texts, parts } of counts) {
        uncertainTexts.set({ tenant }, texts);
        uncertainParts.set({ tenant }, parts);
      }
    },
  };
}
