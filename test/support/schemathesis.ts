import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const REQUIREMENTS = 'test/fuzz/requirements.txt';
/** Beside the other caches of the dependencies: it goes when they are reinstalled. */
const CACHE = join('node_modules', '.cache', 'campusline');
/** 70 MB of packages: a minute here, more on a slow line. */
const INSTALL_MS = 300_000;

/**
 * Installs what requirements.txt pins, once for each of its versions.
 * @returns the folder of the packages
 * @throws Error with pip's words when it can't
 */
export async function installSchemathesis(): Promise<string> {
  const version = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12);
  const folder = join(CACHE, `schemathesis-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const draft = `${folder}.${process.pid}`;
  const options = ['--quiet', '--disable-pip-version-check', '--no-input', '--target', draft, '-r', REQUIREMENTS];
  try {
    await run('python3', ['-m', 'pip', 'install', ...options], {
      timeout: INSTALL_MS,
      env: { ...process.env, PIP_ROOT_USER_ACTION: 'ignore' },
    });
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`Schemathesis can't be had: ${stderr?.trim() || message}`, { cause: error });
  }
  return folder;
}

/** What a run of it came to. */
export interface Fuzzed {
  failed: boolean;
  /** What it printed: each failure with the request that shows it. */
  report: string;
}

/** Fuzzes an API by its document, as the holder of a bearer token, for `seconds`. */
export async function fuzz(folder: string, url: string, token: string, seconds: number): Promise<Fuzzed> {
  const args = [
    ...['--config-file', resolve('test/fuzz/schemathesis.toml'), 'run', `${url}/api/v1/openapi.json`],
    ...['--header', `Authorization: Bearer ${token}`, '--max-time', String(seconds)],
  ];
  const env = { ...process.env, PYTHONPATH: resolve(folder), NO_COLOR: '1', PYTHONDONTWRITEBYTECODE: '1' };
  // It keeps what it found where it runs.
  const cwd = mkdtempSync(join(tmpdir(), 'campusline-fuzz-'));
  const options = { cwd, env, timeout: (seconds + 60) * 1000, maxBuffer: 16 << 20 };
  try {
    const { stdout } = await run('python3', ['-m', 'schemathesis.cli', ...args], options);
    return { failed: false, report: stdout };
  } catch (error) {
    const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string };
    return { failed: true, report: `${stdout ?? ''}${stderr ?? ''}` || message };
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
