/** A year's price: what it covers, and what of it is paid back (spec §6 R6). */
import type { CarrierProfile } from './carrier-profile.ts';
import { calendarMonth } from './civil-month.ts';

export const YEAR_MONTHS = 12;

/** A year that is paid: months `from` ≤ m < `from` + 12, free ones included; `fen` its price. */
export interface PaidYear {
  from: number;
  fen: number;
}

/**
 * What is paid back of a year that is given up: price × unused non-free months ÷ 9, rounded down; of the months from
 * `firstUnused` on.
 * @returns undefined where the profile pays nothing back
 */
export function refundOf(
  { from, fen }: PaidYear,
  firstUnused: number,
  { freeMonths, yearlyRefund }: CarrierProfile,
): { fen: number; unusedMonths: number } | undefined {
  if (!yearlyRefund) return undefined;
  let unusedMonths = 0;
  for (let month = firstUnused; month < from + YEAR_MONTHS; month++)
    if (!freeMonths.includes(calendarMonth(month))) unusedMonths++;
  return { fen: Math.min(fen, Math.floor((fen * unusedMonths) / yearlyRefund.paidMonths)), unusedMonths };
}
