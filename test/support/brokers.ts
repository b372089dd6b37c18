import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBroker } from '../../infra/embedded/broker.ts';
import { choosePort } from '../../infra/embedded/ports.ts';
import { listeners } from '../../infra/mqtt/mosquitto-accounts.ts';
import { createTestDatabase } from './database.ts';
import { until } from './poll.ts';
import { addGate, GATES } from './reader.ts';
import { addSchool } from './school.ts';

/** A broker of a test's own, with a login for the platform and one for each reader of addGate. */
export interface TestBroker {
  /** For the platform's links. */
  platformUrl: string;
  /** For a reader: it may do what is its own and no more. */
  readerUrl(deviceId: string): string;
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
      ...GATES.map(({ deviceId, tenant, shard }) => ({
        ...{ role: 'reader' as const, username: deviceId, password: `of ${deviceId}` },
        ...{ tenant, shard },
      })),
    ],
  });
  const url = (username: string, password: string) =>
    `mqtt://${username}:${encodeURIComponent(password)}@127.0.0.1:${port}`;
  return {
    platformUrl: url('platform', 'p'),
    readerUrl: (deviceId) => url(deviceId, `of ${deviceId}`),
    close: () => broker.close(),
  };
}

async function mosquitto(): Promise<TestBroker> {
  const files = await accountFiles();
  const [readers, platform] = [await choosePort(0), await choosePort(0)];
  const folder = mkdtempSync(join(tmpdir(), 'campusline-mosquitto-'));
  const file = join(folder, 'mosquitto.conf');
  writeFileSync(file, `${mosquittoConfig({ readers, platform }, files)}persistence false\n`);
  const child = spawn('mosquitto', ['-c', file], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await until('Mosquitto listens', async () => (await answers(readers)) && answers(platform));
  const passwords = credentialsIn(files);
  const url = (username: string, port: number) => `mqtt://${username}:${passwords.get(username)}@127.0.0.1:${port}`;
  return {
    platformUrl: url('platform', platform),
    readerUrl: (deviceId) => url(deviceId, readers),
    async close() {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** As production runs it, by the file that mqtt-accounts writes, on ports of the test's own. */
export function mosquittoConfig(ports: { readers: number; platform: number }, folder: string): string {
  const at = (port: number) => `${port} 127.0.0.1`;
  // Started by root it would drop its rights, and may not read files that are another's.
  const user = process.getuid?.() === 0 ? 'user root\n' : '';
  return `${listeners({ readers: at(ports.readers), platform: at(ports.platform), folder })}\n${user}`;
}

/** Runs `npm run -s mqtt-accounts` over the readers of a database. */
export function runMqttAccounts(databaseUrl: string, ...args: string[]) {
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'scripts/mqtt-accounts.ts', ...args], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    encoding: 'utf8',
  });
}

/** Passwords by user name, as they are typed into the readers. */
export function credentialsIn(files: string): Map<string, string> {
  const lines = readFileSync(join(files, 'credentials.csv'), 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => line.split(',') as [string, string]));
}

let accounts: Promise<string> | undefined;

/** The files of mqtt-accounts for the readers of addGate, made once a test file: they name no database. */
function accountFiles(): Promise<string> {
  accounts ??= (async () => {
    const files = mkdtempSync(join(tmpdir(), 'campusline-accounts-'));
    process.once('exit', () => rmSync(files, { recursive: true, force: true }));
    const database = await createTestDatabase();
    try {
      await addSchool(database.pool);
      await addGate(database.pool);
      const { status, stderr } = runMqttAccounts(database.url, '--out', files);
      if (status !== 0) throw new Error(`mqtt-accounts: ${stderr}`);
    } finally {
      await database.drop();
    }
    return files;
  })();
  return accounts;
}

export function hasMosquitto(): boolean {
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
