import type { Db } from './pool.ts';

/** What the tables say of the platform's health, cheap enough to ask at every scrape. */
export interface Gauges {
  outbox: { tenant: string; lane: number; texts: number }[];
  uncertain: { tenant: string; texts: number }[];
  /** `tenant` null: from a device nobody knows. */
  quarantined: { tenant: string | null; swipes: number }[];
  unprocessedSwipes: number;
}

/** Reads them. The queue is as small as the backlog, the others are bounded by time and a partial index. */
export async function readGauges(db: Db): Promise<Gauges> {
  const outbox = await db.query<Gauges['outbox'][number]>(
    'select tenant, lane, count(*) as texts from sms_queue group by tenant, lane',
  );
  const uncertain = await db.query<Gauges['uncertain'][number]>(
    `select s.tenant, count(*) as texts
    from (select distinct sms_id from sms_part where state = 'UNCERTAIN' and at > now() - interval '7 days') p
    join sms s on s.id = p.sms_id join sms_status st on st.sms_id = p.sms_id
    where st.state = 'UNCERTAIN' group by s.tenant`,
  );
  const quarantined = await db.query<Gauges['quarantined'][number]>(
    `select tenant, count(*) as swipes from quarantined_swipe
    where received_at > now() - interval '24 hours' group by tenant`,
  );
  const pending = await db.query<{ swipes: number }>('select count(*) as swipes from swipe_pending');
  return {
    outbox: outbox.rows,
    uncertain: uncertain.rows,
    quarantined: quarantined.rows,
    unprocessedSwipes: pending.rows[0]!.swipes,
  };
}

/** A carrier link as far as the database shows. */
export interface LinkRow {
  tenant: string;
  link: number;
  /** Texts claimed and not settled. */
  inFlight: number;
  /** When the oldest of them was claimed. */
  oldestClaim: Date | null;
}

/** Every carrier link that was ever up. */
export async function readCarrierLinks(db: Db): Promise<LinkRow[]> {
  const { rows } = await db.query<LinkRow>(
    `select l.tenant, l.link, coalesce(sum(cardinality(b.sms_ids)), 0)::int as "inFlight",
      min(b.claimed_at) as "oldestClaim"
    from carrier_link l
    left join sms_batch b on b.tenant = l.tenant and b.link = l.link and b.settled_at is null
    group by l.tenant, l.link order by l.tenant, l.link`,
  );
  return rows;
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
