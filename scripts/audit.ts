// npm run -s audit -- [--families 1000] [--seed 1] [--carrier shanxi]
// Random families order, stop, sign and change their minds in random orders of hearing, through the live path (commands,
// clock, monthly runs, refused files) on a Postgres of its own, and are held to what the calculator says of all that was
// said: the same fees stand, the same is subscribed, and each text says what is in the ledger. Exits 1 where it isn't so.
import { loadCarriers } from '../infra/carriers.ts';
import { withTemporaryPostgres } from '../infra/embedded/temporary-postgres.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { monthEnd, monthsBetween } from '../workflows/domain/billing-month.ts';
import { BILLING_OPTIONS } from '../workflows/domain/billing-options.ts';
import { formatMonth, parseMonth } from '../workflows/domain/civil-month.ts';
import { Family } from './audit-family.ts';
import { storiesOf, STORY_MONTHS } from './audit-stories.ts';
import { billMonth } from './bill-month.ts';
import { readOptions } from './options.ts';
import { progressBar } from './progress-bar.ts';
import { mulberry32 } from './random.ts';
import { addRoster } from './year-ledger.ts';

const USAGE = 'npm run -s audit -- [--families 1000] [--seed 1] [--carrier shanxi]';
/** In the past, where the database believes it; after the first tariff. */
const START = '2024-01';
/** What was said in the last month may be heard for another quarter. */
const HEARD_MONTHS = 3;
/** Families at work at once: what two cores and one Postgres keep busy. */
const AT_ONCE = 8;
/** A person reads a few and mends their kind. */
const SHOWN = 10;
const HOUR_MS = 3_600_000;
const NOT_DURABLE = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };
const carriers = loadCarriers();

try {
  const { families, seed, carrier: tenant } = readArguments();
  const faults = await withTemporaryPostgres('audit', NOT_DURABLE, (pool) => audit(pool, tenant, families, seed));
  for (const words of faults.slice(0, SHOWN)) console.error(words);
  console.log(`${families} families of ${tenant}, seed ${seed}: ${faults.length} faults`);
  process.exit(faults.length > 0 ? 1 : 0);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}

function readArguments() {
  const string = { type: 'string' } as const;
  const { families, seed, carrier } = readOptions(USAGE, {
    families: { ...string, default: '1000' },
    seed: { ...string, default: '1' },
    carrier: { ...string, default: 'shanxi' },
  });
  const faults: string[] = [];
  if (!/^[1-9]\d{0,6}$/.test(families)) faults.push('--families must be a whole number from 1 to 9999999');
  if (!/^\d{1,9}$/.test(seed)) faults.push('--seed must be a whole number');
  if (!carriers.has(carrier)) faults.push(`--carrier must be one of ${carriers.names.join(', ')}`);
  if (faults.length > 0) throw new Error(`${faults.join('\n')}\n${USAGE}`);
  return { families: Number(families), seed: Number(seed), carrier };
}

async function audit(pool: Pool, tenant: string, count: number, seed: number): Promise<string[]> {
  const versions = carriers.versions(tenant);
  const [profile] = versions as [(typeof versions)[0]];
  const start = parseMonth(START)!;
  const stories = storiesOf(count, seed, profile, start);
  await addRoster(pool, tenant, count);
  await pool.query(
    `insert into account (id, tenants, role, login) values ('second', array[$1], 'carrier-admin', 'second')`,
    [tenant],
  );
  const families = stories.map((story, n) => new Family({ pool, carriers, tenant }, n, story));
  const chance = mulberry32(seed + 1);
  const last = formatMonth(start + STORY_MONTHS + HEARD_MONTHS);
  const months = monthsBetween(START, last);
  const bar = progressBar('months', months.length);
  let now = 0;
  for (const [done, month] of months.entries()) {
    now = monthEnd(month, profile.zone) + BILLING_OPTIONS.lateTextsHours * HOUR_MS;
    await eachOf(families, (family) => family.live(now));
    await billMonth({ pool, carriers, tenant, chance }, month);
    bar.at(done + 1);
  }
  bar.end();
  // A second run of each month finds what came late for those that nobody revisits any more.
  await billMonth({ pool, carriers, tenant, chance }, last);
  const until = monthEnd(last, profile.zone) - 1;
  const faults: string[] = [];
  await eachOf(families, async (family) => {
    faults.push(...(await family.check(now, until)));
  });
  return faults;
}

async function eachOf(families: readonly Family[], work: (family: Family) => Promise<void>): Promise<void> {
  const left = families.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const family of left) await work(family);
    }),
  );
}
