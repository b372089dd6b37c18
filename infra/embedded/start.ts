/**
 * `npm start`: the whole of Campusline on this machine. Whatever has no address in the environment is embedded. Ends
 * with code 0 when asked to, 1 when something is wrong.
 */
import { join } from 'node:path';
import { loadCarriers, type Carriers } from '../carriers.ts';
import { ConfigError, readConfig, type Config } from '../config.ts';
import { createPool, LONG_STATEMENT_MS, type Pool } from '../postgres/pool.ts';
import { makePlan, type Plan } from './addresses.ts';
import { closeFolder, emptyFolder, removeDemoFile, secretOf, writeDemoFile } from './data-folder.ts';
import { demoAccounts } from './demo/accounts.ts';
import { demoFile, emptyDemoFile } from './demo/demo-file.ts';
import { runMorning } from './demo/morning.ts';
import { demoSchools } from './demo/roster.ts';
import { firstSteps } from './first-steps.ts';
import { Logs } from './logs.ts';
import { startNodeChild } from './node-child.ts';
import { HELP, hasOwnSmsc, parseOptions, UsageError, wantsDemo, type StartOptions } from './options.ts';
import { prepareDatabase } from './prepare-database.ts';
import { Progress } from './progress.ts';
import { AlreadyRunningError, RunFile, type ChildRef } from './run-file.ts';
import { Stack, waitUntilReady } from './stack.ts';
import { tableOf } from './table.ts';
import { watchSources } from './watch.ts';

/** Every link bound, every part answering: seconds, unless something is wrong. */
const READY_MS = 20_000;
const SWIPES_PER_SCHOOL = 6;
const MORNING_MS = 8_000;

// Texts, logs and passwords are nobody else's: what we and our children write is the user's alone.
process.umask(0o077);
const progress = new Progress(process.stdout);
try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    process.exit(0);
  }
  const carriers = loadCarriers();
  const config = readConfig(process.env, { carriers: carriers.names });
  await run(options, config, carriers);
} catch (error) {
  progress.stop();
  const plain = [UsageError, ConfigError, AlreadyRunningError].some((type) => error instanceof type);
  process.stderr.write(`${plain ? (error as Error).message : ((error as Error).stack ?? String(error))}\n`);
  if (error instanceof UsageError) process.stderr.write('npm start -- --help tells the options.\n');
  process.exit(1);
}

async function run(options: StartOptions, config: Config, carriers: Carriers): Promise<void> {
  const since = Date.now();
  const { dataDir } = config;
  const withDemo = wantsDemo(options, config);
  let tellGuard: (children: ChildRef[]) => void = () => undefined;
  closeFolder(dataDir);
  const runFile = await RunFile.acquire(dataDir, (children) => tellGuard(children));
  if (options.fresh) emptyFolder(dataDir);
  removeDemoFile(dataDir);

  let stack: Stack | undefined;
  let guard: Awaited<ReturnType<typeof startGuard>> | undefined;
  let ending: Promise<never> | undefined;
  const end = (code: number, words?: string): Promise<never> => {
    ending ??= (async () => {
      progress.stop();
      if (words) process.stderr.write(`${words}\n`);
      removeDemoFile(dataDir);
      await stack?.stop();
      await guard?.stop();
      await runFile.release();
      process.exit(code);
    })();
    return ending;
  };
  endOnSignals(() => void end(0, '\nStopping … 正在停止'));

  try {
    guard = await startGuard(dataDir, runFile);
    const { send } = guard;
    tellGuard = send;
    const secret = secretOf(dataDir);
    const plan = await makePlan(config, options, carriers.names.length, secret);
    runFile.addresses = summaryOf(plan);
    const schools = demoSchools(secret);
    const accounts = demoAccounts(schools, secret);
    const pool = createPool({ databaseUrl: plan.databaseUrl, max: 2, name: 'start', statementMs: LONG_STATEMENT_MS });
    stack = new Stack({
      ...{ config, plan, runFile, progress },
      schools: withDemo ? schools : [],
      logs: new Logs(join(dataDir, 'logs'), options.watch ? echo : undefined),
      events: {
        onDied: (name, lines, ms) =>
          progress.line(`  ! ${name} ended; started again in ${ms} ms. Its last lines:\n${indent(lines || '(none)')}`),
        onBack: (name) => progress.line(`  ✓ ${name} is back`),
        onGaveUp: (name, error) => void end(1, `${name} does not stay up:\n${indent((error as Error).message)}`),
      },
      prepareDatabase: () =>
        prepareDatabase({
          ...{ pool, carriers, schools, accounts, withDemo },
          ...{ databaseUrl: plan.databaseUrl, isEmbedded: plan.embedded.postgres, hasSmsc: hasOwnSmsc(config) },
        }),
    });
    await stack.start();
    const notReady = await progress.step('every part ready', () =>
      waitUntilReady(plan.addresses.api, plan.addresses.metrics.token, READY_MS),
    );
    if (notReady) progress.line(`  ! not everything is ready: ${notReady}`);

    const carrier = { profile: config.carrier, shortCode: carriers.profile(config.carrier).shortCode };
    const demo = withDemo
      ? demoFile(plan.addresses, carrier, schools, accounts)
      : emptyDemoFile(plan.addresses, carrier);
    writeDemoFile(dataDir, demo);
    const texted = withDemo && options.morning ? await morning(plan, pool, schools) : null;
    await pool.end();
    const seconds = ((Date.now() - since) / 1000).toFixed(1);
    progress.line(
      `\n${tableOf(demo, dataDir, texted)}\n\n${firstSteps(demo, texted)}校讯通已就绪 Campusline is ready after ${seconds} s. Ctrl-C 停止 stops it.`,
    );
    if (options.watch) reloadOnChanges(stack);
  } catch (error) {
    await end(1, ending ? undefined : (error as Error).message);
  }
}

function startGuard(dataDir: string, runFile: RunFile) {
  return startNodeChild({
    ...{ program: 'infra/embedded/guard.ts', args: [join(dataDir, 'run.json')], env: {}, graceMs: 500 },
    onSpawn: (pid) => runFile.add('guard', pid, 'SIGTERM'),
  });
}

/** @returns a phone that was texted */
async function morning(plan: Plan, pool: Pool, schools: ReturnType<typeof demoSchools>): Promise<string | null> {
  // With a broker of the user's own our readers have no accounts: its login serves.
  const mqttUrl = plan.embedded.broker ? plan.addresses.mqtt : plan.mqttUrl;
  try {
    const { swipes, acked, texts, delivered, suppressed, textedPhone } = await progress.step(
      'morning at the gate',
      () => runMorning({ mqttUrl, pool, schools, swipesPerSchool: SWIPES_PER_SCHOOL, timeoutMs: MORNING_MS }),
    );
    const late = acked < swipes ? ` (${swipes - acked} not acked yet)` : '';
    progress.line(
      `    ${swipes} 次刷卡 swipes${late} → ${delivered}/${texts} 条短信送达 texts delivered; ` +
        `${suppressed} 位家长未订制 guardians without the service`,
    );
    return textedPhone;
  } catch (error) {
    progress.line(`  ! the morning did not work: ${(error as Error).message}`);
    return null;
  }
}

function summaryOf({ addresses, databaseUrl }: Plan): Record<string, string> {
  const { api, temporal, mqtt, smpp, handsets } = addresses;
  return {
    web: api,
    ...(handsets ? { handsets } : {}),
    temporal: temporal.ui ?? temporal.address,
    mqtt,
    smpp: `${smpp.host}:${smpp.port}`,
    postgres: new URL(databaseUrl).host,
  };
}

/** Ctrl-C, kill, a closed terminal, or whoever started us gone. */
function endOnSignals(end: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  process.on('disconnect', end);
  // A terminal that has gone takes our output with it, not us.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

function reloadOnChanges(stack: Stack): void {
  watchSources(async (path) => {
    progress.line(`  ↻ ${path}`);
    try {
      await stack.reload();
      progress.line('  ✓ workers and API run the new sources');
    } catch (error) {
      progress.line(`  ✗ ${(error as Error).message}\n  … waiting for the next change`);
    }
  });
}

function echo(name: string, line: string): void {
  if (name === 'worker' || name === 'api') progress.line(`${name.padEnd(7)}| ${line}`);
}

function indent(lines: string): string {
  return lines.replaceAll(/^/gm, '      ');
}
