import { newestOf } from './newest.ts';
import type { Db } from './pool.ts';
import { findAlarms, type ReaderAlarm } from './reader-alarms.ts';
import { formatDate } from '../../workflows/domain/civil-time.ts';
import { CLOCK_RECORDS, clockFault, type ClockFacts, type ClockFault } from '../../workflows/domain/reader-clock.ts';

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

/** Whose readers are asked about. */
export interface ReaderSight {
  tenants: readonly string[];
  /** One school's alone. */
  schoolId?: string | undefined;
  /** Also what devices nobody registered sent: no school's business. */
  strangers?: boolean;
}

/** A boot of a reader that is waiting for records to be sent again. */
export interface ReaderGap {
  boot: string;
  /** Everything up to here is stored, something behind it is not. */
  durableSeq: number;
  highestSeq: number;
}

/** A reader as its school and ops see it. */
export interface ReaderHealth {
  deviceId: string;
  tenant: string;
  schoolId: string;
  shard: string;
  lastSeenAt: Date | null;
  /** No swipe of today's arrival window was stored by its end, and none has come since: today's alarm is open. */
  silent: boolean;
  /** What is wrong with its clock, by its newest records; undefined: nothing. */
  clock: ClockFault | undefined;
  /** The newest first. */
  alarms: ReaderAlarm[];
  gaps: ReaderGap[];
}

/** Boots listed per reader: one that lost more needs a person, not a longer list. */
const MAX_GAPS = 10;

/**
 * The readers of these carriers, or of one school, with their gaps and alarms.
 * @param zoneOf civil zone of a carrier
 */
export async function readerHealth(
  db: Db,
  { tenants, schoolId }: ReaderSight,
  now: number,
  zoneOf: (tenant: string) => string,
): Promise<ReaderHealth[]> {
  const { rows } = await db.query<Omit<ReaderHealth, 'silent' | 'clock' | 'alarms'> & ClockFacts>(
    `select r.device_id as "deviceId", r.tenant, r.school_id as "schoolId", r.shard, r.last_seen_at as "lastSeenAt",
      coalesce((select jsonb_agg(jsonb_build_object('boot', g.boot, 'durableSeq', g.durable_seq, 'highestSeq', g.highest_seq)
        order by g.started_at desc) from (
          select * from reader_boot b where b.device_id = r.device_id and b.highest_seq > b.durable_seq
          order by b.started_at desc limit ${MAX_GAPS}) g), '[]') as gaps,
      array(select (extract(epoch from s.at - s.received_at) * 1000)::float8 from swipe s
        where (s.device_id, s.boot) = (r.device_id, newest.boot) order by s.seq desc limit ${CLOCK_RECORDS}) as "leadsMs",
      coalesce((select q.reason = 'clock-off' from quarantined_swipe q
        where q.authentic and (q.device_id, q.boot) = (r.device_id, newest.boot) and q.seq > coalesce(
          (select max(s.seq) from swipe s where (s.device_id, s.boot) = (r.device_id, newest.boot)), -1)
        order by q.seq desc limit 1), false) as off
    from reader r
    left join lateral (select boot from reader_boot b where b.device_id = r.device_id
      order by b.started_at desc limit 1) newest on true
    where r.tenant = any($1) and ($2::text is null or r.school_id = $2)
    order by r.school_id, r.device_id`,
    [tenants, schoolId ?? null],
  );
  const alarms = await findAlarms(
    db,
    rows.map(({ deviceId }) => deviceId),
  );
  return rows.map(({ leadsMs, off, ...reader }) => {
    const own = alarms.get(reader.deviceId)!;
    const today = formatDate(now, zoneOf(reader.tenant));
    const silent = own.some(({ date, clearedAt }) => date === today && clearedAt === null);
    return { ...reader, silent, clock: clockFault({ leadsMs, off }), alarms: own };
  });
}

/** A record that must not count, as its school sees it. */
export interface QuarantinedRecord {
  id: number;
  /** null: of a device nobody registered. */
  schoolId: string | null;
  deviceId: string;
  boot: string | null;
  seq: number | null;
  /** Signed by the reader itself. */
  authentic: boolean;
  reason: string;
  receivedAt: Date;
}

/**
 * What was quarantined, the newest first.
 * @param before only those with a smaller id; undefined: from the newest
 */
export async function quarantinedOf(
  db: Db,
  { tenants, schoolId, strangers = false }: ReaderSight,
  before: number | undefined,
  limit: number,
): Promise<QuarantinedRecord[]> {
  const place = { before: '$1', limit: '$2' };
  const page = [before ?? null, limit, tenants];
  const { rows } =
    schoolId === undefined
      ? await db.query<QuarantinedRecord>(
          `select newest.* from unnest($3::text[]) carrier (id) cross join lateral (
            ${QUARANTINED} where ${strangers ? '' : 'school_id is not null and '}${newestOf('tenant', 'carrier.id', place)}
          ) newest order by newest.id desc limit $2`,
          page,
        )
      : await db.query<QuarantinedRecord>(
          `${QUARANTINED} where tenant = any($3) and ${newestOf('school_id', '$4', place)}`,
          [...page, schoolId],
        );
  return rows;
}

const QUARANTINED = `
  select id, school_id as "schoolId", device_id as "deviceId", boot, seq, authentic, reason, received_at as "receivedAt"
  from quarantined_swipe`;
