import fc from 'fast-check';
import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { QuarantineBudget } from '../../activities/reader-budget.ts';
import { ReaderLink } from '../../activities/reader-run.ts';
import { storeDeliveries } from '../../activities/reader-store.ts';
import type { Delivery } from '../../infra/mqtt/connection.ts';
import { swipesTopic } from '../../infra/mqtt/topics.ts';
import { createLog } from '../../infra/telemetry/log.ts';
import { BROKERS, type TestBroker } from '../support/brokers.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { deliveries } from '../support/pills.ts';
import { until } from '../support/poll.ts';
import { addGate, READER, ReaderClient, signedSwipe, swipedAt } from '../support/reader.ts';
import { addSchool } from '../support/school.ts';
import { IDLE_STARTER } from '../../infra/temporal/pending-starter.ts';

const log = createLog('test');
log.level = 'silent';
/** From a pill to the ack of the swipe behind it. */
const SOON_MS = 2_000;
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await addSchool(database.pool);
  await addGate(database.pool);
});
afterAll(() => database.drop());
beforeEach(() => database.pool.query('truncate swipe, pending, quarantined_swipe, reader_boot'));
const quarantined = async () =>
  (
    await database.pool.query<{ reason: string; device_id: string; boot: string | null; payload: string }>(
      'select reason, device_id, boot, payload from quarantined_swipe order by id',
    )
  ).rows;

describe.each(BROKERS)('a gate on %s', (_name, startABroker) => {
  let broker: TestBroker;
  let reader: ReaderClient;
  let stop: () => Promise<void>;
  let seq: number;

  beforeEach(async () => {
    seq = 0;
    broker = await startABroker();
    reader = await ReaderClient.connect(broker);
    const link = new ReaderLink(
      { pool: database.pool, starter: IDLE_STARTER, log, mqttUrl: broker.platformUrl },
      READER,
    );
    const abort = new AbortController();
    const running = link.run(abort.signal);
    stop = async () => {
      abort.abort();
      await running;
    };
    await until('connected', () => link.status.state === 'connected');
  });
  afterEach(async () => {
    await stop();
    await reader.close();
    await broker.close();
  });
  const passes = async (what: string) => {
    await reader.publish(signedSwipe({ seq: ++seq }));
    await until(`the ack of the swipe behind ${what}`, () => reader.acked() === seq, SOON_MS);
  };

  it.each([
    ['six thousand arrays in each other', nested(6_000)],
    ['as many objects', '{"a":'.repeat(6_000) + '1' + '}'.repeat(6_000)],
    ['an array of arrays that never end', '['.repeat(60_000)],
    ['a swipe with a pit in it', JSON.stringify([{ ...signedSwipe(), more: 0 }]).replace('0}', `${nested(6_000)}}`)],
    ['an item with a NUL', JSON.stringify({ ...signedSwipe(), boot: 'a\0b', card: '\0' })],
    ['a surrogate alone', '{"boot":"\\ud800"}'],
  ])('goes on behind %s', async (what, pill) => {
    await passes('nothing yet');
    await reader.publish(pill);
    await passes(what);
    expect(await quarantined()).toHaveLength(1);
  });

  it('never hears of a topic with a NUL, and goes on', async () => {
    const client = await mqtt.connectAsync(broker.platformUrl, { protocolVersion: 4, reconnectPeriod: 0 });
    client.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => client.once('close', resolve));
    client.publish(swipesTopic('gansu', '0', 'a\0b'), '{}', { qos: 1 }, () => undefined);
    await closed;
    await passes('it');
    expect(await quarantined()).toEqual([]);
  });

  it('stores what is beside a record the database refuses, and quarantines that one alone', async () => {
    await database.pool.query(REFUSE_CARD2);
    try {
      const bad = signedSwipe({ seq: 31, card: 'CARD2' });
      const records = Array.from({ length: 60 }, (_, i) => signedSwipe({ seq: i + 1 }));
      records[30] = bad;
      await Promise.all(records.slice(0, 20).map((record) => reader.publish(record)));
      // Not even the others of its own message go down with it.
      await reader.publish(records.slice(20));
      await until('the ack, which counts it as kept', () => reader.acked() === 60, SOON_MS);
      expect(await quarantined()).toEqual([
        { reason: 'not-storable', device_id: 'gate-1', boot: 'b1', payload: JSON.stringify(bad) },
      ]);
      const { rows } = await database.pool.query('select from swipe');
      expect(rows).toHaveLength(59);
    } finally {
      await database.pool.query('drop function refuse() cascade');
    }
  });
});

/** Whoever a rule of the database refuses a swipe for says P0001. */
const REFUSE_CARD2 = `
  create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
  create trigger refuse before insert on swipe for each row when (new.card = 'CARD2') execute function refuse()`;

describe('what the link stores', () => {
  const deliveryOf = (payload: unknown, topic = swipesTopic('gansu', '0', READER.deviceId)): Delivery => ({
    ...{ topic, digestOfOversize: undefined, messageId: 1 },
    payload: Buffer.from(JSON.stringify(payload)),
  });
  const depsOf = (pool = database.pool, perHour = 100_000) => ({
    ...{ pool, shard: READER, settleMs: 0, budget: new QuarantineBudget(perHour) },
  });

  it('takes a NUL in a topic from a broker that lets it through', async () => {
    const topic = 'campusline/gansu/swipes/0/a\0b';
    const { acks } = await storeDeliveries(depsOf(), [deliveryOf({}, topic), deliveryOf(signedSwipe())]);
    expect(acks).toMatchObject([{ deviceId: 'gate-1', durable: 1 }]);
    expect(await quarantined()).toMatchObject([{ device_id: 'a\uFFFDb', boot: null, payload: '{}' }]);
  });

  it('keeps no more than the digest of what can not be quarantined either', async () => {
    await database.pool.query(`${REFUSE_CARD2};
      create trigger refuse before insert on quarantined_swipe for each row when (new.payload <> '')
        execute function refuse()`);
    try {
      await storeDeliveries(depsOf(), [
        deliveryOf(signedSwipe({ card: 'CARD2' })),
        deliveryOf(signedSwipe({ seq: 2 })),
      ]);
      expect(await quarantined()).toEqual([{ reason: 'not-storable', device_id: '', boot: null, payload: '' }]);
      const { rows } = await database.pool.query('select seq from swipe');
      expect(rows).toEqual([{ seq: 2 }]);
    } finally {
      await database.pool.query('drop function refuse() cascade');
    }
  });

  it('stores nothing and quarantines nothing while it is not the data that is at fault', async () => {
    await database.pool.query('alter table swipe rename to gone');
    try {
      await expect(storeDeliveries(depsOf(), [deliveryOf(signedSwipe())])).rejects.toThrow();
    } finally {
      await database.pool.query('alter table gone rename to swipe');
    }
    expect(await quarantined()).toEqual([]);
    expect(await storeDeliveries(depsOf(), [deliveryOf(signedSwipe())])).toMatchObject({ acks: [{ durable: 1 }] });
  });

  it('spends the budget of strangers once for a message, however often its batch is halved', async () => {
    await database.pool.query(REFUSE_CARD2);
    try {
      const batch = [
        ...Array.from({ length: 10 }, (_, i) => deliveryOf(i)),
        deliveryOf(signedSwipe({ card: 'CARD2' })),
      ];
      await storeDeliveries(depsOf(database.pool, 10), batch);
      const reasons = (await quarantined()).map(({ reason }) => reason);
      expect(reasons.filter((reason) => reason === 'bad-field:payload')).toHaveLength(10);
      expect(reasons).not.toContain('flood');
    } finally {
      await database.pool.query('drop function refuse() cascade');
    }
  });

  it('stores a good swipe whatever comes with it', { timeout: 120_000 }, async () => {
    const deps = depsOf();
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(deliveries, { minLength: 1, maxLength: 20 }), async (pills) => {
        const good = signedSwipe({ boot: `good-${++n}`, card: 'CARD1', at: swipedAt() });
        const middle = pills.length >> 1;
        const batch = [...pills.slice(0, middle), deliveryOf(good), ...pills.slice(middle)];
        const { acks } = await storeDeliveries(deps, batch);
        expect(acks).toContainEqual(expect.objectContaining({ boot: good.boot, durable: 1 }));
      }),
      { numRuns: 400 },
    );
    // All of it by the judge's verdict, none of it because the database had to refuse it first.
    expect((await quarantined()).filter(({ reason }) => reason === 'not-storable')).toEqual([]);
  });
});
