import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRunning, type ProcessRef } from '../../infra/embedded/process.ts';
import { until } from '../support/poll.ts';
import { startStack } from '../support/stack.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs `npm start`'s program to its end. */
function start(args: string[], env: Record<string, string>) {
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'infra/embedded/start.ts', ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: 'utf8',
    timeout: 20_000,
  });
}

describe('npm start', { timeout: 180_000 }, () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'campusline-lifecycle-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  /** Every process the supervisor started, as its run file names them. */
  const children = () =>
    (JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as { children: ProcessRef[] }).children;

  it('keeps its data, refuses a second start beside it, and leaves nothing running', async () => {
    const first = await startStack({ dataDir, args: ['--no-morning'] });
    const started = children();
    expect(started.length).toBeGreaterThanOrEqual(6);
    const second = start([], { CAMPUSLINE_DATA: dataDir });
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(first.demo.api);
    await first.stop();
    expect(started.filter(isRunning)).toEqual([]);

    const again = await startStack({ dataDir, args: ['--no-morning'] });
    expect(again.demo.customerService.token).toBe(first.demo.customerService.token);
    await again.stop();
  });

  it('starts again after kill -9, with nothing left of the one before', async () => {
    const first = await startStack({ dataDir, args: ['--no-morning'] });
    const started = children();
    process.kill(first.pid, 'SIGKILL');
    await until('the first one gone', () => started.every((child) => !isRunning(child)));
    expect(existsSync(join(dataDir, 'demo.json'))).toBe(false);
    const again = await startStack({ dataDir, args: ['--no-morning'] });
    await again.stop();
  });

  it('names every fault of a wrong environment at once', () => {
    const { status, stderr } = start([], {
      CAMPUSLINE_DATA: dataDir,
      DATABASE_URL: 'mysql://x',
      SMPP_URL: 'smpp://nobody',
      PORT: 'eighty',
      CAMPUSLINE_SMS_RATE: '-1',
      CAMPUSLINE_CARRIER: 'telegraph',
    });
    expect(status).toBe(1);
    for (const name of ['DATABASE_URL', 'SMPP_URL', 'PORT', 'CAMPUSLINE_SMS_RATE', 'CAMPUSLINE_CARRIER'])
      expect(stderr).toContain(name);
  });

  it('tells its options, and refuses others', () => {
    expect(start(['--help'], {}).stdout).toContain('--fresh');
    const wrong = start(['--frehs'], { CAMPUSLINE_DATA: dataDir });
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain('--frehs');
  });
});
