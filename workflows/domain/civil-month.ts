/**
 * Civil months of a zone as numbers (year × 12 + month − 1), with their boundaries remembered: a month is charged a
 * million times over, and asking Intl each time would be most of the work.
 */
import { instantOf } from './civil-time.ts';

/** Months and days of one zone. Boundaries are epoch ms. */
export class CivilMonths {
  readonly #zone: string;
  readonly #midnights = new Map<number, number>();

  constructor(zone: string) {
    this.#zone = zone;
  }

  /** The month `at` falls in. */
  of(at: number): number {
    const utc = new Date(at);
    const guess = utc.getUTCFullYear() * 12 + utc.getUTCMonth();
    if (at < this.start(guess)) return guess - 1;
    return at < this.start(guess + 1) ? guess : guess + 1;
  }

  /** Day 1, 00:00. */
  start(month: number): number {
    return this.midnight(month, 1);
  }

  /** 00:00 of a day of the month; a day beyond its end rolls over into the next. */
  midnight(month: number, day: number): number {
    const key = month * 64 + day;
    let at = this.#midnights.get(key);
    if (at === undefined) {
      const civil = { year: Math.floor(month / 12), month: (month % 12) + 1, day, hour: 0, minute: 0, second: 0 };
      at = instantOf(civil, this.#zone);
      this.#midnights.set(key, at);
    }
    return at;
  }

  /** Whether `from` day 00:00 ≤ `at` < `until` day 00:00, in the month `at` falls in. */
  isWithinDays(at: number, from: number, until: number): boolean {
    const month = this.of(at);
    return this.midnight(month, from) <= at && at < this.midnight(month, until);
  }
}

/** 1–12 */
export function calendarMonth(month: number): number {
  return (month % 12) + 1;
}

/** `2026-03` */
export function formatMonth(month: number): string {
  return `${String(Math.floor(month / 12)).padStart(4, '0')}-${String(calendarMonth(month)).padStart(2, '0')}`;
}

/** The number of `2026-03`; undefined for anything else. */
export function parseMonth(text: string): number | undefined {
  const match = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text);
  return match ? Number(match[1]) * 12 + Number(match[2]) - 1 : undefined;
}
