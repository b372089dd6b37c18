import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stopChild, tailOf } from '../../infra/embedded/process.ts';
import type { Checkout } from './checkout.ts';
import type { Demo } from './demo.ts';
import { until } from './poll.ts';

/** The whole of `npm start`, in a folder and on ports of its own. */
export interface TestStack {
  demo: Demo;
  dataDir: string;
  /** Of the supervisor, or of the npm above it. */
  pid: number;
  /** Stops it as a person would. Throws when it does not end well within 10 s. */
  stop(): Promise<void>;
}

export interface TestStackOptions {
  args?: string[];
  env?: Record<string, string>;
  /** Kept by the caller from one start to the next; otherwise a new one that goes with the stack. */
  dataDir?: string;
  /** Another one, where `npm start` is typed; its data is where it is by default. */
  checkout?: Checkout;
}

const PROGRAM = ['--disable-warning=ExperimentalWarning', 'infra/embedded/start.ts'];
const PORTS = ['port', 'postgres-port', 'temporal-port', 'temporal-ui-port', 'mqtt-port', 'smpp-port', 'handsets-port'];
/** With the Temporal binary to download and the workflows to bundle. */
const UP_MS = 90_000;
/** Issue 3: Ctrl-C or SIGTERM stops every child within 10 s. */
const DOWN_MS = 10_000;

/** Starts it and waits until its demo.json says that everything is up. */
export async function startStack({
  args = [],
  env = {},
  dataDir,
  checkout,
}: TestStackOptions = {}): Promise<TestStack> {
  const kept = dataDir ?? (checkout && join(checkout.folder, '.campusline'));
  const folder = kept ?? mkdtempSync(join(tmpdir(), 'campusline-stack-'));
  const cleanUp = () => kept ?? rmSync(folder, { recursive: true, force: true });
  const ports = PORTS.map((name) => `--${name}=0`);
  const child = checkout
    ? spawn('npm', ['start', '--', ...ports, ...args], {
        ...checkout.owner,
        ...{ cwd: checkout.folder, stdio: ['ignore', 'pipe', 'pipe'] },
        env: { ...checkout.owner.env, ...env },
      })
    : spawn(process.execPath, [...PROGRAM, ...ports, ...args], {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        env: { ...process.env, ...env, CAMPUSLINE_DATA: folder },
        // The channel ends it when the test run is killed.
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
  const lastLines = tailOf(child);
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  const file = join(folder, 'demo.json');
  try {
    await until('the stack is up', () => existsSync(file) || ended(), UP_MS);
    if (ended()) throw new Error('it ended while starting');
  } catch (error) {
    await stopChild(child, 'SIGTERM', DOWN_MS);
    cleanUp();
    throw new Error(`The stack did not come up:\n${lastLines()}`, { cause: error });
  }
  return {
    demo: JSON.parse(readFileSync(file, 'utf8')) as Demo,
    dataDir: folder,
    pid: child.pid!,
    async stop() {
      if (!ended()) {
        const exit = once(child, 'exit');
        const killer = setTimeout(() => child.kill('SIGKILL'), DOWN_MS);
        child.kill('SIGTERM');
        await exit;
        clearTimeout(killer);
      }
      cleanUp();
      if (child.exitCode !== 0)
        throw new Error(`The stack ended with ${child.exitCode ?? child.signalCode}:\n${lastLines()}`);
    },
  };
}
