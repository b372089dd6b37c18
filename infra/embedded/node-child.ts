import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stopChild, tailOf } from './process.ts';
import type { LaunchOptions, Running } from './running.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A program of ours that says {ready: true} when it is up, and leaves on SIGTERM or when we are gone. */
export interface NodeChildOptions extends LaunchOptions {
  /** From the repository's root. */
  program: string;
  args?: string[];
  env: Record<string, string | undefined>;
}

/** A worker bundles its workflows first, when they have changed. */
const READY_MS = 60_000;

/**
 * Starts the program on this Node and waits until it is up.
 * @throws Error with its last lines when it ends first, or isn't up within a minute
 */
export async function startNodeChild(
  options: NodeChildOptions,
): Promise<Running & { send: (message: unknown) => void }> {
  const { program, args = [], env, graceMs = 1_000, onSpawn, onLog } = options;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    // A group of its own: Ctrl-C in our terminal must not reach all at once, they stop in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  if (child.pid !== undefined) onSpawn?.(child.pid);
  // A message to one that is ending fails, and its end is told elsewhere.
  child.on('error', () => undefined);
  const lastLines = tailOf(child, onLog);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const ready = new Promise<true>((resolve) =>
    child.on('message', (message) => (message as { ready?: boolean }).ready && resolve(true)),
  );
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), READY_MS)));
  const up = await Promise.race([ready, ended, tooLate]);
  clearTimeout(timer);
  if (!up) {
    const how = child.exitCode === null ? `was not up in ${READY_MS / 1000} s` : `ended with code ${child.exitCode}`;
    await stopChild(child, 'SIGTERM', 1_000);
    throw new Error(`${program} ${how}:\n${lastLines()}`);
  }
  return {
    pid: child.pid!,
    ended,
    lastLines,
    stop: () => stopChild(child, 'SIGTERM', graceMs),
    send: (message) => void child.send(message as object),
  };
}
