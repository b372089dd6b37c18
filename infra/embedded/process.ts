import { spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** One process for certain: numbers are used again, a number with its start is not. */
export interface ProcessRef {
  pid: number;
  start: string;
}

/** Names a running process; undefined when there is none, or only its unreaped remains. */
export function refOf(pid: number): ProcessRef | undefined {
  const start = process.platform === 'linux' ? startInProc(pid) : words(['-o', 'lstart=', '-p', String(pid)]);
  return start ? { pid, start } : undefined;
}

/** Whether that very process still runs. */
export function isRunning({ pid, start }: ProcessRef): boolean {
  return refOf(pid)?.start === start;
}

/** The command line of a process, empty when there is none. */
export function commandOf(pid: number): string {
  if (process.platform !== 'linux') return words(['-o', 'command=', '-p', String(pid)]);
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** The working folder of a process (Linux), undefined when it has ended. */
export function folderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

// Minimal containers have /proc but no ps.
function startInProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // proc(5): the fields after the command's closing bracket; state is the 3rd, start time the 22nd of all.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

function words(args: string[]): string {
  return spawnSync('ps', args, { encoding: 'utf8' }).stdout?.trim() ?? '';
}

/** Asks a child to stop, and kills it when it has not within `graceMs`. Resolves when it has ended. */
export async function stopChild(child: ChildProcess, signal: NodeJS.Signals, graceMs: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const killer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(killer);
}

/** Stops processes that are nobody's child here: each by its signal, after `graceMs` by SIGKILL. */
export async function stopAll(
  processes: readonly (ProcessRef & { signal: NodeJS.Signals })[],
  graceMs: number,
): Promise<void> {
  for (const each of processes) signalIfRunning(each, each.signal);
  const deadline = Date.now() + graceMs;
  while (processes.some(isRunning) && Date.now() < deadline) await delay(50);
  for (const each of processes) signalIfRunning(each, 'SIGKILL');
  while (processes.some(isRunning) && Date.now() < deadline + 2_000) await delay(20);
}

function signalIfRunning(ref: ProcessRef, signal: NodeJS.Signals): void {
  if (!isRunning(ref)) return;
  try {
    process.kill(ref.pid, signal);
  } catch (error) {
    // It ended between the two lines.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Reads what a child prints.
 * @param onLine each line
 * @returns its last 20 lines, for an error
 */
export function tailOf(child: ChildProcess, onLine: (line: string) => void = () => undefined): () => string {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > 20) lines.shift();
      onLine(line);
    });
  }
  return () => lines.join('\n');
}
