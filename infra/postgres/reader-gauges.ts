import type { Db } from './pool.ts';

/** How a carrier's gates are. */
export interface ReaderGauges {
  tenant: string;
  /** Boots that wait for records to be sent again. */
  gaps: number;
  /** Readers silent in their last arrival window, at most a day ago. */
  alarms: number;
  /** Since the reader heard longest ago was heard; null: none ever was. */
  lastSeenSeconds: number | null;
}

/** Of each reader: a gap further back is shown in the list, and nobody is to be called for it. */
const BOOTS = 5;

/** Reads them for every carrier that has readers: a few index entries of each reader. */
export async function readReaderGauges(db: Db): Promise<ReaderGauges[]> {
  const { rows } = await db.query<ReaderGauges>(
    `select r.tenant, sum(boots.gaps)::int as gaps, count(a.device_id)::int as alarms,
      extract(epoch from now() - min(r.last_seen_at))::float8 as "lastSeenSeconds"
    from reader r
    cross join lateral (
      select count(*) filter (where highest_seq > durable_seq) as gaps from (
        select highest_seq, durable_seq from reader_boot b where b.device_id = r.device_id
        order by started_at desc limit ${BOOTS}) newest) boots
    left join (
      select distinct device_id from reader_alarm
      where cleared_at is null and window_until > now() - interval '24 hours') a using (device_id)
    group by r.tenant order by r.tenant`,
  );
  return rows;
}
