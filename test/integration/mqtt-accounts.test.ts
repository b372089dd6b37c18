import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { choosePort } from '../../infra/embedded/ports.ts';
import { until } from '../support/poll.ts';

const hasMosquitto = spawnSync('mosquitto', ['-h']).error === undefined;

describe('npm run mqtt-accounts', () => {
  let database: TestDatabase;
  let folder: string;
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'scripts/mqtt-accounts.ts', ...args], {
      env: { ...process.env, DATABASE_URL: database.url },
      encoding: 'utf8',
    });
  const passwords = () =>
    new Map(
      readFileSync(join(folder, 'credentials.csv'), 'utf8')
        .split('\n')
        .map((line) => line.split(',') as [string, string]),
    );

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.pool.query(`insert into school (id, tenant, name, kind) values ('s', 'gansu', 's', 'primary')`);
    await database.pool.query(
      `insert into reader (device_id, tenant, school_id, shard, key) values ('r1', 'gansu', 's', '0', 'k'), ('r2', 'gansu', 's', '0', 'k')`,
    );
    folder = mkdtempSync(join(tmpdir(), 'campusline-accounts-'));
    expect(run('--out', folder).stderr).toBe('');
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await database.drop();
  });

  it('keeps the passwords it gave out, and adds readers that came', async () => {
    const before = passwords();
    await database.pool.query(
      `insert into reader (device_id, tenant, school_id, shard, key) values ('r3', 'gansu', 's', '1', 'k')`,
    );
    run('--out', folder);
    const after = passwords();
    for (const name of ['platform', 'r1', 'r2']) expect(after.get(name)).toBe(before.get(name));
    expect(after.get('r3')).toBeDefined();
  });

  it('says what is missing', () => {
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain('--out');
  });

  it.runIf(hasMosquitto)('lets a reader speak on its own topics at Mosquitto, and on no other', async () => {
    const port = await choosePort(0);
    const config = join(folder, 'mosquitto.conf');
    writeFileSync(
      config,
      `listener ${port} 127.0.0.1\nallow_anonymous false\npassword_file ${folder}/passwords\nacl_file ${folder}/acl\n${
        process.getuid?.() === 0 ? 'user root\n' : ''
      }`,
    );
    chmodSync(folder, 0o700);
    const broker = spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
    const ended = once(broker, 'exit');
    const login = (username: string, password = passwords().get(username)!) =>
      mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username, password, protocolVersion: 4 }, false);
    const platform = await until('the platform connects', () => login('platform').catch(() => undefined));
    const heard: string[] = [];
    platform.on('message', (topic) => heard.push(topic));
    await platform.subscribeAsync('campusline/#', { qos: 1 });

    await expect(login('r1', 'wrong')).rejects.toThrow();
    const reader = await login('r1');
    await reader.publishAsync('campusline/gansu/swipes/0/r2', 'forged', { qos: 1 });
    await reader.publishAsync('campusline/gansu/swipes/0/r1', 'own', { qos: 1 });
    await until('its own is heard', () => heard.length > 0);
    expect(heard).toEqual(['campusline/gansu/swipes/0/r1']);

    await Promise.all([reader.endAsync(), platform.endAsync()]);
    broker.kill();
    await ended;
  });
});
