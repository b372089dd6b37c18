// npm run backtest -- --carrier gansu --from 2026-01 --to 2026-10 --profile FILE [--differences OUT.csv]
// What changed rules would have charged the real subscriptions of past months. Reads the database, writes nothing there.
// FILE is JSON: a carrier file like carriers/gansu.json, or only the facts that change, e.g. {"freeMonths": [2]}.
import { createWriteStream, existsSync, readFileSync, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { z } from 'zod';
import { carrierVersion, loadCarriers, parseCarrier, type Carriers } from '../infra/carriers.ts';
import { readConfig } from '../infra/config.ts';
import { postgresUrl } from '../infra/embedded/postgres-login.ts';
import { backtest, countUnits, type BacktestTotals } from '../infra/postgres/billing-replay.ts';
import { createPool, LONG_STATEMENT_MS } from '../infra/postgres/pool.ts';
import { monthsBetween, monthStart } from '../workflows/domain/billing-month.ts';
import { changeProfile } from '../workflows/domain/billing-tariff.ts';
import type { CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import { exactYuan } from '../workflows/domain/charge-file.ts';
import { parseMonth } from '../workflows/domain/civil-month.ts';
import { csvRow } from '../workflows/domain/csv.ts';
import { readOptions } from './options.ts';
import { progressBar } from './progress-bar.ts';

const USAGE = 'npm run backtest -- --carrier NAME --from YYYY-MM --to YYYY-MM --profile FILE [--differences OUT.csv]';
/** Differences shown on the screen; all of them go to the file that --differences names. */
const SHOWN = 10;

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const carriers = loadCarriers();
  const { tenant, months, after, differences } = readArguments(carriers);
  const file = differences === undefined ? undefined : createWriteStream(differences);
  if (file) await once(file, 'open');
  const pool = createPool({ databaseUrl: databaseUrl(carriers), name: 'backtest', statementMs: LONG_STATEMENT_MS });
  try {
    file?.write(csvRow(['unit', 'month', 'before', 'after', 'difference']));
    const bar = progressBar('families', await countUnits(pool, tenant));
    const shown: object[] = [];
    const totals = await backtest(pool, {
      ...{ tenant, months, after },
      before: carriers.versions(tenant),
      onPage: bar.at,
      onDifference: ({ unit, month, beforeFen, afterFen }) => {
        const sums = [beforeFen, afterFen, afterFen - beforeFen].map(exactYuan);
        file?.write(csvRow([unit, month, ...sums]));
        if (shown.length < SHOWN) shown.push({ unit, month, before: sums[0], after: sums[1], difference: sums[2] });
      },
    });
    bar.end();
    print(totals, shown);
  } finally {
    await close(file);
    await pool.end();
  }
}

function readArguments(carriers: Carriers) {
  const string = { type: 'string' } as const;
  const options = { carrier: string, from: string, to: string, profile: string, differences: string };
  const { carrier, from, to, profile, differences } = readOptions(USAGE, options);
  const faults: string[] = [];
  if (carrier === undefined || !carriers.has(carrier))
    faults.push(`--carrier must be one of ${carriers.names.join(', ')}`);
  for (const [name, month] of Object.entries({ from, to }))
    if (month === undefined || parseMonth(month) === undefined) faults.push(`--${name} must be like 2026-01`);
  if (from && to && from > to) faults.push('--to must not be before --from');
  if (profile === undefined || !existsSync(profile)) faults.push('--profile must name a file');
  if (faults.length > 0) throw new Error(`${faults.join('\n')}\n${USAGE}`);
  const zone = carriers.profile(carrier!).zone;
  const base = carriers.profile(carrier!, monthStart(from!, zone));
  const after = readProfile(readFileSync(profile!, 'utf8'), base);
  return { tenant: carrier!, months: monthsBetween(from!, to!), after, differences };
}

function readProfile(text: string, base: CarrierProfile): CarrierProfile[] {
  try {
    const json = JSON.parse(text) as object;
    if ('versions' in json) return parseCarrier(text);
    const changes = carrierVersion.partial().safeParse(json);
    if (!changes.success) throw new Error(z.prettifyError(changes.error));
    return [changeProfile(base, changes.data)];
  } catch (error) {
    throw new Error(`--profile: ${(error as Error).message}`, { cause: error });
  }
}

/** DATABASE_URL, or the Postgres of an `npm start` that is running. */
function databaseUrl(carriers: Carriers): string {
  const config = readConfig(process.env, { carriers: carriers.names, required: [] });
  if (config.databaseUrl) return config.databaseUrl;
  // A Postgres that runs keeps its port in the fourth line of this file, and takes the file away when it ends.
  const pidFile = `${config.dataDir}/postgres/postmaster.pid`;
  const port = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8').split('\n')[3]) : 0;
  if (!port) throw new Error('Set DATABASE_URL, or run `npm start` beside this.');
  return postgresUrl(`${config.dataDir}/postgres`, port);
}

function print(totals: BacktestTotals, shown: object[]): void {
  console.table(
    totals.months.map(({ month, beforeFen, afterFen, familiesChanged }) => ({
      month,
      before: exactYuan(beforeFen),
      after: exactYuan(afterFen),
      difference: exactYuan(afterFen - beforeFen),
      'families changed': familiesChanged,
    })),
  );
  if (shown.length > 0) console.table(shown);
  const { families, familiesChanged, beforeFen, afterFen } = totals;
  console.log(
    `${families} families, ${familiesChanged} of them would have paid something else: ` +
      `${exactYuan(beforeFen)} → ${exactYuan(afterFen)} yuan (${exactYuan(afterFen - beforeFen)})`,
  );
}

async function close(file: WriteStream | undefined): Promise<void> {
  if (!file) return;
  file.end();
  await once(file, 'finish');
}
