import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBroker } from '../../infra/embedded/broker.ts';
import { choosePort } from '../../infra/embedded/ports.ts';
import { until } from './poll.ts';

/** A broker of a test's own; `url` is for anyone who may do everything the test needs. */
export interface TestBroker {
  /** For the platform's links. */
  platformUrl: string;
  /** For readers: may publish for any of them. */
  readersUrl: string;
  close(): Promise<void>;
}

/** The brokers the reader link must work with: ours, and Mosquitto where it is installed (CI installs it). */
export const BROKERS: [string, () => Promise<TestBroker>][] = [
  ['the embedded broker', embedded],
  ...(hasMosquitto() ? ([['Mosquitto', mosquitto]] as [string, () => Promise<TestBroker>][]) : []),
];

async function embedded(): Promise<TestBroker> {
  const port = await choosePort(0);
  const broker = await startBroker({
    port,
    accounts: [
      { role: 'platform', username: 'platform', password: 'p' },
      { role: 'fleet', username: 'fleet', password: 'f' },
    ],
  });
  return {
    platformUrl: `mqtt://platform:p@127.0.0.1:${port}`,
    readersUrl: `mqtt://fleet:f@127.0.0.1:${port}`,
    close: () => broker.close(),
  };
}

async function mosquitto(): Promise<TestBroker> {
  const port = await choosePort(0);
  const folder = mkdtempSync(join(tmpdir(), 'campusline-mosquitto-'));
  const file = join(folder, 'mosquitto.conf');
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
  const child = spawn('mosquitto', ['-c', file], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await until('Mosquitto listens', () => answers(port));
  const url = `mqtt://127.0.0.1:${port}`;
  return {
    platformUrl: url,
    readersUrl: url,
    async close() {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

function hasMosquitto(): boolean {
  return spawnSync('mosquitto', ['-h']).error === undefined;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
