import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { choosePort } from '../../infra/embedded/ports.ts';
import { credentialsIn, hasMosquitto, mosquittoConfig, runMqttAccounts } from '../support/brokers.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';

describe('npm run mqtt-accounts', () => {
  let database: TestDatabase;
  let folder: string;
  const run = (...args: string[]) => runMqttAccounts(database.url, ...args);
  const passwords = () => credentialsIn(folder);

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

  it.runIf(hasMosquitto())('lets a reader speak on its own topics at Mosquitto, and on no other', async () => {
    const ports = { readers: await choosePort(0), platform: await choosePort(0) };
    const config = join(folder, 'mosquitto.conf');
    writeFileSync(config, mosquittoConfig(ports, folder));
    chmodSync(folder, 0o700);
    const broker = spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
    const ended = once(broker, 'exit');
    const login = (username: string, password = passwords().get(username)!) => {
      const port = username === 'platform' ? ports.platform : ports.readers;
      return mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username, password, protocolVersion: 4 }, false);
    };
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

    // A school has joined: the files are written anew, and a SIGHUP is all it takes.
    await database.pool.query(
      `insert into reader (device_id, tenant, school_id, shard, key) values ('r4', 'gansu', 's', '0', 'k')`,
    );
    run('--out', folder);
    await expect(login('r4')).rejects.toThrow();
    broker.kill('SIGHUP');
    const joined = await until('it may connect', () => login('r4').catch(() => undefined));
    await joined.publishAsync('campusline/gansu/swipes/0/r4', 'own', { qos: 1 });
    await until('it is heard', () => heard.includes('campusline/gansu/swipes/0/r4'));
    await joined.endAsync();

    await Promise.all([reader.endAsync(), platform.endAsync()]);
    broker.kill();
    await ended;
  });
});
