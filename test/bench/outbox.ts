import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import smpp from 'smpp';
import { startNodeChild } from '../../infra/embedded/node-child.ts';
import { startPostgres } from '../../infra/embedded/postgres.ts';
import { migrate } from '../../infra/postgres/migrate.ts';
import { enqueueSms } from '../../infra/postgres/outbox.ts';
import { createPool, LONG_STATEMENT_MS, type Pool } from '../../infra/postgres/pool.ts';
import { runLink } from '../support/carrier-link.ts';
import { choosePort } from '../../infra/embedded/ports.ts';
import { until } from '../support/poll.ts';
import type { BenchResult } from './result.ts';

const TEXTS = 60_000;
const RAW_TEXTS = 30_000;
const WINDOW = 100;
/** Issue 4. */
const GOAL = 0.6;
const SYSTEM = { systemId: 'campusline', password: 'campus' };
const BODY = '您的孩子王小兵已于07:31到校。';

/**
 * Texts in the outbox → ACCEPTED and committed, over npm `smpp` submitting the same text as fast as it can: both at
 * window 100 with setNoDelay, against the same simulator in a process of its own, which sends receipts to both.
 */
export async function benchOutbox(): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'campusline-bench-'));
  const smsc = { host: '127.0.0.1', port: await choosePort(0) };
  const simulator = await startNodeChild({
    program: 'infra/embedded/smsc/main.ts',
    env: { SMSC_PORT: String(smsc.port), SMSC_HTTP_PORT: String(await choosePort(0)) },
  });
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), port: await choosePort(0) });
  await migrate(postgres.url);
  const pool = createPool({ databaseUrl: postgres.url, name: 'bench', statementMs: LONG_STATEMENT_MS });
  try {
    // Before and after: the machine's mood changes.
    const before = await rawSmpp(smsc, RAW_TEXTS);
    await fill(pool);
    const value = await drain(pool, smsc);
    const raw = (before + (await rawSmpp(smsc, RAW_TEXTS))) / 2;
    const ratio = value / raw;
    return {
      ...{ name: 'outbox-vs-raw-smpp', value, unit: 'texts/s', against: `raw smpp, ${Math.round(raw)} submits/s` },
      ...{ ratio, goal: GOAL, ok: ratio >= GOAL },
    };
  } finally {
    await pool.end();
    await postgres.stop();
    await simulator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** To subscribed guardians, so that what is asked when a text leaves costs what it costs. */
async function fill(pool: Pool): Promise<void> {
  await pool.query(
    `insert into household (id, tenant) select 'h' || n, 'gansu' from generate_series(0, ${TEXTS - 1}) n;
    insert into guardian (id, tenant, household_id, name, phone)
      select 'g' || n, 'gansu', 'h' || n, '家长', (13900000000 + n)::text from generate_series(0, ${TEXTS - 1}) n;
    insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
      select 'gansu', 'h' || n, 'g' || n, 'home-school', '{home-school}', 'active', now()
      from generate_series(0, ${TEXTS - 1}) n`,
  );
  for (let first = 0; first < TEXTS; first += 5_000) {
    await enqueueSms(
      pool,
      Array.from({ length: 5_000 }, (_, i) => ({
        origin: `bench/${first + i}`,
        tenant: 'gansu',
        workflowId: 'bench',
        kind: 'class-message' as const,
        phone: String(13_900_000_000 + first + i),
        guardianId: `g${first + i}`,
        source: '10657099',
        body: BODY,
      })),
    );
  }
}

/** Texts a second from the link's start until all are recorded ACCEPTED. */
async function drain(pool: Pool, smsc: { host: string; port: number }): Promise<number> {
  const start = performance.now();
  const link = runLink({ pool, smsc, options: { smpp: { window: WINDOW } } });
  const recorded = async () => {
    const { rows } = await pool.query<{ all: boolean }>(
      `select count(*) = $1 as all from sms_part where state = 'ACCEPTED'`,
      [TEXTS],
    );
    return rows[0]!.all;
  };
  await until('queue empty', async () => (await pool.query('select from sms_queue limit 1')).rowCount === 0, 120_000);
  await until('all accepted', recorded, 120_000);
  const seconds = (performance.now() - start) / 1_000;
  await link.stop();
  return TEXTS / seconds;
}

/** Submits a second of npm `smpp`, no database behind it. */
async function rawSmpp(smsc: { host: string; port: number }, texts: number): Promise<number> {
  const session = smpp.connect(smsc);
  session.socket.setNoDelay(true);
  session.on('deliver_sm', (pdu) => session.send(pdu.response()));
  await new Promise<void>((resolve, reject) => {
    session.on('error', reject);
    session.bind_transceiver({ system_id: SYSTEM.systemId, password: SYSTEM.password }, () => resolve());
  });
  const start = performance.now();
  await new Promise<void>((resolve) => {
    let sent = 0;
    let answered = 0;
    const submit = () => {
      if (sent === texts) return;
      const destination = String(13_900_000_000 + sent++);
      session.submit_sm(
        { source_addr: '10657099', destination_addr: destination, short_message: BODY, registered_delivery: 1 },
        () => {
          answered += 1;
          if (answered === texts) resolve();
          else submit();
        },
      );
    };
    for (let i = 0; i < WINDOW; i++) submit();
  });
  const seconds = (performance.now() - start) / 1_000;
  session.destroy();
  return texts / seconds;
}
