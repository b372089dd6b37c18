import type { Db } from './pool.ts';
import { AHEAD_AFTER_MS } from '../../workflows/domain/attendance.ts';
import type { AlarmReason, ArrivalWindow } from '../../workflows/domain/silent-reader.ts';

/** The arrival windows of a carrier's schools that have readers. */
export async function readArrivalWindows(db: Db, tenant: string): Promise<(ArrivalWindow & { schoolId: string })[]> {
  const { rows } = await db.query<ArrivalWindow & { schoolId: string }>(
    `select k.id as "schoolId", (extract(epoch from k.arrival_from) / 60)::int as "fromMinute",
      (extract(epoch from k.arrival_until) / 60)::int as "untilMinute"
    from school k where k.tenant = $1 and exists (select from reader r where r.school_id = k.id)`,
    [tenant],
  );
  return rows;
}

/**
 * Until when a carrier's gates were looked at; held until the transaction ends, so that two sweeps don't cross.
 * @param first for a carrier that never was
 */
export async function beginSweep(db: Db, tenant: string, first: Date): Promise<Date> {
  const { rows } = await db.query<{ until: Date }>(
    `insert into reader_alarm_sweep as s (tenant, looked_until) values ($1, $2)
    on conflict (tenant) do update set looked_until = s.looked_until returning looked_until as until`,
    [tenant, first],
  );
  return rows[0]!.until;
}

export async function endSweep(db: Db, tenant: string, until: Date): Promise<void> {
  await db.query('update reader_alarm_sweep set looked_until = $2 where tenant = $1', [tenant, until]);
}

/** A school's window that is over. */
export interface EndedWindow {
  schoolId: string;
  date: string;
  from: Date;
  until: Date;
}

/** What a clock that is ahead dates into a window is no swipe of it: last night's would be of this morning's. */
const BELIEVED = `s.at <= s.received_at + ${AHEAD_AFTER_MS} * interval '1 ms'`;

/**
 * Raises an alarm for each reader of which no swipe with a time inside the window was stored by its end; once a day.
 * @returns how many
 */
export async function raiseAlarms(db: Db, windows: readonly EndedWindow[]): Promise<number> {
  if (windows.length === 0) return 0;
  const { rowCount } = await db.query(
    `with ended as (
      select * from unnest($1::text[], $2::date[], $3::timestamptz[], $4::timestamptz[])
        w (school_id, date, window_from, window_until)
    ), swiped as materialized (
      select s.device_id, s.at, s.received_at from swipe s
      where s.at >= (select min(window_from) from ended) and s.at < (select max(window_until) from ended) and ${BELIEVED}
    )
    insert into reader_alarm (device_id, date, window_from, window_until, reason)
    select r.device_id, w.date, w.window_from, w.window_until,
      case when r.last_seen_at >= w.window_from then 'no-swipe' else 'unheard' end
    from ended w join reader r using (school_id)
    where r.registered_at < w.window_until and not exists (
      select from swiped s where s.device_id = r.device_id and s.at >= w.window_from
        and greatest(s.at, s.received_at) < w.window_until)
    on conflict do nothing`,
    [
      windows.map((window) => window.schoolId),
      windows.map((window) => window.date),
      windows.map((window) => window.from),
      windows.map((window) => window.until),
    ],
  );
  return rowCount ?? 0;
}

/** A swipe more than a day old is quarantined (spec §9), so nothing clears an alarm later. */
const CLEARED_WITHIN = `interval '25 hours'`;

/**
 * Clears the alarms of a carrier's readers that have uploaded a swipe of their window.
 * @param after what came before it was looked at already
 * @returns how many
 */
export async function clearAlarms(db: Db, tenant: string, after: Date): Promise<number> {
  const { rowCount } = await db.query(
    `with open as materialized (
      select a.device_id, a.date, a.window_from, a.window_until from reader_alarm a join reader r using (device_id)
      where a.cleared_at is null and a.window_until > $2::timestamptz - ${CLEARED_WITHIN} and r.tenant = $1
    ), uploaded as (
      select o.device_id, o.date, min(s.received_at) as at from open o join swipe s using (device_id)
      where s.at >= o.window_from and s.at < o.window_until and ${BELIEVED}
        and s.at >= (select min(window_from) from open) and s.at < (select max(window_until) from open)
      group by o.device_id, o.date
    )
    update reader_alarm a set cleared_at = uploaded.at from uploaded
    where (a.device_id, a.date) = (uploaded.device_id, uploaded.date) and a.cleared_at is null`,
    [tenant, after],
  );
  return rowCount ?? 0;
}

/** An alarm as people see it. */
export interface ReaderAlarm {
  date: string;
  reason: AlarmReason;
  raisedAt: Date;
  clearedAt: Date | null;
}

/** Days listed per reader: a school month. */
const MAX_ALARMS = 20;

/** The last alarms of readers, the newest first. */
export async function findAlarms(db: Db, deviceIds: readonly string[]): Promise<Map<string, ReaderAlarm[]>> {
  const { rows } = await db.query<ReaderAlarm & { deviceId: string }>(
    `select d.device_id as "deviceId", a.* from unnest($1::text[]) d (device_id) cross join lateral (
      select date::text, reason, raised_at as "raisedAt", cleared_at as "clearedAt" from reader_alarm
      where device_id = d.device_id order by reader_alarm.date desc limit ${MAX_ALARMS}) a`,
    [deviceIds],
  );
  const byDevice = new Map<string, ReaderAlarm[]>(deviceIds.map((deviceId) => [deviceId, []]));
  for (const { deviceId, ...alarm } of rows) byDevice.get(deviceId)!.push(alarm);
  return byDevice;
}
