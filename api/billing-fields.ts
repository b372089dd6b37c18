import { z } from 'zod';
import type { Carriers } from '../infra/carriers.ts';
import { monthEnd } from '../workflows/domain/billing-month.ts';
import { Problem } from './problem.ts';

export const month = z.string({ error: 'is required' }).regex(/^[1-9]\d{3}-(0[1-9]|1[0-2])$/, {
  error: 'must be a month, e.g. 2026-03',
  // What is asked of several months together can't be asked of what is none.
  abort: true,
});
export const tenant = z.string({ error: 'is required' }).max(100);

/** Throws Problem 400, naming the field, for a month that was over before the carrier had a tariff. */
export function checkMonth(carriers: Carriers, tenant: string, asked: string, field = 'month'): void {
  const [first] = carriers.versions(tenant);
  if (monthEnd(asked, first!.zone) <= Date.parse(first!.effectiveFrom))
    throw Problem.field(400, field, 'is before the carrier’s first tariff');
}
