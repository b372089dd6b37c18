import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, refOf, stopAll, type ProcessRef } from './process.ts';

/** A process of ours, and how it is asked to leave. */
export type ChildRef = ProcessRef & { name: string; signal: NodeJS.Signals };

interface RunRecord {
  supervisor: ProcessRef;
  /** For whoever starts a second one. */
  addresses: Record<string, string>;
  children: ChildRef[];
}

/** The data folder is in use by another start. */
export class AlreadyRunningError extends Error {
  override name = 'AlreadyRunningError';
}

/**
 * `run.json` of a data folder: who runs on it, so that no two do, and what it has started, so that nothing outlives a
 * kill -9 of it.
 */
export class RunFile {
  readonly #path: string;
  readonly #record: RunRecord;
  readonly #onChange: (children: ChildRef[]) => void;

  private constructor(path: string, record: RunRecord, onChange: (children: ChildRef[]) => void) {
    this.#path = path;
    this.#record = record;
    this.#onChange = onChange;
  }

  /**
   * Takes the data folder for this process, after stopping what a killed one has left.
   * @param onChange told all children whenever one comes or goes
   * @throws AlreadyRunningError naming the other's addresses
   */
  static async acquire(dataDir: string, onChange: (children: ChildRef[]) => void): Promise<RunFile> {
    mkdirSync(dataDir, { recursive: true });
    const path = join(dataDir, 'run.json');
    const record: RunRecord = { supervisor: refOf(process.pid)!, addresses: {}, children: [] };
    while (!createNew(path, JSON.stringify(record))) {
      const other = read(path);
      if (other && isRunning(other.supervisor)) throw new AlreadyRunningError(wordsAbout(dataDir, other));
      if (other) await stopAll(other.children, LEAVING_MS);
      rmSync(path, { force: true });
    }
    return new RunFile(path, record, onChange);
  }

  set addresses(addresses: Record<string, string>) {
    this.#record.addresses = addresses;
    this.#write();
  }

  add(name: string, pid: number, signal: NodeJS.Signals): void {
    const ref = refOf(pid);
    if (!ref) return;
    this.#record.children = [...this.#record.children.filter(isRunning), { name, signal, ...ref }];
    this.#write();
    this.#onChange(this.#record.children);
  }

  /** Stops what was still on its way up, and leaves the data folder to the next. */
  async release(): Promise<void> {
    await stopAll(this.#record.children, 1_000);
    rmSync(this.#path, { force: true });
  }

  #write(): void {
    writeFileSync(`${this.#path}.new`, JSON.stringify(this.#record, undefined, 2), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}

/** Node children leave by themselves when their parent is gone; a worker drains first. */
export const LEAVING_MS = 5_000;

function createNew(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Undefined when it is gone or was cut short by a crash. */
function read(path: string): RunRecord | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as RunRecord;
  } catch {
    return undefined;
  }
}

function wordsAbout(dataDir: string, { supervisor, addresses }: RunRecord): string {
  const lines = Object.entries(addresses).map(([name, address]) => `  ${name.padEnd(10)} ${address}`);
  return [
    `Campusline is already running on ${dataDir} (process ${supervisor.pid}).`,
    ...(lines.length > 0 ? lines : ['  (it is still starting)']),
    'Stop it first, or set CAMPUSLINE_DATA to another folder.',
  ].join('\n');
}
