import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { stopChild, tailOf } from './process.ts';
import type { LaunchOptions, Running } from './running.ts';
import { ConfigError } from '../config.ts';
import { ensureSearchAttributes } from '../temporal/search-attributes.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/labels.ts';

export { ensureTemporalBinary, ensureTemporalTestServer } from './binaries.ts';

/** A running Temporal dev server of our own. */
export interface EmbeddedTemporal extends Running {
  address: string;
  /** Whole URL of the web UI. */
  ui: string;
}

/** Where and how it runs. */
export interface EmbeddedTemporalOptions extends LaunchOptions {
  /** Path of the Temporal CLI. */
  binary: string;
  /** Folder of the file it persists to. */
  dataDir: string;
  port: number;
  uiPort: number;
  namespace: string;
}

/**
 * Starts the dev server on loopback, persisted to a file in `dataDir`, and waits until the namespace answers and has
 * our search attributes.
 * @throws Error with the server's own words when it does not come up within 30 s
 */
export async function startTemporal(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  const { binary, dataDir, port, uiPort, namespace, onSpawn, onLog, graceMs = 5_000 } = options;
  // The server makes its file readable by all, and the file holds every workflow's history: nobody else may get there.
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  chmodSync(dataDir, 0o700);
  const file = join(dataDir, 'temporal.db');
  // Those of an earlier version; SQLite gives new -wal and -shm files the mode of the file they belong to.
  for (const path of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(path)) chmodSync(path, 0o600);
  const args = [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
    ...['--db-filename', file, '--namespace', namespace],
    // A write-ahead log costs nothing and keeps readers off the writer (architecture §5). Written out at checkpoints, not
    // at each commit, it still survives any kill of the process, and takes half the time (31 → 60 workflows/s, loaded).
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'],
    // Task order by priority is on; fairness between schools has to be asked for.
    ...['--dynamic-config-value', 'matching.enableFairness=true'],
    // Nothing here may leave the machine.
    '--ui-disable-news-fetch',
    ...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
  ];
  // A group of its own: Ctrl-C in our terminal must not reach it before those that use it.
  const umask = process.umask(0o077);
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  process.umask(umask);
  if (child.pid !== undefined) onSpawn?.(child.pid);
  const lastLines = tailOf(child, onLog);
  let ending: string | undefined;
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => resolve(void (ending = error.message)));
    child.once('close', () => resolve(void (ending ??= lastLines())));
  });

  const address = `127.0.0.1:${port}`;
  await prepareNamespace(address, namespace, () => ending !== undefined).catch(async (error: unknown) => {
    await stopChild(child, 'SIGTERM', 1_000);
    throw new Error(`Temporal did not come up:\n${ending ?? lastLines()}`, { cause: error });
  });
  return {
    address,
    ui: `http://127.0.0.1:${uiPort}`,
    pid: child.pid!,
    ended,
    lastLines,
    stop: () => stopChild(child, 'SIGTERM', graceMs),
  };
}

/**
 * Waits until the namespace answers (30 s at most) and registers the search attributes it lacks: a server of the
 * user's own may know none of them.
 * @param hasEnded no use in waiting on when true
 */
export async function prepareNamespace(
  address: string,
  namespace: string,
  hasEnded: () => boolean = () => false,
): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 1_000 });
      try {
        await connection.workflowService.describeNamespace({ namespace });
        await ensureSearchAttributes(connection, namespace);
        return;
      } finally {
        await connection.close();
      }
    } catch (error) {
      if (hasEnded()) throw new Error('it ended while starting', { cause: error });
      if (error instanceof ConfigError) throw error;
      if (Date.now() > deadline)
        throw new Error(`Temporal at ${address} does not answer for namespace ${namespace}`, { cause: error });
      await delay(50);
    }
  }
}
