// npm run year -- --carrier shanxi --families 5000 [--seed N] [--year 2026]
// A simulated year of orders, cancels, late texts and refusals through the real rules, the real billing activities and
// the real ledger, on a Postgres of its own. Prints each month, checks what must always hold, exits 1 where it doesn't.
import { createBillingActivities } from '../activities/billing.ts';
import { loadCarriers } from '../infra/carriers.ts';
import { withTemporaryPostgres } from '../infra/embedded/temporary-postgres.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { monthEnd, monthsBetween, monthStart } from '../workflows/domain/billing-month.ts';
import { BILLING_OPTIONS } from '../workflows/domain/billing-options.ts';
import { exactYuan } from '../workflows/domain/charge-file.ts';
import { billMonth, chargeMonth } from './bill-month.ts';
import { progressBar } from './progress-bar.ts';
import { readOptions } from './options.ts';
import { Families } from './year-families.ts';
import {
  addRoster,
  brokenInvariants,
  differencesFromRules,
  ledgerDigest,
  monthInLedger,
  recordEvents,
} from './year-ledger.ts';

const USAGE = 'npm run year -- --carrier NAME [--families 5000] [--seed 1] [--year 2026]';
const HOUR_MS = 3_600_000;
/** Gone when the year is over: nothing to be durable for. */
const NOT_DURABLE = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };
const carriers = loadCarriers();

interface Year {
  tenant: string;
  families: number;
  seed: number;
  months: string[];
}

try {
  const year = readArguments();
  const since = performance.now();
  const broken = await withTemporaryPostgres('year', NOT_DURABLE, (pool) => simulate(pool, year));
  console.log(`${((performance.now() - since) / 1000).toFixed(1)} s`);
  for (const words of broken) console.error(`BROKEN: ${words}`);
  process.exit(broken.length > 0 ? 1 : 0);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}

function readArguments(): Year {
  const string = { type: 'string' } as const;
  const { carrier, families, seed, year } = readOptions(USAGE, {
    carrier: string,
    families: { ...string, default: '5000' },
    seed: { ...string, default: '1' },
    year: { ...string, default: '2026' },
  });
  const faults: string[] = [];
  if (carrier === undefined || !carriers.has(carrier))
    faults.push(`--carrier must be one of ${carriers.names.join(', ')}`);
  if (!/^[1-9]\d{0,6}$/.test(families)) faults.push('--families must be a whole number from 1 to 9999999');
  if (!/^\d{1,9}$/.test(seed)) faults.push('--seed must be a whole number');
  if (!/^20\d\d$/.test(year)) faults.push('--year must be like 2026');
  if (faults.length > 0) throw new Error(`${faults.join('\n')}\n${USAGE}`);
  const months = monthsBetween(`${year}-01`, `${year}-12`);
  return { tenant: carrier!, families: Number(families), seed: Number(seed), months };
}

async function simulate(pool: Pool, { tenant, families: count, seed, months }: Year): Promise<string[]> {
  const versions = carriers.versions(tenant);
  const { zone } = versions[0]!;
  const families = new Families(count, carriers.profile(tenant, monthStart(months[0]!, zone)), seed);
  // The year may not be over yet.
  await pool.query('alter table subscription_event disable trigger not_in_future');
  await addRoster(pool, tenant, count);
  const paid = new Set(versions.flatMap(({ packages }) => packages.filter(({ fen }) => fen > 0).map(({ id }) => id)));
  const counts = new Map<string, { active: number; orders: number; cancels: number }>();
  const bar = progressBar('months', months.length);
  for (const [done, month] of months.entries()) {
    const until = monthEnd(month, zone);
    const known = until + BILLING_OPTIONS.lateTextsHours * HOUR_MS;
    const events = families.live(monthStart(month, zone), until, known);
    await recordEvents(pool, carriers.profile(tenant, until - 1), events, families.states, month);
    // A cascade ends gifts too: what counts is the package that costs something.
    const said = events.filter((event) => paid.has(event.package));
    counts.set(month, {
      active: families.states.filter(({ state }) => state === 'active').length,
      orders: said.filter(({ type }) => type !== 'cancel').length,
      cancels: said.filter(({ type }) => type === 'cancel').length,
    });
    await billMonth({ pool, carriers, tenant, chance: () => families.chance() }, month);
    bar.at(done + 1);
  }
  bar.end();

  const rows = [];
  for (const month of months) {
    const ledger = await monthInLedger(pool, tenant, month, monthStart(month, zone), monthEnd(month, zone));
    const { feeFen, reversedFen, arrearsFen, ...lines } = ledger;
    const yuan = {
      'fees 元': exactYuan(feeFen),
      'reversed 元': exactYuan(reversedFen),
      'arrears 元': exactYuan(arrearsFen),
    };
    rows.push({ month, ...counts.get(month), ...lines, ...yuan });
  }
  console.table(rows);
  return check(pool, tenant, months);
}

/** What must hold, and that charging every month again changes nothing. */
async function check(pool: Pool, tenant: string, months: string[]): Promise<string[]> {
  const versions = carriers.versions(tenant);
  const [first, last] = [months[0]!, months.at(-1)!];
  const billing = createBillingActivities({ pool, carriers });
  // Texts of the last month that are still to come belong to nobody's bill yet; what came late is reversed here.
  for (const { month, chunks } of await billing.monthsToRevisit({ tenant, month: '9999-01', count: months.length }))
    await chargeMonth(billing, tenant, month, chunks);
  const broken = await brokenInvariants(pool);
  const until = monthEnd(last, versions[0]!.zone);
  const different = await differencesFromRules(pool, tenant, versions, [first, last], until);
  if (different > 0) broken.push(`the ledger is what the rules say of all events at once: ${different} times not`);
  const digest = await ledgerDigest(pool);
  for (const month of months) {
    const { chunks } = await billing.openBilling({ tenant, month, chunkUnits: 1 });
    await chargeMonth(billing, tenant, month, chunks);
  }
  if ((await ledgerDigest(pool)) !== digest) broken.push('charging again changes nothing: it did');
  if (broken.length === 0) console.log(`All invariants hold. Ledger ${digest}`);
  return broken;
}
