import type { Db } from './pool.ts';

/** What the tables say of the platform's health, cheap enough to ask at every scrape. */
export interface Gauges {
  outbox: { tenant: string; lane: number; texts: number }[];
  /** `tenant` null: from a device nobody knows. */
  quarantined: { tenant: string | null; swipes: number }[];
  /** What SMSCs delivered and nobody could read. */
  unreadable: { tenant: string; pdus: number }[];
}

/** Reads them. The queue is as small as the backlog, the others are bounded by time. */
export async function readGauges(db: Db): Promise<Gauges> {
  const outbox = await db.query<Gauges['outbox'][number]>(
    'select tenant, lane, count(*) as texts from sms_queue group by tenant, lane',
  );
  const quarantined = await db.query<Gauges['quarantined'][number]>(
    `select tenant, count(*) as swipes from quarantined_swipe
    where received_at > now() - interval '24 hours' group by tenant`,
  );
  const unreadable = await db.query<Gauges['unreadable'][number]>(
    `select tenant, count(*) as pdus from smpp_quarantine where at > now() - interval '24 hours' group by tenant`,
  );
  return { outbox: outbox.rows, quarantined: quarantined.rows, unreadable: unreadable.rows };
}

/** Readers of one shard: how many there are, and when the last of them was heard. */
export interface ReaderShardRow {
  tenant: string;
  shard: string;
  readers: number;
  lastSeen: Date | null;
}

/** Every shard that has readers. */
export async function readReaderShards(db: Db): Promise<ReaderShardRow[]> {
  const { rows } = await db.query<ReaderShardRow>(
    `select tenant, shard, count(*) as readers, max(last_seen_at) as "lastSeen"
    from reader group by tenant, shard order by tenant, shard`,
  );
  return rows;
}
