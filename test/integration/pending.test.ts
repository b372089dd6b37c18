import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addPending, donePending, isFirstOfTurn, takeOverdue } from '../../infra/postgres/pending.ts';
import { readQueues } from '../../infra/postgres/queues.ts';
import { createLog } from '../../infra/telemetry/log.ts';
import type { PendingStarter } from '../../infra/temporal/pending-starter.ts';
import { sweepPending } from '../../workers/sweeps.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';
import { addGate } from '../support/reader.ts';
import { addSchool } from '../support/school.ts';

/** What is stored and waits (migration 0017): found again whatever was lost, nothing hidden behind what cannot start. */
describe('what waits for its workflow', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  const text = async (hash: string, phone: string, receivedAt: string, tenant = 'gansu') => {
    await database.pool.query(
      `insert into mo (tenant, hash, phone, destination, body, received_at) values ($1, $2, $3, '10657099', 'x', $4)`,
      [tenant, hash, phone, receivedAt],
    );
    return { kind: 'inbound-sms' as const, tenant, key: hash };
  };
  const makeOverdue = () => database.pool.query("update pending set next_at = next_at - interval '1 minute'");
  const overdue = async (limit = 200, tenants = ['gansu', 'shanxi']) =>
    (await takeOverdue(database.pool, { kind: 'inbound-sms', tenants, limit })).map(({ key }) => key);

  it('a text waits from the moment it is stored until it has its outcome, whoever stores it', async () => {
    await text('a', '13900000001', '2026-11-23T08:00:00Z');
    expect(await readQueues(database.pool)).toMatchObject([{ queue: 'inbound-sms', tenant: 'gansu', waiting: 1 }]);
    await database.pool.query(
      `insert into mo_outcome (mo_id, route, answered, reason, workflow_id) select id, 'help', true, '', 'w' from mo`,
    );
    expect(await readQueues(database.pool)).toEqual([]);
  });

  it('whoever stored it starts it: a sweep leaves it alone for a while', async () => {
    await text('a', '13900000001', '2026-11-23T08:00:00Z');
    expect(await overdue()).toEqual([]);
    await makeOverdue();
    expect(await overdue()).toEqual(['a']);
    // Given to nobody else at once.
    expect(await overdue()).toEqual([]);
  });

  it('what cannot be started hides nothing behind it, and one carrier nothing of another', async () => {
    for (let n = 0; n < 6; n++) await text(`stuck-${n}`, `1390000000${n}`, '2026-11-23T08:00:00Z');
    await makeOverdue();
    expect(await overdue(5)).toHaveLength(5);
    await text('newer', '13900000009', '2026-11-23T09:00:00Z');
    await text('other', '13900000009', '2026-11-23T09:00:00Z', 'shanxi');
    await database.pool.query(`update pending set next_at = now() where key in ('newer', 'other')`);
    expect((await overdue(5)).sort()).toEqual(['newer', 'other', 'stuck-5']);
  });

  it('a swipe waits from the moment it is stored, and the sweep offers every one, a page and more', async () => {
    await addSchool(database.pool);
    await addGate(database.pool);
    await database.pool.query(
      `insert into swipe (device_id, boot, seq, card, at, dir) select 'gate-1', 'b1', n, 'CARD1', now(), 'in'
      from generate_series(1, 500) n`,
    );
    await makeOverdue();
    const offered: string[] = [];
    const starter: PendingStarter = {
      offer: (items) => void offered.push(...items.map(({ kind, tenant, key }) => `${kind} ${tenant} ${key}`)),
      // Room for less than a page of each carrier, as when the engine is slow.
      roomFor: () => 150,
    };
    const abort = new AbortController();
    const options = { pool: database.pool, starter, log: createLog('test'), tenants: ['gansu', 'shanxi'] };
    const sweeping = sweepPending({ ...options, kinds: ['swipe', 'message'] }, abort.signal);
    await until('all are offered', () => offered.length >= 500, 30_000);
    abort.abort();
    await sweeping;
    expect(new Set(offered)).toEqual(new Set(Array.from({ length: 500 }, (_, n) => `swipe gansu gate-1/b1/${n + 1}`)));
  });

  it('of a phone only the text that was said first is offered', async () => {
    const later = await text('later', '13900000001', '2026-11-23T08:00:17Z');
    const first = await text('first', '13900000001', '2026-11-23T08:00:00Z');
    const same = await text('same', '13900000001', '2026-11-23T08:00:00Z');
    expect(await Promise.all([later, first, same].map((each) => isFirstOfTurn(database.pool, each)))).toEqual([
      false,
      true,
      false,
    ]);
    await makeOverdue();
    expect(await overdue()).toEqual(['first']);
    await donePending(database.pool, first);
    expect(await overdue()).toEqual(['same']);
  });

  it('what is said anew is offered anew', async () => {
    const unit = { kind: 'subscription' as const, tenant: 'gansu', key: 'h1' };
    await addPending(database.pool, { ...unit, detail: { outcome: 'subscribed' } });
    await makeOverdue();
    await addPending(database.pool, { ...unit, detail: { outcome: 'cancelled' } });
    const take = () => takeOverdue(database.pool, { kind: 'subscription', tenants: ['gansu'], limit: 9 });
    expect(await take()).toEqual([]);
    await makeOverdue();
    expect(await take()).toEqual([{ ...unit, detail: { outcome: 'cancelled' } }]);
  });

  it('is found by its index however much there is', async () => {
    await database.pool.query(
      `insert into pending (kind, tenant, key, next_at) select 'message', 'gansu', n::text, now() + interval '1 hour'
      from generate_series(1, 20000) n`,
    );
    await database.pool.query('analyze pending');
    const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(
      `explain select * from pending p where p.kind = 'message' and p.tenant = 'gansu' and p.next_at <= now()
      order by p.next_at limit 200`,
    );
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index Scan using pending_kind_tenant_next_at_idx/);
  });
});
