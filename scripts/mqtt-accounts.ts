/**
 * `DATABASE_URL=… npm run -s mqtt-accounts -- --out FOLDER`: logins of the platform and of every registered reader for
 * Mosquitto: for each of both a password file and an ACL, `campusline.conf`, which names them, and `credentials.csv`, what
 * is typed into each reader. Run again after a school has joined: who has a password in credentials.csv keeps it.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCarriers } from '../infra/carriers.ts';
import { readConfig } from '../infra/config.ts';
import { aclFile, listeners, passwordFile, type BrokerLogin } from '../infra/mqtt/mosquitto-accounts.ts';
import { createPool } from '../infra/postgres/pool.ts';
import { readOptions } from './options.ts';

const USAGE = 'DATABASE_URL=postgres://… npm run -s mqtt-accounts -- --out FOLDER';
const PLATFORM = 'platform';
/** Where the files are installed; the platform is on the broker's machine or reaches its port by a tunnel. */
const INSTALLED = { readers: '1883', platform: '1884 127.0.0.1', folder: '/etc/mosquitto' };

try {
  const { out } = readOptions(USAGE, { out: { type: 'string' } });
  if (!out) throw new Error(`--out FOLDER is missing: where the files go\n${USAGE}`);
  const config = readConfig(process.env, { carriers: loadCarriers().names, required: ['DATABASE_URL'] });
  const logins = await loginsOf(config.databaseUrl!, passwordsIn(join(out, 'credentials.csv')));
  mkdirSync(out, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string) => writeFileSync(join(out, name), text, { mode: 0o600 });
  for (const [whose, own] of [
    ['platform', logins.filter(({ role }) => role === 'platform')],
    ['readers', logins.filter(({ role }) => role === 'reader')],
  ] as const) {
    write(`${whose}-passwords`, passwordFile(own));
    write(`${whose}-acl`, aclFile(own));
  }
  write('campusline.conf', listeners(INSTALLED));
  write('credentials.csv', logins.map(({ username, password }) => `${username},${password}\n`).join(''));
  console.log(`${logins.length} logins in ${out}: the platform's (for MQTT_URL) and ${logins.length - 1} readers'.`);
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}

async function loginsOf(databaseUrl: string, passwords: ReadonlyMap<string, string>): Promise<BrokerLogin[]> {
  const pool = createPool({ databaseUrl, max: 1, name: 'mqtt-accounts' });
  try {
    const { rows } = await pool.query<{ username: string; tenant: string; shard: string }>(
      'select device_id as username, tenant, shard from reader order by device_id',
    );
    const passwordOf = (username: string) => passwords.get(username) ?? randomBytes(15).toString('base64url');
    return [
      { role: 'platform', username: PLATFORM, password: passwordOf(PLATFORM) },
      ...rows.map((reader) => ({ role: 'reader' as const, ...reader, password: passwordOf(reader.username) })),
    ];
  } finally {
    await pool.end();
  }
}

/** Passwords given out by an earlier run, by user name. */
function passwordsIn(file: string): Map<string, string> {
  if (!existsSync(file)) return new Map();
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => line.split(',') as [string, string]));
}
