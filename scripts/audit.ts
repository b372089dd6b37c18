// npm run -s audit -- [--families 1000] [--seed 1] [--carrier shanxi] [--trials yes]
// Random families order, stop, sign and change their minds in random orders of hearing, through the live path (commands,
// clock, monthly runs, refused files) on a Postgres of its own, and are held to what the calculator says of all that was
// said: the same fees stand, the same is subscribed, and each text says what is in the ledger. With --trials they are in
// classes on trial, and held to what the spec makes of their answers. Exits 1 where it isn't so.
import { loadCarriers } from '../infra/carriers.ts';
import { withTemporaryPostgres } from '../infra/embedded/temporary-postgres.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { monthEnd, monthsBetween, monthStart } from '../workflows/domain/billing-month.ts';
import { BILLING_OPTIONS } from '../workflows/domain/billing-options.ts';
import { formatMonth, parseMonth } from '../workflows/domain/civil-month.ts';
import { Family } from './audit-family.ts';
import { TrialClass } from './audit-trial.ts';
import { TrialFamily } from './audit-trial-family.ts';
import { trialStoriesOf } from './audit-trial-stories.ts';
import { storiesOf, STORY_MONTHS } from './audit-stories.ts';
import { billMonth } from './bill-month.ts';
import { readOptions } from './options.ts';
import { progressBar } from './progress-bar.ts';
import { mulberry32 } from './random.ts';
import { addRoster } from './year-ledger.ts';

const USAGE = 'npm run -s audit -- [--families 1000] [--seed 1] [--carrier shanxi] [--trials no]';
/** In the past, where the database believes it; after the first tariff. */
const START = '2024-01';
/** What was said in the last month may be heard for another quarter. */
const HEARD_MONTHS = 3;
/** Families at work at once: what two cores and one Postgres keep busy. */
const AT_ONCE = 8;
/** A person reads a few and mends their kind. */
const SHOWN = 10;
const HOUR_MS = 3_600_000;
/** Of a class on trial: enough that one's answer is beside others', few enough that trials differ. */
const CLASS_FAMILIES = 5;
const NOT_DURABLE = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };
const carriers = loadCarriers();

try {
  const { families, seed, carrier: tenant, trials } = readArguments();
  const work = trials ? auditTrials : audit;
  const faults = await withTemporaryPostgres('audit', NOT_DURABLE, (pool) => work(pool, tenant, families, seed));
  for (const words of faults.slice(0, SHOWN)) console.error(words);
  console.log(`${families} families of ${tenant}, seed ${seed}: ${faults.length} faults`);
  process.exit(faults.length > 0 ? 1 : 0);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}

function readArguments() {
  const string = { type: 'string' } as const;
  const { families, seed, carrier, trials } = readOptions(USAGE, {
    families: { ...string, default: '1000' },
    seed: { ...string, default: '1' },
    carrier: { ...string, default: 'shanxi' },
    trials: { ...string, default: 'no' },
  });
  const faults: string[] = [];
  if (!/^[1-9]\d{0,6}$/.test(families)) faults.push('--families must be a whole number from 1 to 9999999');
  if (!/^\d{1,9}$/.test(seed)) faults.push('--seed must be a whole number');
  if (!carriers.has(carrier)) faults.push(`--carrier must be one of ${carriers.names.join(', ')}`);
  if (trials !== 'yes' && trials !== 'no') faults.push('--trials must be yes or no');
  if (trials === 'yes' && carriers.has(carrier) && !carriers.versions(carrier)[0]!.trial)
    faults.push('--trials must be no: the carrier has none');
  if (faults.length > 0) throw new Error(`${faults.join('\n')}\n${USAGE}`);
  return { families: Number(families), seed: Number(seed), carrier, trials: trials === 'yes' };
}

/** An audited month's work. */
interface Lives {
  live(until: number): Promise<void>;
}

async function audit(pool: Pool, tenant: string, count: number, seed: number): Promise<string[]> {
  const versions = carriers.versions(tenant);
  const [profile] = versions as [(typeof versions)[0]];
  const stories = storiesOf(count, seed, profile, parseMonth(START)!);
  await addPeople(pool, tenant, count);
  const families = stories.map((story, n) => new Family({ pool, carriers, tenant }, n, story));
  const { now, until } = await liveThrough(pool, tenant, families, seed);
  const faults: string[] = [];
  await eachOf(families, async (family) => {
    faults.push(...(await family.check(now, until)));
  });
  return faults;
}

async function auditTrials(pool: Pool, tenant: string, count: number, seed: number): Promise<string[]> {
  const [profile] = carriers.versions(tenant);
  const start = monthStart(START, profile!.zone);
  const chance = mulberry32(seed);
  await addPeople(pool, tenant, count);
  await pool.query(
    `insert into class (id, tenant, school_id, name, homeroom_teacher_id)
    select 'c' || n, $1, 'school', n || $4, 'teacher' from generate_series(0, $2::integer / $3::integer) n`,
    [tenant, count, CLASS_FAMILIES, '班'],
  );
  await pool.query(`update student set class_id = 'c' || (substr(id, 2)::integer / $1::integer)`, [CLASS_FAMILIES]);
  const live = { pool, carriers, tenant };
  const families = trialStoriesOf(count, chance, profile!, start).map((story, n) => new TrialFamily(live, n, story));
  const classes = Map.groupBy(families, ({ n }) => Math.floor(n / CLASS_FAMILIES));
  const lives = [...classes].map(([n, members]) => new TrialClass(live, `c${n}`, members, start, chance));
  const { until } = await liveThrough(pool, tenant, lives, seed);
  const faults: string[] = [];
  await eachOf(families, async (family) => {
    faults.push(...(await family.check(until)));
  });
  return faults;
}

async function addPeople(pool: Pool, tenant: string, families: number): Promise<void> {
  await addRoster(pool, tenant, families);
  await pool.query(
    `insert into account (id, tenants, role, login) values ('second', array[$1], 'carrier-admin', 'second')`,
    [tenant],
  );
}

/** Lets all months pass, each billed at its end. */
async function liveThrough(pool: Pool, tenant: string, lives: readonly Lives[], seed: number) {
  const { zone } = carriers.versions(tenant)[0]!;
  const chance = mulberry32(seed + 1);
  const last = formatMonth(parseMonth(START)! + STORY_MONTHS + HEARD_MONTHS);
  const months = monthsBetween(START, last);
  const bar = progressBar('months', months.length);
  let now = 0;
  for (const [done, month] of months.entries()) {
    now = monthEnd(month, zone) + BILLING_OPTIONS.lateTextsHours * HOUR_MS;
    await eachOf(lives, (each) => each.live(now));
    await billMonth({ pool, carriers, tenant, chance }, month);
    bar.at(done + 1);
  }
  bar.end();
  // A second run of each month finds what came late for those that nobody revisits any more.
  await billMonth({ pool, carriers, tenant, chance }, last);
  return { now, until: monthEnd(last, zone) - 1 };
}

async function eachOf<Each>(all: readonly Each[], work: (each: Each) => Promise<void>): Promise<void> {
  const left = all.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const each of left) await work(each);
    }),
  );
}
