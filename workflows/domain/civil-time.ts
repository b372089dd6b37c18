/**
 * Civil time of a zone: what clocks on the wall say. Instants are epoch milliseconds. Built on `formatToParts` of an
 * explicit date, because an Intl formatter asked without one reads the real clock and breaks replay (architecture §6).
 */

/** A moment as a wall clock and calendar show it; `month` is 1–12. */
export interface CivilTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** What the wall clock in `zone` (IANA) shows at `at`. Throws a RangeError for an unknown zone or a NaN time. */
export function civilOf(at: number, zone: string): CivilTime {
  const parts = formatterOf(zone).formatToParts(at);
  const value = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)!.value);
  return {
    year: value('year'),
    month: value('month'),
    day: value('day'),
    hour: value('hour'),
    minute: value('minute'),
    second: value('second'),
  };
}

/**
 * The instant at which the wall clock in `zone` shows `civil`. Where clocks go forward over it, the instant as far after
 * the change; where they show it twice, the first. Days and months beyond their range roll over, as in `Date.UTC`.
 */
export function instantOf(civil: CivilTime, zone: string): number {
  const asUtc = utcOf(civil);
  const before = asUtc - offsetMs(asUtc - DAY_MS, zone);
  const after = asUtc - offsetMs(asUtc + DAY_MS, zone);
  return [before, after].find((instant) => instant + offsetMs(instant, zone) === asUtc) ?? before;
}

/** 00:00 of the civil day `at` falls in, `days` later. */
export function startOfDay(at: number, zone: string, days = 0): number {
  const { year, month, day } = civilOf(at, zone);
  return instantOf({ year, month, day: day + days, hour: 0, minute: 0, second: 0 }, zone);
}

/** Day 1, 00:00 of the civil month `at` falls in, `months` later. */
export function startOfMonth(at: number, zone: string, months = 0): number {
  const { year, month } = civilOf(at, zone);
  return instantOf({ year, month: month + months, day: 1, hour: 0, minute: 0, second: 0 }, zone);
}

/** The same day and time `months` later, or that month's last day where it is shorter: 31 January + 1 = 28 February. */
export function addMonths(at: number, months: number, zone: string): number {
  const civil = civilOf(at, zone);
  const lastDay = new Date(Date.UTC(civil.year, civil.month + months, 0)).getUTCDate();
  return (
    instantOf({ ...civil, month: civil.month + months, day: Math.min(civil.day, lastDay) }, zone) + milliseconds(at)
  );
}

/** Whether both instants fall on one civil day. */
export function isSameDay(a: number, b: number, zone: string): boolean {
  return formatDate(a, zone) === formatDate(b, zone);
}

/** `07:31` */
export function formatTime(at: number, zone: string): string {
  const { hour, minute } = civilOf(at, zone);
  return `${pad(hour)}:${pad(minute)}`;
}

/** `2026-11-23` */
export function formatDate(at: number, zone: string): string {
  const { year, month, day } = civilOf(at, zone);
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
}

/** `2026-11-23T07:31:05+08:00`; fractions of a second are left off. */
export function formatWithOffset(at: number, zone: string): string {
  const { second } = civilOf(at, zone);
  const offset = offsetMs(at, zone) / MINUTE_MS;
  const size = Math.abs(offset);
  const sign = offset < 0 ? '-' : '+';
  return (
    `${formatDate(at, zone)}T${formatTime(at, zone)}:${pad(second)}` +
    `${sign}${pad(Math.floor(size / 60))}:${pad(size % 60)}`
  );
}

const WITH_OFFSET = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

/** The instant of an ISO 8601 time that names its offset; undefined for anything else, 30 February included. */
export function parseWithOffset(text: string): number | undefined {
  const match = WITH_OFFSET.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const wall = new Date(utcOf({ year, month, day, hour, minute, second }));
  const exists =
    wall.getUTCMonth() === month - 1 && wall.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  const at = Date.parse(text);
  return exists && !Number.isNaN(at) ? at : undefined;
}

/** How far the zone's wall clock is ahead of UTC at `at`. */
function offsetMs(at: number, zone: string): number {
  return utcOf(civilOf(at, zone)) - (at - milliseconds(at));
}

/** The wall clock read as UTC; `Date.UTC` alone takes the years 0–99 for 1900–1999. */
function utcOf({ year, month, day, hour, minute, second }: CivilTime): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.setUTCHours(hour, minute, second);
}

function milliseconds(at: number): number {
  return ((at % 1000) + 1000) % 1000;
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(zone, formatter);
  }
  return formatter;
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0');
}
