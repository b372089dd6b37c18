import { spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { postgresAdminUrl, postgresUrl, ROLES } from './postgres-login.ts';
import { isRoot, NOBODY, postgresPrograms, UNPRIVILEGED } from './postgres-programs.ts';
import { commandOf, folderOf, refOf, stopAll, stopChild, tailOf } from './process.ts';
import type { LaunchOptions, Running } from './running.ts';

/** A running Postgres of our own. */
export interface EmbeddedPostgres extends Running {
  /** Of the database `campusline`, as the product's role: it owns that database and is no superuser. */
  url: string;
  /** The same as the server's superuser: for benches that switch off what a product never may. */
  adminUrl: string;
}

/** Where and how it runs. */
export interface EmbeddedPostgresOptions extends LaunchOptions {
  dataDir: string;
  port: number;
  /** Settings given as `-c name=value`. */
  settings?: Record<string, string>;
}

/**
 * Initialises (once) and starts Postgres in `dataDir`, on loopback only. A server that an earlier kill -9 left behind
 * in the same folder is stopped first.
 * Under root it runs as `nobody` without any capability.
 * @throws Error saying what to do when the folder is of a version whose password everybody knew
 * @throws Error with the server's own words when it does not come up within 30 s
 */
export async function startPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, port, settings = {}, onSpawn, onLog, graceMs = 5_000 } = options;
  const url = postgresUrl(dataDir, port);
  const programs = await postgresPrograms();
  if (!existsSync(`${dataDir}/PG_VERSION`)) initialise(programs.initdb, dataDir);
  await stopLeftOver(dataDir);

  const flags = Object.entries({
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...settings,
  });
  const folder = openSync(dataDir, 'r');
  const args = ['-D', viaDescriptor(dataDir, 3), ...flags.flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  // A group of its own: Ctrl-C in our terminal must not reach it before those that use it.
  const child = spawn(programs.postgres, args, {
    ...UNPRIVILEGED(),
    ...{ stdio: ['ignore', 'ignore', 'pipe', folder], detached: true },
  });
  closeSync(folder);
  if (child.pid !== undefined) onSpawn?.(child.pid);
  const lastLines = tailOf(child, onLog);
  let ending: string | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => resolve(void (ending = error.message)));
    child.once('close', () => resolve(void (ending ??= lastLines())));
  });

  await ready(options, () => ending).catch(async (error: unknown) => {
    await stopChild(child, 'SIGINT', 1_000);
    throw new Error(`Postgres did not come up:\n${ending ?? lastLines()}`, { cause: error });
  });
  return {
    url,
    adminUrl: postgresAdminUrl(dataDir, port),
    pid: child.pid!,
    ended,
    lastLines,
    // Fast shutdown: open transactions are rolled back.
    stop: () => stopChild(child, 'SIGINT', graceMs),
  };
}

// The folder as the server's own descriptor 3: it may lie where only root can go (/root, mktemp -d), and an open folder
// needs no way to it. The alternative, a capability that passes every folder, would read every file too. Elsewhere
// than on Linux nobody starts it as root, and the folder's name does.
const viaDescriptor = (path: string, descriptor: number) =>
  process.platform === 'linux' ? `/proc/self/fd/${descriptor}` : path;

function initialise(initdb: string, dataDir: string): void {
  // What an initdb cut short has left is of no use, and it wants an empty folder.
  rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const passwordFile = `${dataDir}.initial`;
  writeFileSync(passwordFile, ROLES.admin.password(dataDir), { mode: 0o600 });
  if (isRoot()) for (const path of [dataDir, passwordFile]) chownSync(path, NOBODY, NOBODY);
  const [folder, password] = [openSync(dataDir, 'r'), openSync(passwordFile, 'r')];
  const args = [
    ...['-D', viaDescriptor(dataDir, 3), '-U', ROLES.admin.name],
    ...['--pwfile', viaDescriptor(passwordFile, 4), '-A', 'scram-sha-256'],
    ...['--encoding', 'UTF8', '--locale', 'C', '--no-sync', '--no-instructions'],
  ];
  const { status, stderr, error } = spawnSync(initdb, args, {
    ...UNPRIVILEGED(),
    ...{ encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe', folder, password] },
  });
  for (const descriptor of [folder, password]) closeSync(descriptor);
  rmSync(passwordFile);
  if (status !== 0) {
    rmSync(dataDir, { recursive: true, force: true });
    throw new Error(`initdb failed: ${error?.message ?? stderr}`);
  }
}

/** Creates the product's role and database as soon as the server answers, 30 s at most (crash recovery takes its time). */
async function ready({ dataDir, port }: EmbeddedPostgresOptions, ending: () => string | undefined): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const client = new pg.Client({ connectionString: postgresAdminUrl(dataDir, port, 'postgres') });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await makeProduct(client, ROLES.product.password(dataDir));
      return;
    } catch (error) {
      if (ending() !== undefined || Date.now() > deadline) throw error;
      await delay(50);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function makeProduct(client: pg.Client, password: string): Promise<void> {
  const { name } = ROLES.product;
  const role = await client.query('select from pg_roles where rolname = $1', [name]);
  // It may make databases of its own, as each test does; it may not read files, run programs or see other roles' data.
  if (role.rowCount === 0)
    await client.query(`create role ${name} login createdb password ${client.escapeLiteral(password)}`);
  const database = await client.query(`select from pg_database where datname = 'campusline'`);
  if (database.rowCount === 0) await client.query(`create database campusline owner ${name}`);
}

/** postmaster.pid names the server of this folder: fast shutdown, then kill. */
async function stopLeftOver(dataDir: string): Promise<void> {
  const file = `${dataDir}/postmaster.pid`;
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  const leftOver = refOf(pid);
  // After a reboot the number may be another's, even another folder's Postgres.
  if (!leftOver || !isOf(pid, dataDir)) return;
  await stopAll([{ ...leftOver, signal: 'SIGINT' }], 6_000);
}

// A server's working folder is its data folder; where that can't be asked, its command line names it.
function isOf(pid: number, dataDir: string): boolean {
  return process.platform === 'linux' ? folderOf(pid) === realpathSync(dataDir) : commandOf(pid).includes(dataDir);
}
