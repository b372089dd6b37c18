import type { Pending } from './pending.ts';
import type { Db } from './pool.ts';
import type { QuarantineReason } from '../../workflows/domain/swipe.ts';

/** What makes a swipe itself (spec §9). */
export interface SwipeKey {
  deviceId: string;
  boot: string;
  seq: number;
}

/** A swipe among the things that wait for their workflow. */
export function pendingSwipe(tenant: string, { deviceId, boot, seq }: SwipeKey): Pending {
  return { kind: 'swipe', tenant, key: `${deviceId}/${boot}/${seq}` };
}

/** Which swipe waits. None of its parts can hold a slash: a level of an MQTT topic, a boot (workflows/domain/swipe.ts). */
export function swipeOf({ key }: Pending): SwipeKey {
  const [deviceId, boot, seq] = key.split('/') as [string, string, string];
  return { deviceId, boot, seq: Number(seq) };
}

/** A swipe that counts. */
export interface NewSwipe extends SwipeKey {
  card: string;
  at: Date;
  dir: 'in' | 'out';
}

/** Something a reader sent that doesn't. */
export interface NewQuarantined {
  /** Of topic and item: the same thing sent again is one row. */
  digest: string;
  tenant: string;
  schoolId: string | undefined;
  deviceId: string;
  boot: string | undefined;
  seq: number | undefined;
  authentic: boolean;
  reason: QuarantineReason;
  payload: string;
}

/** A reader as the registry has it. */
export interface ReaderRow {
  deviceId: string;
  tenant: string;
  schoolId: string;
  shard: string;
  key: string;
}

/** Those of the devices that are registered. */
export async function findReaders(db: Db, deviceIds: string[]): Promise<ReaderRow[]> {
  const { rows } = await db.query<ReaderRow>({
    name: 'find-readers',
    text: `select device_id as "deviceId", tenant, school_id as "schoolId", shard, key from reader
      where device_id = any($1)`,
    values: [deviceIds],
  });
  return rows;
}

/** The state of each card that is registered in its school. */
export async function findCards(
  db: Db,
  cards: { schoolId: string; number: string }[],
): Promise<{ schoolId: string; number: string; state: 'active' | 'lost' }[]> {
  const { rows } = await db.query<{ schoolId: string; number: string; state: 'active' | 'lost' }>({
    name: 'find-cards',
    text: `select school_id as "schoolId", number, state from card
      join (select distinct * from unnest($1::text[], $2::text[]) a (school_id, number)) asked using (school_id, number)`,
    values: [cards.map((card) => card.schoolId), cards.map((card) => card.number)],
  });
  return rows;
}

/**
 * Stores swipes; that their attendance is still to be recorded, the database writes down itself (migration 0024). One
 * that is stored already, or was quarantined when it came first, is left as it is: a swipe is judged once.
 * @param swipes in order of their keys, so that two links that store the same ones can't deadlock
 * @returns the keys that were new
 */
export async function insertSwipes(db: Db, swipes: readonly NewSwipe[]): Promise<SwipeKey[]> {
  if (swipes.length === 0) return [];
  const { rows } = await db.query<SwipeKey>({
    name: 'insert-swipes',
    text: `insert into swipe (device_id, boot, seq, card, at, dir)
      select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::timestamptz[], $6::text[])
        n (device_id, boot, seq, card, at, dir)
      where not exists (select from quarantined_swipe q
        where q.authentic and (q.device_id, q.boot, q.seq) = (n.device_id, n.boot, n.seq))
      on conflict do nothing
      returning device_id as "deviceId", boot, seq`,
    values: [
      swipes.map((swipe) => swipe.deviceId),
      swipes.map((swipe) => swipe.boot),
      swipes.map((swipe) => swipe.seq),
      swipes.map((swipe) => swipe.card),
      swipes.map((swipe) => swipe.at),
      swipes.map((swipe) => swipe.dir),
    ],
  });
  return rows;
}

/** The stored swipes of these keys. */
export async function findSwipes(db: Db, keys: readonly SwipeKey[]): Promise<NewSwipe[]> {
  if (keys.length === 0) return [];
  const { rows } = await db.query<NewSwipe>(
    `select device_id as "deviceId", boot, seq, card, at, dir from swipe
    join (select distinct * from unnest($1::text[], $2::text[], $3::bigint[]) k (device_id, boot, seq)) asked
      using (device_id, boot, seq)`,
    [keys.map((key) => key.deviceId), keys.map((key) => key.boot), keys.map((key) => key.seq)],
  );
  return rows;
}

/** Quarantines what may not count. Returns how many were new. */
export async function insertQuarantined(db: Db, items: readonly NewQuarantined[]): Promise<number> {
  if (items.length === 0) return 0;
  const { rowCount } = await db.query(
    `insert into quarantined_swipe (digest, tenant, school_id, device_id, boot, seq, authentic, reason, payload)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::boolean[],
      $8::text[], $9::text[])
    on conflict (digest) do nothing`,
    [
      items.map((item) => item.digest),
      items.map((item) => item.tenant),
      items.map((item) => item.schoolId ?? null),
      items.map((item) => item.deviceId),
      items.map((item) => item.boot ?? null),
      items.map((item) => item.seq ?? null),
      items.map((item) => item.authentic),
      items.map((item) => item.reason),
      items.map((item) => item.payload),
    ],
  );
  return rowCount ?? 0;
}

/** What a batch holds of one boot of a reader. */
export interface BootRun {
  deviceId: string;
  boot: string;
  /** The lowest seq, the last that follows it without a gap, the highest. */
  first: number;
  gapFree: number;
  highest: number;
}

/** How far a boot is durable. */
export interface Reached {
  deviceId: string;
  boot: string;
  durable: number;
}

/** The same, as a batch has left it. */
export interface BootReach extends Reached {
  /** Heard of just now and not from its beginning: what came before may be lost and has to come again. */
  settling: boolean;
}

/**
 * Moves the cumulative ack of each boot on, after its swipes are stored: to the highest seq with no gap since the
 * boot's first one. A gap holds it until it is filled. For `settleMs` after a boot was first heard of, a lower seq
 * becomes its first one.
 * @param runs one per boot, in order of their keys
 */
export async function advanceBoots(db: Db, runs: readonly BootRun[], settleMs: number): Promise<BootReach[]> {
  if (runs.length === 0) return [];
  const { rows } = await db.query<BootReach & { highest: number }>({
    name: 'advance-boots',
    text: `insert into reader_boot as b (device_id, boot, first_seq, durable_seq, highest_seq)
      select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
      on conflict (device_id, boot) do update set
        highest_seq = greatest(b.highest_seq, excluded.highest_seq),
        first_seq = case when b.started_at > now() - $6 * interval '1 ms'
          then least(b.first_seq, excluded.first_seq) else b.first_seq end,
        durable_seq = case
          when excluded.first_seq < b.first_seq and b.started_at > now() - $6 * interval '1 ms'
            then excluded.durable_seq
          when excluded.first_seq <= b.durable_seq + 1 then greatest(b.durable_seq, excluded.durable_seq)
          else b.durable_seq end
      returning device_id as "deviceId", boot, durable_seq as durable, highest_seq as highest,
        first_seq > 1 and started_at > now() - $6 * interval '1 ms' as settling`,
    values: [
      runs.map((run) => run.deviceId),
      runs.map((run) => run.boot),
      runs.map((run) => run.first),
      runs.map((run) => run.gapFree),
      runs.map((run) => run.highest),
      settleMs,
    ],
  });
  const reach = new Map<string, BootReach>(rows.map((row) => [`${row.deviceId}|${row.boot}`, row]));
  let behind: Reached[] = rows.filter(({ durable, highest }) => durable < highest);
  while (behind.length > 0) {
    behind = await fillGaps(db, behind);
    for (const { deviceId, boot, durable } of behind) reach.get(`${deviceId}|${boot}`)!.durable = durable;
  }
  return [...reach.values()];
}

/** How far boots are durable by now. */
export async function findReach(db: Db, boots: readonly Reached[]): Promise<Reached[]> {
  const { rows } = await db.query<Reached>(
    `select device_id as "deviceId", boot, durable_seq as durable from reader_boot
    join unnest($1::text[], $2::text[]) asked (device_id, boot) using (device_id, boot)`,
    [boots.map((boot) => boot.deviceId), boots.map((boot) => boot.boot)],
  );
  return rows;
}

/** Rows looked at in one step of filling a gap: a boot that is behind for long must not cost more with each batch. */
const FILL_STEP = 1_000;

/** Looks in what is stored for the seqs that follow. Returns the boots that got further. */
async function fillGaps(db: Db, boots: readonly Reached[]): Promise<Reached[]> {
  const { rows } = await db.query<Reached>(
    `with reach as (
      select b.device_id, b.boot, (
        select max(seq) from (
          select seq, seq - row_number() over (order by seq) as island from (
            (select seq from swipe s where (s.device_id, s.boot) = (b.device_id, b.boot) and s.seq > b.durable_seq
              order by seq limit ${FILL_STEP})
            union
            (select seq from quarantined_swipe q where q.authentic and (q.device_id, q.boot) = (b.device_id, b.boot)
              and q.seq > b.durable_seq order by seq limit ${FILL_STEP})
          ) stored
        ) numbered where island = b.durable_seq
      ) as durable_seq
      from reader_boot b join unnest($1::text[], $2::text[]) asked (device_id, boot) using (device_id, boot)
    )
    update reader_boot b set durable_seq = reach.durable_seq from reach
    where (b.device_id, b.boot) = (reach.device_id, reach.boot) and reach.durable_seq > b.durable_seq
    returning b.device_id as "deviceId", b.boot, b.durable_seq as durable`,
    [boots.map((boot) => boot.deviceId), boots.map((boot) => boot.boot)],
  );
  return rows;
}
