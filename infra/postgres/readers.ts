import type { Db } from './pool.ts';

/** A reader's last sign of life is written at most this often: it is for people, and each write leaves a dead row. */
const SEEN_EVERY_S = 10;

/** Notes that these readers were heard of, in the order given. */
export async function touchReaders(db: Db, deviceIds: readonly string[]): Promise<void> {
  if (deviceIds.length === 0) return;
  await db.query({
    name: 'touch-readers',
    text: `update reader set last_seen_at = now() where device_id = any($1)
      and (last_seen_at is null or last_seen_at < now() - ${SEEN_EVERY_S} * interval '1 s')`,
    values: [deviceIds],
  });
}
