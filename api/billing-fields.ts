import { z } from 'zod';
import type { Carriers } from '../infra/carriers.ts';
import type { Account, AccountRole } from '../infra/postgres/accounts.ts';
import { monthEnd } from '../workflows/domain/billing-month.ts';
import { Problem } from './problem.ts';

/** Who may look at a carrier's bills. */
export const BILL_READERS: readonly AccountRole[] = ['carrier-admin', 'customer-service', 'ops'];

export const month = z.string({ error: 'is required' }).regex(/^[1-9]\d{3}-(0[1-9]|1[0-2])$/, {
  error: 'must be a month, e.g. 2026-03',
  // What is asked of several months together can't be asked of what is none.
  abort: true,
});
export const tenant = z.string({ error: 'is required' }).max(100);

/** Throws Problem 404 for a carrier that is none, 403 for one that the account may not see. */
export function checkTenant(carriers: Carriers, account: Account, asked: string): void {
  if (!carriers.has(asked)) throw Problem.field(404, 'tenant', 'is no carrier');
  if (!account.tenants.includes(asked)) throw Problem.field(403, 'tenant', 'is none of yours');
}

/** Throws Problem 400, naming the field, for a month that was over before the carrier had a tariff. */
export function checkMonth(carriers: Carriers, tenant: string, asked: string, field = 'month'): void {
  const [first] = carriers.versions(tenant);
  if (monthEnd(asked, first!.zone) <= Date.parse(first!.effectiveFrom))
    throw Problem.field(400, field, 'is before the carrier’s first tariff');
}
