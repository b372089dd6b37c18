import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReaderLink, type ReaderLinkOptions } from '../../activities/reader-run.ts';
import { createLog } from '../../infra/telemetry/log.ts';
import type { PendingStarter } from '../../infra/temporal/pending-starter.ts';
import { BROKERS, type TestBroker } from '../support/brokers.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';
import { addGate, READER, ReaderClient, signedSwipe, swipedAt } from '../support/reader.ts';
import { addSchool } from '../support/school.ts';

const log = createLog('test');
log.level = 'silent';

describe.each(BROKERS)('the reader link on %s', (_name, startABroker) => {
  let broker: TestBroker;
  let database: TestDatabase;
  let reader: ReaderClient;
  let started: string[];
  let stops: (() => Promise<void>)[];

  beforeEach(async () => {
    [broker, database] = await Promise.all([startABroker(), createTestDatabase()]);
    await addSchool(database.pool);
    await addGate(database.pool);
    started = [];
    stops = [];
    reader = await ReaderClient.connect(broker);
  });
  afterEach(async () => {
    for (const stop of stops) await stop();
    await reader.close();
    await broker.close();
    await database.drop();
  });

  /** Runs a link that only lists what it has started, and waits until it is connected. */
  async function runLink(options: ReaderLinkOptions = {}, mqttUrl = broker.platformUrl) {
    const starter: PendingStarter = {
      offer: (items) => void started.push(...items.map(({ kind, key }) => `${kind} ${key}`)),
      roomFor: () => 0,
    };
    const link = new ReaderLink({ pool: database.pool, starter, log, mqttUrl, options }, READER);
    const abort = new AbortController();
    const running = link.run(abort.signal);
    const stop = async () => {
      abort.abort();
      await running;
    };
    stops.push(stop);
    await until('connected', () => link.status.state === 'connected');
    return { link, stop };
  }
  const rows = async <T>(sql: string) => (await database.pool.query(sql)).rows as T[];
  const swipes = () => rows<{ seq: number }>('select seq from swipe order by device_id, boot, seq');
  const quarantined = () =>
    rows<{ reason: string; school_id: string | null }>('select reason, school_id from quarantined_swipe order by id');
  const acked = (seq: number) => until(`ack of ${seq}`, () => reader.acked() === seq);

  it('stores a swipe, acks it and starts its attendance', async () => {
    await runLink();
    await reader.publish(signedSwipe({ seq: 1042 }));
    await acked(1042);
    expect(await swipes()).toEqual([{ seq: 1042 }]);
    await until('started', () => started.length === 1);
    expect(started).toEqual(['swipe gate-1/b1/1042']);
    const [row] = await rows<{ last_seen_at: Date }>(`select last_seen_at from reader where device_id = 'gate-1'`);
    expect(row!.last_seen_at).not.toBeNull();
  });

  it('takes an array of a hundred', async () => {
    await runLink();
    await reader.publish(Array.from({ length: 100 }, (_, i) => signedSwipe({ seq: i + 1 })));
    await acked(100);
    expect(await swipes()).toHaveLength(100);
  });

  it('stores the same swipe once and acks it each time', async () => {
    await runLink();
    const swipe = signedSwipe();
    for (let times = 0; times < 5; times++) {
      const before = reader.acks.length;
      await reader.publish(swipe);
      await until('acked', () => reader.acks.length > before);
    }
    expect(await swipes()).toHaveLength(1);
    expect(started).toHaveLength(1);
    expect(await quarantined()).toEqual([]);
  });

  const DAY = 24 * 3_600_000;
  const bad: [string, () => unknown, string, boolean][] = [
    ['not JSON', () => '{"boot":', 'not-json', false],
    ['binary', () => Buffer.from([0, 255, 254, 0]), 'not-json', false],
    ['nothing', () => '', 'not-json', false],
    ['a number', () => 7, 'bad-field:payload', false],
    ['an empty array', () => [], 'bad-field:payload', false],
    ['an array of 101', () => Array.from({ length: 101 }, (_, i) => signedSwipe({ seq: i })), 'too-many', false],
    ['a megabyte', () => ({ ...signedSwipe(), more: 'x'.repeat(1_000_000) }), 'too-large', false],
    ['a forged signature', () => signedSwipe({ sig: '0'.repeat(64) }), 'bad-signature', false],
    ['a short signature', () => signedSwipe({ sig: 'abc' }), 'bad-field:sig', false],
    ["another reader's signature", () => signedSwipe({}, { ...READER, key: 'key-of-gate-2' }), 'bad-signature', false],
    [
      "another reader's record",
      () => signedSwipe({}, { ...READER, deviceId: 'gate-2', key: 'key-of-gate-2' }),
      'bad-signature',
      false,
    ],
    ['no boot', () => ({ ...signedSwipe(), boot: undefined }), 'bad-field:boot', false],
    ['a boot with a slash', () => signedSwipe({ boot: 'a/b' }), 'bad-field:boot', false],
    ['a negative seq', () => signedSwipe({ seq: -1 }), 'bad-field:seq', false],
    ['a seq as text', () => signedSwipe({ seq: '1' as unknown as number }), 'bad-field:seq', false],
    ['a seq beyond 2^53', () => signedSwipe({ seq: 2 ** 53 }), 'bad-field:seq', false],
    ['an empty card', () => signedSwipe({ card: '' }), 'bad-field:card', true],
    ['a card with a NUL', () => signedSwipe({ card: 'A\0' }), 'bad-field:card', true],
    ['a card as number', () => signedSwipe({ card: 7 as unknown as string }), 'bad-field:card', false],
    ['a time without offset', () => signedSwipe({ at: '2026-11-23T07:31:05' }), 'bad-field:at', true],
    ['a direction of its own', () => signedSwipe({ dir: 'up' }), 'bad-field:dir', true],
    ['an unknown card', () => signedSwipe({ card: 'FFFFFFFF' }), 'unknown-card', true],
    ["another school's card", () => signedSwipe({ card: 'CARD9' }), 'unknown-card', true],
    ['a lost card', () => signedSwipe({ card: 'CARDLOST' }), 'lost-card', true],
    ['a clock a day behind', () => signedSwipe({ at: swipedAt(-DAY - 5_000) }), 'clock-off', true],
    ['a clock a day ahead', () => signedSwipe({ at: swipedAt(DAY + 30_000) }), 'clock-off', true],
  ];
  it('quarantines whatever is wrong with its reason, acks only what is authentic, and goes on', async () => {
    const { link } = await runLink();
    const witness = signedSwipe({ boot: 'witness', seq: 1 });
    for (const [what, make, reason, authentic] of bad) {
      await database.pool.query('truncate quarantined_swipe, reader_boot');
      reader.acks.length = 0;
      await reader.publish(make());
      // A good one behind it has passed the same link.
      await reader.publish(witness);
      await until(`the witness behind ${what}`, () => reader.acked('witness') === 1);
      expect([what, await quarantined()]).toEqual([what, [{ reason, school_id: 'k1' }]]);
      expect([what, reader.acked()]).toEqual([what, authentic ? 1 : 0]);
    }
    expect(started).toEqual(['swipe gate-1/witness/1']);
    expect(link.status.quarantined).toBe(bad.length);
    const [size] = await rows<{ max: number }>('select max(octet_length(payload)) as max from quarantined_swipe');
    expect(size!.max).toBeLessThanOrEqual(4096);
  });

  it('believes a reader only on its own topic', async () => {
    await runLink();
    const seven = { tenant: 'gansu', shard: '0', deviceId: 'gate-7', key: 'key-of-gate-7' };
    await reader.publish(signedSwipe({}, seven), seven);
    await reader.publish(signedSwipe({}, seven), { ...seven, deviceId: 'ghost' });
    await until('both', async () => (await quarantined()).length === 2);
    expect(await quarantined()).toEqual([
      { reason: 'wrong-topic', school_id: 'k1' },
      { reason: 'unknown-device', school_id: null },
    ]);
    expect(await swipes()).toEqual([]);
    expect(reader.acks).toEqual([]);
  });

  it('quarantines a seq used again for something else', async () => {
    await runLink();
    await reader.publish(signedSwipe());
    await acked(1);
    await reader.publish(signedSwipe({ card: 'CARD2' }));
    await until('quarantined', async () => (await quarantined()).length === 1);
    await reader.publish([signedSwipe({ seq: 2 }), signedSwipe({ seq: 2, dir: 'out' })]);
    await acked(2);
    expect((await quarantined()).map(({ reason }) => reason)).toEqual(['seq-reused', 'seq-reused']);
    expect(await rows('select card, dir from swipe order by seq')).toEqual([
      { card: 'CARD1', dir: 'in' },
      { card: 'CARD1', dir: 'in' },
    ]);
  });

  it('holds the ack at a gap until it is filled, counting what is quarantined but authentic', async () => {
    await runLink();
    await reader.publish([signedSwipe({ seq: 5 }), signedSwipe({ seq: 6 })]);
    await acked(6);
    await reader.publish([signedSwipe({ seq: 9 }), signedSwipe({ seq: 10, card: 'FFFF' }), signedSwipe({ seq: 11 })]);
    await until('stored', async () => (await swipes()).length === 4);
    expect(await rows('select first_seq, durable_seq, highest_seq from reader_boot')).toEqual([
      { first_seq: 5, durable_seq: 6, highest_seq: 11 },
    ]);
    await reader.publish(signedSwipe({ seq: 7, sig: '0'.repeat(64) }));
    await reader.publish(signedSwipe({ seq: 8 }));
    await until('stored', async () => (await swipes()).length === 5);
    expect(reader.acked()).toBe(6);
    await reader.publish(signedSwipe({ seq: 7 }));
    await acked(11);
  });

  it('bounds what strangers can store, and says so', async () => {
    await runLink({ quarantinePerHour: 3 });
    for (let n = 0; n < 8; n++) await reader.publish(`garbage ${n}`);
    for (let n = 0; n < 8; n++) await reader.publish(`garbage ${n}`, { ...READER, deviceId: `ghost-${n}` });
    await reader.publish(signedSwipe());
    await acked(1);
    const reasons = (await quarantined()).map(({ reason }) => reason);
    expect(reasons.toSorted()).toEqual(['flood', 'flood', ...Array<string>(6).fill('not-json')].toSorted());
  });

  it('takes what arrived while it was away', async () => {
    const { stop } = await runLink();
    await stop();
    await reader.publish(signedSwipe({ seq: 1 }));
    await reader.publish(signedSwipe({ seq: 2 }));
    await runLink();
    await acked(2);
  });

  it('leaves a batch to the broker until it is committed', async () => {
    await runLink();
    const lock = await database.pool.connect();
    await lock.query('begin');
    await lock.query('lock table swipe in access exclusive mode');
    await reader.publish(signedSwipe());
    await until('the link waits', async () => {
      const { rows: waiting } = await lock.query(`select from pg_locks where not granted`);
      return waiting.length > 0;
    });
    expect(reader.acks).toEqual([]);
    await lock.query('rollback');
    lock.release();
    await acked(1);
  });
});
