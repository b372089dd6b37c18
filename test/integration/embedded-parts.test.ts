import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseOptions } from '../../infra/embedded/options.ts';
import { choosePort } from '../../infra/embedded/ports.ts';
import { isRunning, refOf } from '../../infra/embedded/process.ts';
import { RunFile } from '../../infra/embedded/run-file.ts';
import { ensureTemporalBinary, startTemporal } from '../../infra/embedded/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/labels.ts';
import { until } from '../support/poll.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'campusline-parts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('ports', () => {
  it.each(['127.0.0.1', '0.0.0.0', '::'])('takes the next one when %s has the wanted one', async (host) => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await choosePort(port)).toBeGreaterThan(port);
    server.close();
  });

  it('takes the wanted one where free, and never gives it twice', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    expect(await choosePort(port)).toBe(port);
    expect(await choosePort(port)).not.toBe(port);
  });

  it('takes any for 0', async () => {
    const [a, b] = [await choosePort(0), await choosePort(0)];
    expect(a).toBeGreaterThan(0);
    expect(b).not.toBe(a);
  });
});

describe('options', () => {
  it.each([
    ['--nonsense', /nonsense/],
    ['--port=x', /--port must be a whole number/],
    ['--mqtt-port=70000', /--mqtt-port must be/],
    ['stray', /stray/],
  ])('%s is refused in words', (arg, words) => {
    expect(() => parseOptions([arg])).toThrow(words);
  });

  it('--no-demo means no morning either', () => {
    expect(parseOptions(['--no-demo', '--port', '0'])).toMatchObject({
      demo: false,
      morning: false,
      ports: { port: 0 },
    });
  });
});

describe('run.json', () => {
  const nobody = () => undefined;

  it('keeps a second start out, and says where the first one is', async () => {
    const first = await RunFile.acquire(folder, nobody);
    first.addresses = { web: 'http://127.0.0.1:8080' };
    await expect(RunFile.acquire(folder, nobody)).rejects.toThrow(/already running[\s\S]*http:\/\/127.0.0.1:8080/);
    await first.release();
    await (await RunFile.acquire(folder, nobody)).release();
  });

  it('stops what a killed one has left, and nothing else that has its number now', async () => {
    const leftOver = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    const innocent = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    await Promise.all([once(leftOver, 'spawn'), once(innocent, 'spawn')]);
    const ref = refOf(leftOver.pid!)!;
    const dead = { pid: 2 ** 22 + 1, start: '1' };
    const children = [
      { ...ref, name: 'left', signal: 'SIGTERM' },
      { pid: innocent.pid!, start: 'another time', name: 'gone', signal: 'SIGTERM' },
    ];
    writeFileSync(join(folder, 'run.json'), JSON.stringify({ supervisor: dead, addresses: {}, children }));
    const run = await RunFile.acquire(folder, nobody);
    await until('it has ended', () => !isRunning(ref));
    expect(refOf(innocent.pid!)).toBeDefined();
    innocent.kill('SIGKILL');
    await run.release();
  });

  it('gets over one that a crash cut short', async () => {
    writeFileSync(join(folder, 'run.json'), '{"supervisor":');
    const run = await RunFile.acquire(folder, nobody);
    expect(JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'))).toMatchObject({
      supervisor: { pid: process.pid },
    });
    await run.release();
  });
});

describe('the embedded Temporal', () => {
  it('has a UI and our search attributes, and keeps them over a restart', async () => {
    const binary = await ensureTemporalBinary();
    for (let start = 0; start < 2; start++) {
      const temporal = await startTemporal({
        ...{ binary, dataDir: folder, namespace: 'default' },
        ...{ port: await choosePort(0), uiPort: await choosePort(0) },
      });
      try {
        expect((await fetch(temporal.ui)).status).toBe(200);
        const connection = await Connection.connect({ address: temporal.address });
        const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'default' });
        expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining([...SEARCH_ATTRIBUTES]));
        await connection.close();
      } finally {
        await temporal.stop();
      }
    }
  });
});
