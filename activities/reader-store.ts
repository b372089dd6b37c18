import type { Delivery } from '../infra/mqtt/connection.ts';
import { inTransaction, type Db, type Pool } from '../infra/postgres/pool.ts';
import { touchReaders } from '../infra/postgres/readers.ts';
import {
  advanceBoots,
  findSwipes,
  insertQuarantined,
  insertSwipes,
  type BootReach,
  type BootRun,
  type NewQuarantined,
  type SwipeKey,
} from '../infra/postgres/swipes.ts';
import {
  digestAlone,
  isSameSwipe,
  judgeDeliveries,
  unstorable,
  type JudgedBatch,
  type JudgedSwipe,
  type Shard,
} from './reader-batch.ts';
import type { QuarantineBudget } from './reader-budget.ts';
import { isAboutData } from '../infra/postgres/data-error.ts';

/** What a batch of messages did, once committed. */
export interface StoredBatch {
  /** To be acked: every boot an authentic record of the batch belongs to, new or not: its reader may have missed the last ack. */
  acks: BootReach[];
  /** Swipes whose attendance is to be recorded. */
  started: SwipeKey[];
  quarantined: number;
}

/** Where and by whose rules a link stores. */
export interface StoreDeps {
  pool: Pool;
  shard: Shard;
  budget: QuarantineBudget;
  settleMs: number;
}

/**
 * Judges a batch and stores all of it in one transaction. Where something in it is at fault the batch is halved until
 * that is alone, and that is quarantined: nothing is tried again for ever for what it says.
 * Throws when the database is at fault: what was stored by then is found stored by the next try.
 */
export async function storeDeliveries(deps: StoreDeps, deliveries: readonly Delivery[]): Promise<StoredBatch> {
  const { pool, shard } = deps;
  let batch: JudgedBatch;
  try {
    batch = await judgeDeliveries(pool, shard, deliveries, Date.now());
  } catch (error) {
    if (!isAboutData(error)) throw error;
    if (deliveries.length > 1) {
      const middle = deliveries.length >> 1;
      const first = await storeDeliveries(deps, deliveries.slice(0, middle));
      return merged(first, await storeDeliveries(deps, deliveries.slice(middle)));
    }
    batch = { swipes: [], quarantined: deliveries.map((delivery) => unstorable(shard, delivery)) };
  }
  return storeJudged(deps, batch);
}

async function storeJudged(deps: StoreDeps, batch: JudgedBatch): Promise<StoredBatch> {
  try {
    return await storeTogether(deps, batch);
  } catch (error) {
    if (!isAboutData(error)) throw error;
    const { swipes, quarantined } = batch;
    if (swipes.length + quarantined.length > 1) {
      const [one, other] = [Math.ceil(swipes.length / 2), quarantined.length >> 1];
      const first = await storeJudged(deps, { swipes: swipes.slice(0, one), quarantined: quarantined.slice(0, other) });
      const rest = { swipes: swipes.slice(one), quarantined: quarantined.slice(other) };
      return merged(first, await storeJudged(deps, rest));
    }
    const [swipe] = swipes;
    // Authentic and kept all the same: its reader may forget it. What can't be kept either leaves its digest.
    if (swipe) return storeJudged(deps, { swipes: [], quarantined: [swipe.quarantinedAs('not-storable')] });
    return storeTogether(deps, { swipes: [], quarantined: quarantined.map(digestAlone) });
  }
}

function merged(one: StoredBatch, other: StoredBatch): StoredBatch {
  return {
    acks: [...one.acks, ...other.acks],
    started: [...one.started, ...other.started],
    quarantined: one.quarantined + other.quarantined,
  };
}

async function storeTogether({ pool, budget, settleMs }: StoreDeps, batch: JudgedBatch): Promise<StoredBatch> {
  return inTransaction(pool, async (db) => {
    const started = await insertSwipes(
      db,
      batch.swipes.map(({ row }) => row),
    );
    const refused = [...batch.quarantined, ...(await findReused(db, batch.swipes, started))];
    const quarantined = await insertQuarantined(db, budget.admit(refused, Date.now()));
    const runs = runsOf(batch);
    const acks = await advanceBoots(db, runs, settleMs);
    await touchReaders(db, [...new Set(runs.map(({ deviceId }) => deviceId))]);
    return { acks, started, quarantined };
  });
}

/** Those that were not new and say something else than what is stored with their key. */
async function findReused(db: Db, swipes: readonly JudgedSwipe[], started: SwipeKey[]): Promise<NewQuarantined[]> {
  if (started.length === swipes.length) return [];
  const isNew = new Set(started.map(keyOf));
  const before = swipes.filter(({ row }) => !isNew.has(keyOf(row)));
  const stored = await findSwipes(
    db,
    before.map(({ row }) => row),
  );
  const storedByKey = new Map(stored.map((row) => [keyOf(row), row]));
  return before
    .filter(({ row }) => {
      const first = storedByKey.get(keyOf(row));
      return first !== undefined && !isSameSwipe(first, row);
    })
    .map(({ quarantinedAs }) => quarantinedAs('seq-reused'));
}

/** Authentic seqs of the batch by boot, those in quarantine included: they are kept, so the reader may forget them. */
function runsOf({ swipes, quarantined }: JudgedBatch): BootRun[] {
  const seqs = new Map<string, { deviceId: string; boot: string; seqs: Set<number> }>();
  const add = (deviceId: string, boot: string, seq: number) => {
    const key = `${deviceId}|${boot}`;
    const run = seqs.get(key) ?? { deviceId, boot, seqs: new Set() };
    run.seqs.add(seq);
    seqs.set(key, run);
  };
  for (const { row } of swipes) add(row.deviceId, row.boot, row.seq);
  for (const { authentic, deviceId, boot, seq } of quarantined)
    if (authentic && boot !== undefined && seq !== undefined) add(deviceId, boot, seq);
  // In order of their keys, so that two links can't deadlock.
  return [...seqs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { deviceId, boot, seqs: all }]) => ({ deviceId, boot, ...runOf([...all].sort((a, b) => a - b)) }));
}

/** @param seqs distinct, in order, not empty */
function runOf(seqs: number[]): { first: number; gapFree: number; highest: number } {
  const first = seqs[0]!;
  const gap = seqs.findIndex((seq, i) => seq !== first + i);
  return { first, gapFree: gap === -1 ? seqs.at(-1)! : seqs[gap - 1]!, highest: seqs.at(-1)! };
}

function keyOf({ deviceId, boot, seq }: SwipeKey): string {
  return `${deviceId}|${boot}|${seq}`;
}
