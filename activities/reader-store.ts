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
  isSameSwipe,
  judgeDeliveries,
  unstorable,
  type JudgedBatch,
  type JudgedSwipe,
  type Shard,
} from './reader-batch.ts';
import type { QuarantineBudget } from './reader-budget.ts';

/** What a batch of messages did, once committed. */
export interface StoredBatch {
  /** To be acked: every boot an authentic record of the batch belongs to, new or not: its reader may have missed the last ack. */
  acks: BootReach[];
  /** Swipes whose attendance is to be recorded. */
  started: SwipeKey[];
  quarantined: number;
}

/** Judges a batch and stores all of it in one transaction. Throws, having stored nothing, when the database refuses. */
export async function storeDeliveries(
  pool: Pool,
  shard: Shard,
  deliveries: readonly Delivery[],
  budget: QuarantineBudget,
  settleMs: number,
): Promise<StoredBatch> {
  const batch = await judgeDeliveries(pool, shard, deliveries, Date.now());
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
    .map(({ asReused }) => asReused());
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

/** Quarantines, as it came, a message the database can't hold any other way. */
export async function storeUnstorable(pool: Pool, shard: Shard, delivery: Delivery): Promise<StoredBatch> {
  const quarantined = await insertQuarantined(pool, [unstorable(shard, delivery)]);
  return { acks: [], started: [], quarantined };
}
