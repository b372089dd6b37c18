import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Readiness, WaitingLine } from '../../api/readiness.ts';
import { enqueueSms, type SmsKind } from '../../infra/postgres/outbox.ts';
import { QUEUE_NAMES } from '../../infra/postgres/queues.ts';
import { OPS_TOKEN, startApi, type TestApi } from '../support/api.ts';
import { aText } from '../support/carrier-link.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';
import { loseTexts } from '../support/uncertain.ts';

/** Every queue there is shows how much waits and for how long, and what to do once that is too long (findings H1). */
describe('what waits, as ops see it', () => {
  let database: TestDatabase;
  let api: TestApi;
  beforeAll(async () => {
    database = await createTestDatabase();
    api = await startApi({ pool: database.pool });
  });
  afterAll(async () => {
    await api.close();
    await database.drop();
  });

  const queues = async () =>
    ((await (await api.ask('GET', '/readyz', { token: OPS_TOKEN })).json()) as Readiness).queues;
  /** Looks until `is` holds of all there is: probes share one look for a second. */
  async function shows(what: string, is: (queues: WaitingLine[]) => boolean): Promise<WaitingLine[]> {
    let found: WaitingLine[] = [];
    await until(what, async () => is((found = await queues())));
    return found;
  }
  const everyQueue = [...QUEUE_NAMES, 'uncertain'];

  it('nothing waits at first', async () => expect(await queues()).toEqual([]));

  it('what has just come is shown, and nobody is called for it', async () => {
    const { pool } = database;
    const kinds: SmsKind[] = ['one-time-password', 'safety', 'answer', 'notice', 'bulk'];
    await loseTexts(pool, [aText()]);
    const later = new Date(Date.now() + 3_600_000);
    await enqueueSms(
      pool,
      // The second of each may not leave yet.
      kinds.flatMap((kind) => [aText({ kind }), aText({ kind, notBefore: later })]),
    );
    await pool.query(`
      insert into pending (kind, tenant, key)
        select kind, 'gansu', '1' from unnest('{${QUEUE_NAMES.filter((name) => /^[a-z-]+$/.test(name)).join()}}'::text[]) kind
        where kind <> 'subscription-due';
      insert into subscription_due values ('gansu', 'h1', now()), ('gansu', 'h2', now() + interval '1 hour')`);
    const found = await shows('all queues', ({ length }) => length === everyQueue.length);
    expect(found.map(({ queue }) => queue).sort()).toEqual(everyQueue.toSorted());
    for (const each of found) expect(each).toMatchObject({ tenant: 'gansu', waiting: 1, status: 'ok', advice: null });
  });

  it('what has waited too long is late, and says what to do', async () => {
    const { pool } = database;
    // What is recorded of texts never changes; for once it must have been earlier, and nobody have looked before.
    await api.close();
    await pool.query(`
      update pending set since = now() - interval '61 seconds';
      update subscription_due set due_at = due_at - interval '3 minutes';
      update sms_queue set not_before = now() - interval '2 hours' where not_before <= now();
      alter table sms disable trigger user;
      update sms set created_at = now() - interval '3 hours';
      alter table sms enable trigger user;
      alter table sms_part disable trigger user;
      update sms_part set at = at - interval '25 hours';
      alter table sms_part enable trigger user`);
    api = await startApi({ pool });
    const found = await shows('all late', (all) => all.every(({ status }) => status === 'late'));
    expect(found.map(({ queue }) => queue).sort()).toEqual(everyQueue.toSorted());
    for (const { queue, advice, waiting, oldestSeconds } of found) {
      expect([queue, advice]).toEqual([queue, expect.stringContaining('请')]);
      expect([queue, waiting]).toEqual([queue, 1]);
      // From when it might leave, not from when it was made.
      if (queue.startsWith('outbox/')) expect(Math.floor(oldestSeconds / 60)).toBe(120);
    }
  });

  it('and each has its metric', async () => {
    const metrics = await (await api.ask('GET', '/metrics', { token: OPS_TOKEN })).text();
    for (const queue of QUEUE_NAMES)
      expect(metrics).toContain(`campusline_queue_oldest_seconds{tenant="gansu",queue="${queue}"}`);
  });
});
