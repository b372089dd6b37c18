import { afterEach, beforeEach } from 'vitest';
import { startSmsc, type Smsc, type SmscOptions } from '../../infra/embedded/smsc/smsc.ts';
import { runLink, states, type LinkSetup, type RunningLink } from './carrier-link.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { until } from './poll.ts';

/**
 * What a test of carrier links stands on, new for each test of the file or `describe` it is called in: a database, an
 * SMSC, and the links run between them until the test ends.
 */
export function linkRig(options: SmscOptions = {}) {
  let database: TestDatabase;
  let smsc: Smsc;
  let links: RunningLink[];
  beforeEach(async () => {
    database = await createTestDatabase();
    // Its timers as short as the links': what they bound is the same.
    smsc = await startSmsc({ receiptDelayMs: 10, retryMs: 50, answerTimeoutMs: 500, ...options });
    links = [];
  });
  afterEach(async () => {
    for (const link of links) await link.stop();
    await smsc.stop();
    await database.drop();
  });
  return {
    get pool() {
      return database.pool;
    },
    get url() {
      return database.url;
    },
    get smsc() {
      return smsc;
    },
    run: (setup: Partial<LinkSetup> = {}): RunningLink => {
      const link = runLink({ pool: database.pool, smsc: smsc.smpp, ...setup });
      links.push(link);
      return link;
    },
    /** The segments that the SMSC took. */
    accepted: () => smsc.acceptLog.after(0, 1e6),
    /** Waits until each of these texts is in one of these states. */
    allIn: (ids: number[], ...wanted: string[]) =>
      until(`all ${wanted.join('|')}`, async () => (await states(database.pool, ids)).every((s) => wanted.includes(s))),
  };
}
