import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { localTemporal } from '../support/temporal.ts';

const MAIN = fileURLToPath(new URL('../../api/main.ts', import.meta.url));

/** The process with its own environment alone, and what it wrote to stderr. */
function start(env: Record<string, string>): { child: ChildProcess; stderr: () => string } {
  let stderr = '';
  const child = fork(MAIN, {
    env: { PATH: process.env['PATH'], ...env },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  child.stderr!.on('data', (data: Buffer) => (stderr += data.toString()));
  return { child, stderr: () => stderr };
}

describe('the API process', () => {
  let db: TestDatabase;
  let environment: TestWorkflowEnvironment;
  beforeAll(async () => {
    db = await createTestDatabase();
    environment = await localTemporal();
  });
  afterAll(async () => {
    await environment?.teardown();
    await db?.drop();
  });

  it('names every fault of its environment in one message and exits with 1', async () => {
    const { child, stderr } = start({ TEMPORAL_ADDRESS: 'nowhere', PORT: 'many', CAMPUSLINE_CARRIER: 'pigeon' });
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(1);
    for (const fault of ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'PORT', 'CAMPUSLINE_CARRIER'])
      expect(stderr()).toContain(fault);
    expect(stderr()).not.toMatch(/ at .*\.ts:/);
  });

  it.each<[string, (child: ChildProcess) => void]>([
    ['SIGTERM', (child) => void child.kill('SIGTERM')],
    ['its parent being gone', (child) => child.disconnect()],
  ])('says when and where it listens, serves the pages, and stops within 3 s at %s', async (_why, stop) => {
    const { child } = start({ DATABASE_URL: db.url, TEMPORAL_ADDRESS: environment.address, PORT: '0' });
    const [message] = (await once(child, 'message')) as [{ ready: boolean; url: string }];
    expect(message.ready).toBe(true);
    expect((await fetch(`${message.url}/readyz`)).status).toBe(200);
    const page = await fetch(message.url);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await page.text()).toContain('校讯通');

    const asked = Date.now();
    stop(child);
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    expect(Date.now() - asked).toBeLessThan(3_000);
  });
});
