import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What is no source: repository, data, builds and, copied apart, dependencies. */
const NO_SOURCES = ['.git', '.campusline', 'node_modules', 'coverage'];

/** These sources and their dependencies once more, in a folder that nobody but its owner may enter. */
export interface Checkout {
  folder: string;
  /** Whose everything is and who runs it, with a home of their own. */
  owner: { uid?: number; gid?: number; env: Record<string, string> };
  remove(): void;
}

/**
 * @param path below the closed folder
 * @param uid and group of the owner, if that is somebody else
 */
export function checkOut(path: string, uid?: number): Checkout {
  const closed = mkdtempSync(join(tmpdir(), 'campusline-checkout-'));
  const folder = join(closed, path);
  const home = join(closed, 'home');
  for (const each of [folder, home]) mkdirSync(each, { recursive: true });
  for (const name of readdirSync(root)) {
    if (NO_SOURCES.includes(name)) continue;
    cpSync(join(root, name), join(folder, name), { recursive: true, filter: (path) => !path.endsWith('api/web/dist') });
  }
  takeDependencies(folder);
  // What is linked stays its owner's.
  if (uid !== undefined) run('find', closed, '(', '-type', 'd', '-o', '-links', '1', ')', '-exec', 'chown', `${uid}:${uid}`, '{}', '+'); // prettier-ignore
  return {
    folder,
    // As a newcomer's: nothing of what this test run has set.
    owner: { ...(uid === undefined ? {} : { uid, gid: uid }), env: { PATH: process.env['PATH']!, HOME: home } },
    remove: () => rmSync(closed, { recursive: true, force: true }),
  };
}

/** By links, which takes half a second; copied are the programs we fetched ourselves, which may be for our eyes only. */
function takeDependencies(folder: string): void {
  const from = join(root, 'node_modules');
  const to = join(folder, 'node_modules');
  const isForAll = (statSync(join(from, '.campusline-installed')).mode & 0o044) === 0o044;
  if (!isForAll || !run('cp', '-al', from, to)) run('cp', '-a', from, to);
  rmSync(join(to, '.cache'), { recursive: true, force: true });
  for (const program of globSync('.cache/campusline/temporal-*', { cwd: from }))
    cpSync(join(from, program), join(to, program), { recursive: true });
}

const run = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
