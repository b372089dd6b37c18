/** Months to bill, as `2026-03`, in a carrier's civil time. */
import { CivilMonths, formatMonth, parseMonth } from './civil-month.ts';

/** The month before the one `at` (epoch ms) falls in. */
export function monthBefore(at: number, zone: string): string {
  return formatMonth(new CivilMonths(zone).of(at) - 1);
}

/** The first instant of the month. */
export function monthStart(month: string, zone: string): number {
  return new CivilMonths(zone).start(numberOf(month));
}

/** The instant the month ends. */
export function monthEnd(month: string, zone: string): number {
  return new CivilMonths(zone).start(numberOf(month) + 1);
}

/** The months from `from` to `to`, both included. */
export function monthsBetween(from: string, to: string): string[] {
  const [first, last] = [numberOf(from), numberOf(to)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => formatMonth(first + i));
}

function numberOf(month: string): number {
  const number = parseMonth(month);
  if (number === undefined) throw new RangeError(`${month} is not a month`);
  return number;
}
