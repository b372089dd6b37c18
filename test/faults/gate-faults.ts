/** Faults of the readers' side (issue 4): a storm of swipes through every part, and something that strikes in it. */
import { setTimeout as delay } from 'node:timers/promises';
import mqtt from 'mqtt';
import { connectTemporal } from '../../infra/temporal/client.ts';
import { signSwipe } from '../../infra/mqtt/signature.ts';
import { cardOf } from '../support/families.ts';
import { until } from '../support/poll.ts';
import { canMount, type Rig } from '../support/rig.ts';
import type { Fault } from './fault.ts';
import { Storm, stormWith } from './storm.ts';

/** MQTT's keepalive is 15 s here, and one and a half of it the broker's patience. */
const LONGER_THAN_KEEPALIVE_MS = 26_000;

const workerKilled: Fault = {
  name: 'kill -9 of the readers worker in a swipe storm',
  id: 'readers-killed',
  async run(rig, { swipesPerReader }) {
    const since = new Date();
    const result = await stormWith(rig, swipesPerReader, async () => {
      await rig.workers('readers')[0]!.kill();
      await rig.startWorker(['readers']);
    });
    const lateMs = (await handedOnAfter(rig, since)).filter((ms) => ms > HANDED_ON_WITHIN_MS);
    if (lateMs.length > 0)
      result.failures.push(`${lateMs.length} tasks of the dead worker handed on after up to ${Math.max(...lateMs)} ms`);
    return result;
  },
};

/** A task that died with its worker is of use to nobody: 5 s, and the engine's own lateness. */
const HANDED_ON_WITHIN_MS = 7_000;

/** How long the engine held each first task of an attendance that its worker did not finish. */
async function handedOnAfter(rig: Rig, since: Date): Promise<number[]> {
  const client = await connectTemporal({ address: rig.temporalAddress, namespace: 'default' });
  try {
    const held: number[] = [];
    // A swipe's history is six events long.
    const query = `WorkflowType = 'attendanceEvent' and HistoryLength > 6 and StartTime > '${since.toISOString()}'`;
    for await (const { workflowId } of client.workflow.list({ query })) {
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
      const at = (type: 'workflowTaskStartedEventAttributes' | 'workflowTaskTimedOutEventAttributes') => {
        const time = events!.find((event) => event[type])?.eventTime;
        return time ? Number(time.seconds) * 1_000 + time.nanos! / 1e6 : undefined;
      };
      const [started, lost] = [at('workflowTaskStartedEventAttributes'), at('workflowTaskTimedOutEventAttributes')];
      if (started !== undefined && lost !== undefined) held.push(lost - started);
    }
    return held;
  } finally {
    await client.connection.close();
  }
}

const postgresRestart: Fault = {
  name: 'Postgres killed and back in a swipe storm',
  id: 'postgres-restart',
  run: (rig, { swipesPerReader }) =>
    stormWith(rig, swipesPerReader, async () => {
      await rig.postgres.kill();
      await rig.restart(rig.postgres);
    }),
};

const brokerKilled: Fault = {
  name: 'broker kill -9 in a swipe storm',
  id: 'broker-killed',
  run: (rig, { swipesPerReader }) =>
    stormWith(rig, swipesPerReader, async () => {
      await rig.broker.kill();
      await rig.restart(rig.broker);
    }),
};

const temporalRestart: Fault = {
  name: 'Temporal killed and back in a swipe storm',
  id: 'temporal-restart',
  run: (rig, { swipesPerReader }) =>
    stormWith(rig, swipesPerReader, async (storm) => {
      await rig.temporal.kill();
      // The gate does not wait for the engine.
      const before = storm.acked;
      await until('swipes are acked without Temporal', () => storm.acked > before, 20_000);
      await rig.restart(rig.temporal);
    }),
};

const unheardBoot: Fault = {
  name: 'first swipes of a boot published while nobody hears them',
  id: 'unheard-boot',
  async run(rig, { swipesPerReader }) {
    // A broker without a session of ours takes what readers publish, says so, and has nobody to give it to.
    const [worker] = rig.workers('readers');
    worker!.signal('SIGSTOP');
    await rig.broker.kill();
    await rig.restart(rig.broker);
    const storm = await Storm.open(rig);
    try {
      storm.begin(swipesPerReader);
      await until('some are published', () => storm.recorded >= 40);
      worker!.signal('SIGCONT');
      return await storm.audit();
    } finally {
      await storm.close();
    }
  },
};

/** Holds what a swipe is stored in; the function returned lets go. */
async function lockSwipes(rig: Rig): Promise<() => Promise<void>> {
  const client = await rig.pool.connect();
  await client.query('begin; lock table swipe in access exclusive mode');
  return async () => {
    await client.query('commit');
    client.release();
  };
}

const databaseStall: Fault = {
  name: 'database stalled for longer than the keepalive (26 s)',
  id: 'database-stall',
  run: (rig, { swipesPerReader }) =>
    stormWith(rig, swipesPerReader, async (storm) => {
      const release = await lockSwipes(rig);
      const before = storm.acked;
      await delay(LONGER_THAN_KEEPALIVE_MS);
      const during = storm.acked;
      await release();
      // An ack that was on its way when the lock was taken is one batch of one reader at most.
      if (during > (await storm.stored())) throw new Error(`${during - before} swipes acked that were not stored`);
    }),
};

const stalePuback: Fault = {
  name: 'connection lost while a batch is being stored (stale PUBACK)',
  id: 'stale-puback',
  // The readers take the broker's word: a message acked on the wrong connection would be gone for good.
  run: (rig, { swipesPerReader }) =>
    stormWith(
      rig,
      swipesPerReader,
      async (storm) => {
        const release = await lockSwipes(rig);
        const recorded = storm.recorded;
        await until('more is on its way', () => storm.recorded > recorded);
        for (const shard of ['1', '2']) await takeOver(rig, `campusline-gansu-${shard}`);
        await until('a batch waits for the database', async () => (await waiting(rig)) > 0);
        await release();
      },
      { resendMs: Infinity, perMessage: 1 },
    ),
};

/** The broker closes the connection of a client id when another comes by it; the session stays. */
async function takeOver(rig: Rig, clientId: string): Promise<void> {
  const client = mqtt.connect(rig.mqttUrl, {
    ...{ clientId, clean: false, protocolVersion: 4, reconnectPeriod: 0, username: 'platform', password: 'platform' },
  });
  // Nothing that arrives here may be acknowledged.
  client.handleMessage = () => undefined;
  client.on('error', () => undefined);
  await new Promise((resolve) => client.once('connect', resolve));
  client.stream.destroy();
  client.end(true);
}

/** Statements that wait for the lock. */
async function waiting(rig: Rig): Promise<number> {
  const { rows } = await rig.pool.query<{ count: number }>(
    `select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%swipe%'`,
  );
  return rows[0]!.count;
}

const fiveTimes: Fault = {
  name: 'the same swipe 5 times, reordered, on two workers',
  id: 'five-times',
  async run(rig, { swipesPerReader }) {
    const second = await rig.startWorker(['readers']);
    const result = await stormWith(rig, swipesPerReader, async ({ readers }) => {
      for (const reader of readers) {
        const copies = Array.from({ length: 5 }, () => reader.log).flat();
        for (const record of shuffled(copies)) await reader.publish(record);
      }
    });
    await second.stop();
    return result;
  },
};

/** In another order, the same each time. */
function shuffled<T>(items: readonly T[]): T[] {
  const keyed = items.map((item, i) => ({ item, key: (i * 7_919) % 10_007 }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}

const ownerFrozen: Fault = {
  name: 'two workers fighting for one reader link (owner frozen, then back)',
  id: 'reader-owners',
  async run(rig, { swipesPerReader }) {
    const [first] = rig.workers('readers');
    const result = await stormWith(rig, swipesPerReader, async (storm) => {
      first!.signal('SIGSTOP');
      // Before the other starts: it may have taken the session, and acked all there is, once it says that it is up.
      let before = -1;
      await until('no more acks come', () => before === (before = storm.acked), 10_000, 500);
      // On a quick machine the first has acked all there was before it froze.
      storm.begin(swipesPerReader);
      await rig.startWorker(['readers']);
      await until('another took the session', () => storm.acked > before, 40_000);
      first!.signal('SIGCONT');
    });
    if (!first!.isUp) result.failures.push('the old owner has died of it');
    await first!.stop();
    return result;
  },
};

const engineFrozen: Fault = {
  name: 'engine frozen for 25 s in a swipe storm',
  id: 'gate-engine-frozen',
  run: (rig, { swipesPerReader }) =>
    stormWith(rig, swipesPerReader, async (storm) => {
      const since = Date.now();
      rig.temporal.signal('SIGSTOP');
      try {
        // Longer than its patience with a heartbeat, and a lease's after that.
        await until('25 s of it', () => Date.now() - since > 25_000, 30_000);
        const before = storm.acked;
        storm.begin(swipesPerReader);
        await until('swipes are acked', () => storm.acked >= before + swipesPerReader, 20_000);
      } finally {
        rig.temporal.signal('SIGCONT');
      }
    }),
};

const forged: Fault = {
  name: 'forged HMAC and replay',
  id: 'forged',
  async run(rig, { swipesPerReader }) {
    const storm = await Storm.open(rig);
    try {
      storm.begin(swipesPerReader);
      const [reader] = storm.readers;
      await until('20 swipes at a gate', () => reader!.log.length >= 20);
      // Forged: the seqs to come, another key. They must not spend the seqs they claim.
      const forgeries = Array.from({ length: 20 }, (_, i) => {
        const swipe = { boot: reader!.boot, seq: 100_000 + i, card: cardOf(1 + i), at: reader!.log[0]!.at, dir: 'in' };
        return { ...swipe, sig: signSwipe('another key', reader!.deviceId, swipe) };
      });
      await reader!.publish(forgeries);
      // Replayed: what was good once, and the same with one field changed under the old signature.
      await reader!.publish(reader!.log.slice(0, 20));
      await reader!.publish(reader!.log.slice(0, 20).map((record) => ({ ...record, dir: 'out' })));
      const result = await storm.audit();
      const quarantined = await quarantinedAs(rig, 'bad-signature', reader!.boot);
      if (quarantined !== 40) result.failures.push(`${quarantined} forgeries in quarantine, not 40`);
      return result;
    } finally {
      await storm.close();
    }
  },
};

async function quarantinedAs(rig: Rig, reason: string, boot: string): Promise<number> {
  const { rows } = await rig.pool.query<{ count: number }>(
    'select count(*) from quarantined_swipe where reason = $1 and boot = $2',
    [reason, boot],
  );
  return rows[0]!.count;
}

export const GATE_FAULTS: Fault[] = [
  forged,
  fiveTimes,
  unheardBoot,
  brokerKilled,
  postgresRestart,
  temporalRestart,
  stalePuback,
];
/** Those that wait out a timer. */
export const GATE_OWNER_FAULTS: Fault[] = [workerKilled, ownerFrozen, engineFrozen, databaseStall];

/** Takes a rig whose Postgres has a disk of its own. */
export const DISK_FAULTS: Fault[] = [
  {
    name: 'disk full on the database',
    id: 'disk-full',
    skip: () => (canMount() ? undefined : 'it takes root to mount a small file system'),
    run: (rig, { swipesPerReader }) =>
      stormWith(rig, swipesPerReader * 3, async (storm) => {
        const free = rig.fillDisk();
        try {
          await until('the database refuses', async () => storm.recorded - (await storm.stored()) > 100);
          await delay(3_000);
          const acked = storm.acked;
          const stored = await storm.stored();
          if (acked > stored) throw new Error(`${acked} swipes acked, ${stored} stored`);
        } finally {
          free();
        }
      }),
  },
];
