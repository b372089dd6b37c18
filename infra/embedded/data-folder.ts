import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { join } from 'node:path';
import type { DemoFile } from './demo/demo-file.ts';

/** What `npm start` puts into the data folder, and `--fresh` takes away. */
const OURS = [
  'postgres',
  'postgres.secret',
  'temporal',
  'simulator',
  'logs',
  'secret',
  'broker-accounts.json',
  'phonebook.json',
  'gates.json',
  'demo.json',
];
/** What is there for a while: of a start (run-file.ts), and of an installation (scripts/run.mjs). */
const PASSING = ['run.json', 'run.json.new', 'demo.json.new', 'installing'];

/**
 * Makes the data folder, for nobody but us: also one that an installation or an earlier version left open. One that
 * holds other things, or is somebody else's, keeps its mode: what we put there is closed by itself.
 */
export function closeFolder(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const names = new Set([...OURS, ...PASSING]);
  const isOurs = statSync(dataDir).uid === process.getuid?.() && readdirSync(dataDir).every((name) => names.has(name));
  if (isOurs) chmodSync(dataDir, 0o700);
}

/** Takes away what an earlier start left. */
export function emptyFolder(dataDir: string): void {
  for (const name of OURS) rmSync(join(dataDir, name), { recursive: true, force: true });
}

/** What keys and passwords of this folder's demo follow from. */
export function secretOf(dataDir: string): string {
  const path = join(dataDir, 'secret');
  if (!existsSync(path)) writeFileSync(path, randomBytes(32).toString('hex'), { mode: 0o600 });
  return readFileSync(path, 'utf8');
}

/** Whole or not at all: others wait for this file. */
export function writeDemoFile(dataDir: string, demo: DemoFile): void {
  const path = join(dataDir, 'demo.json');
  writeFileSync(`${path}.new`, JSON.stringify(demo, undefined, 2), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Says that everything is up, and is not true any more. */
export function removeDemoFile(dataDir: string): void {
  rmSync(join(dataDir, 'demo.json'), { force: true });
}
