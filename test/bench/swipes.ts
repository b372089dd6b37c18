import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { ReaderLink } from '../../activities/reader-run.ts';
import { startNodeChild } from '../../infra/embedded/node-child.ts';
import { startPostgres } from '../../infra/embedded/postgres.ts';
import { swipesFilter } from '../../infra/mqtt/topics.ts';
import { migrate } from '../../infra/postgres/migrate.ts';
import { createPool, LONG_STATEMENT_MS, type Pool } from '../../infra/postgres/pool.ts';
import { createLog } from '../../infra/telemetry/log.ts';
import { choosePort } from '../../infra/embedded/ports.ts';
import { until } from '../support/poll.ts';
import { IDLE_STARTER } from '../../infra/temporal/pending-starter.ts';
import type { BenchResult } from './result.ts';

const SWIPES = 20_000;
/** Issue 4. */
const GOAL_RATIO = 0.4;
const GOAL_PER_SECOND = 3_000;

/**
 * Swipes published → committed, acked and PUBACKed, over mqtt.js with a handler that does nothing receiving the same
 * messages from the same broker. Broker and readers have processes of their own; attendance is started by another
 * part, so nothing is started here.
 */
export async function benchSwipes(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'campusline-bench-'));
  const port = await choosePort(0);
  writeFileSync(
    join(folder, 'accounts.json'),
    JSON.stringify([
      { role: 'platform', username: 'platform', password: 'p' },
      { role: 'fleet', username: 'fleet', password: 'f' },
    ]),
  );
  const broker = await startNodeChild({
    program: 'infra/embedded/broker-main.ts',
    env: { MQTT_PORT: String(port), MQTT_ACCOUNTS: join(folder, 'accounts.json') },
  });
  const readers = await startNodeChild({
    program: 'test/bench/publish-swipes.ts',
    env: { MQTT_URL: `mqtt://fleet:f@127.0.0.1:${port}`, SWIPES: String(SWIPES), BOOTS: 'raw-1,link,raw-2' },
  });
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), port: await choosePort(0) });
  await migrate(postgres.url);
  const pool = createPool({ databaseUrl: postgres.url, name: 'bench', statementMs: LONG_STATEMENT_MS });
  const url = `mqtt://platform:p@127.0.0.1:${port}`;
  try {
    await fill(pool);
    // Before and after: the machine's mood changes.
    const before = await receive(url, () => readers.send({ boot: 'raw-1' }));
    const value = await store(pool, url, () => readers.send({ boot: 'link' }));
    const raw = (before + (await receive(url, () => readers.send({ boot: 'raw-2' })))) / 2;
    const ratio = value / raw;
    return {
      ...{ name: 'swipes-vs-raw-mqtt', value, unit: 'swipes/s', ratio, goal: GOAL_RATIO },
      ...{ against: `mqtt.js, ${Math.round(raw)} messages/s`, ok: ratio >= GOAL_RATIO && value >= GOAL_PER_SECOND },
    };
  } finally {
    await pool.end();
    await postgres.stop();
    await readers.stop();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Messages a second through mqtt.js alone. */
async function receive(url: string, publish: () => void): Promise<number> {
  const client = await mqtt.connectAsync(url, { protocolVersion: 4, clean: false, clientId: 'raw' });
  let received = 0;
  client.on('message', () => received++);
  await client.subscribeAsync(swipesFilter('gansu', '0'), { qos: 1 });
  const begun = performance.now();
  publish();
  await until('all received', () => received === SWIPES, 120_000);
  const seconds = (performance.now() - begun) / 1_000;
  await client.unsubscribeAsync(swipesFilter('gansu', '0'));
  await client.endAsync();
  return SWIPES / seconds;
}

/** Swipes a second through the reader link. */
async function store(pool: Pool, mqttUrl: string, publish: () => void): Promise<number> {
  const deps = { pool, starter: IDLE_STARTER, log: createLog('bench'), mqttUrl };
  const link = new ReaderLink(deps, { tenant: 'gansu', shard: '0' });
  const abort = new AbortController();
  const running = link.run(abort.signal);
  await until('connected', () => link.status.state === 'connected');
  const begun = performance.now();
  publish();
  await until('all committed', () => link.status.received === SWIPES, 120_000);
  const seconds = (performance.now() - begun) / 1_000;
  abort.abort();
  await running;
  const { rows } = await pool.query<{ swipes: number }>('select count(*) as swipes from swipe');
  if (rows[0]!.swipes !== SWIPES) throw new Error(`${rows[0]!.swipes} of ${SWIPES} swipes are in the database`);
  return SWIPES / seconds;
}

async function fill(pool: Pool): Promise<void> {
  await pool.query(`
    insert into school (id, tenant, name, kind) values ('k', 'gansu', '城关小学', 'primary');
    insert into teacher (id, tenant, school_id, name, phone) values ('t', 'gansu', 'k', '李红', '13800000000');
    insert into class (id, tenant, school_id, name, homeroom_teacher_id) values ('c', 'gansu', 'k', '一班', 't');
    insert into household (id, tenant) values ('h', 'gansu');
    insert into student (id, tenant, school_id, class_id, household_id, name)
      select 's' || n, 'gansu', 'k', 'c', 'h', '王小兵' from generate_series(1, 500) n;
    insert into card (school_id, number, student_id) select 'k', 'C' || n, 's' || n from generate_series(1, 500) n;
    insert into reader (device_id, tenant, school_id, shard, key) values ('gate', 'gansu', 'k', '0', 'key');`);
}
