/**
 * The parts as processes of their own, each of which can be killed, frozen and started again: Postgres, the Temporal dev
 * server, the broker, the SMSC simulator, workers by role. Nothing of the product runs in the test's own process.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCarriers } from '../../infra/carriers.ts';
import type { BrokerAccount } from '../../infra/embedded/broker.ts';
import { startNodeChild } from '../../infra/embedded/node-child.ts';
import { choosePort } from '../../infra/embedded/ports.ts';
import { postgresUrl } from '../../infra/embedded/postgres-login.ts';
import { startPostgres } from '../../infra/embedded/postgres.ts';
import type { Running } from '../../infra/embedded/running.ts';
import { ensureTemporalBinary, startTemporal } from '../../infra/embedded/temporal.ts';
import { migrate } from '../../infra/postgres/migrate.ts';
import { createPool, LONG_STATEMENT_MS, type Pool } from '../../infra/postgres/pool.ts';
import { connectTemporal } from '../../infra/temporal/client.ts';
import { readerLinkStatus } from '../../workflows/contracts.ts';
import { readerLinkId, type Role } from '../../workflows/ids.ts';
import { until } from './poll.ts';
import { SmscRemote } from './smsc-remote.ts';

export interface RigOptions {
  /** Accounts of the broker beside the platform's. */
  accounts?: readonly BrokerAccount[];
  /** Loads what the tests need, before any worker runs. */
  load?: (pool: Pool) => Promise<void>;
  /** Which workers to start with (default: one of each role). */
  workers?: readonly Role[][];
  /** Of every carrier link, segments a second. */
  smsRate?: number;
  /** Postgres on a file system of its own with so many MB, for a disk that can be full. Needs root on Linux. */
  diskMb?: number;
  settings?: Record<string, string>;
}

/** A process that can go and come back. */
export class RigPart {
  readonly name: string;
  readonly #launch: () => Promise<Running>;
  #running: Running | undefined;

  constructor(name: string, launch: () => Promise<Running>) {
    this.name = name;
    this.#launch = launch;
  }

  get isUp(): boolean {
    return this.#running !== undefined;
  }

  get pid(): number {
    if (!this.#running) throw new Error(`${this.name} is not running`);
    return this.#running.pid;
  }

  async start(): Promise<void> {
    const running = await this.#launch();
    this.#running = running;
    void running.ended.then(() => {
      if (this.#running === running) this.#running = undefined;
    });
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** kill -9, or another signal; resolves when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.signal(signal);
    await running.ended;
    this.#running = undefined;
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }
}

/** With other ports each time. */
const START_TRIES = 3;
const PLATFORM = { username: 'platform', password: 'platform' };
/** SIGTERM to SIGKILL: more than a worker's own drain. */
const GRACE_MS = 9_000;

export class Rig {
  readonly postgres: RigPart;
  readonly temporal: RigPart;
  readonly broker: RigPart;
  readonly simulator: RigPart;
  readonly smsc: SmscRemote;
  readonly pool: Pool;
  /** For clients of the test's own, with their credentials beside. */
  readonly mqttUrl: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly #folder: string;
  /** What its workers and API are told: where everything is. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #workers: RigPart[] = [];
  #disk: string | undefined;
  #died: string[] = [];

  /** Brings everything up. Throws an Error with the words of the part that does not. */
  static async start(options: RigOptions = {}): Promise<Rig> {
    for (let tries = 1; ; tries++) {
      const ports = { postgres: 0, temporal: 0, ui: 0, mqtt: 0, smpp: 0, http: 0 };
      for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await choosePort(0);
      const rig = new Rig(options, ports, await ensureTemporalBinary());
      try {
        await rig.#bringUp(options);
        return rig;
      } catch (error) {
        await rig.stop();
        // A part keeps its port over its restarts, so it is chosen before; until then any connection may get it.
        if (tries === START_TRIES || !/address already in use/i.test((error as Error).message)) throw error;
      }
    }
  }

  private constructor(
    { accounts = [], smsRate, diskMb, settings }: RigOptions,
    ports: Record<'postgres' | 'temporal' | 'ui' | 'mqtt' | 'smpp' | 'http', number>,
    binary: string,
  ) {
    const folder = (this.#folder = mkdtempSync(join(tmpdir(), 'campusline-rig-')));
    const dataDir = diskMb === undefined ? join(folder, 'postgres') : join(this.#mountDisk(diskMb), 'postgres');
    const accountsFile = join(folder, 'accounts.json');
    writeFileSync(accountsFile, JSON.stringify([{ role: 'platform', ...PLATFORM }, ...accounts]));

    this.databaseUrl = postgresUrl(dataDir, ports.postgres);
    this.temporalAddress = `127.0.0.1:${ports.temporal}`;
    this.mqttUrl = `mqtt://127.0.0.1:${ports.mqtt}`;
    this.environment = {
      DATABASE_URL: this.databaseUrl,
      TEMPORAL_ADDRESS: this.temporalAddress,
      MQTT_URL: `mqtt://${PLATFORM.username}:${PLATFORM.password}@127.0.0.1:${ports.mqtt}`,
      SMPP_URL: `smpp://campusline:campus@127.0.0.1:${ports.smpp}`,
      CAMPUSLINE_DATA: folder,
      ...(smsRate === undefined ? {} : { CAMPUSLINE_SMS_RATE: String(smsRate) }),
    };
    // Processes die here, the machine does not: what the kernel has is safe.
    const quick = { fsync: 'off', max_connections: '200', ...settings };
    this.postgres = new RigPart('postgres', () => startPostgres({ dataDir, port: ports.postgres, settings: quick }));
    this.temporal = new RigPart('temporal', () =>
      startTemporal({
        ...{ binary, namespace: 'default', dataDir: join(folder, 'temporal') },
        ...{ port: ports.temporal, uiPort: ports.ui },
      }),
    );
    this.broker = this.#node('broker', 'infra/embedded/broker-main.ts', {
      MQTT_PORT: String(ports.mqtt),
      MQTT_ACCOUNTS: accountsFile,
    });
    this.simulator = this.#node('simulator', 'infra/embedded/smsc/main.ts', {
      SMSC_PORT: String(ports.smpp),
      SMSC_HTTP_PORT: String(ports.http),
      SMSC_DATA: join(folder, 'simulator'),
    });
    this.smsc = new SmscRemote(`http://127.0.0.1:${ports.http}`);
    this.pool = createPool({ databaseUrl: this.databaseUrl, name: 'rig', statementMs: LONG_STATEMENT_MS });
  }

  async #bringUp({ load, workers = [['core'], ['carrier'], ['readers']] }: RigOptions): Promise<void> {
    const database = async () => {
      await this.postgres.start();
      await migrate(this.databaseUrl);
      await load?.(this.pool);
    };
    // Each to its end, also when another fails: what comes up behind its back nobody would stop.
    const parts = [database(), this.temporal.start(), this.broker.start(), this.simulator.start()];
    for (const { reason } of (await Promise.allSettled(parts)).filter(({ status }) => status === 'rejected') as {
      reason: unknown;
    }[])
      throw reason;
    await Promise.all(workers.map((roles) => this.startWorker(roles)));
  }

  /** A worker more; it is gone from `workers` when it ends. */
  async startWorker(roles: readonly Role[], env: Record<string, string> = {}): Promise<RigPart> {
    const args = ['--roles', roles.join(',')];
    const worker = this.#node(`worker ${roles.join(',')}`, 'workers/main.ts', { ...this.environment, ...env }, args);
    await worker.start();
    this.#workers.push(worker);
    return worker;
  }

  /** The API, started with the workers' addresses. Returns where it listens. */
  async startApi(env: Record<string, string> = {}): Promise<{ api: RigPart; url: string }> {
    const port = await choosePort(0);
    const api = this.#node('api', 'api/main.ts', { ...this.environment, ...env, PORT: String(port) });
    await api.start();
    this.#workers.push(api);
    return { api, url: `http://127.0.0.1:${port}` };
  }

  /** The workers of a role that run now. */
  workers(role: Role): RigPart[] {
    return this.#workers.filter((worker) => worker.isUp && worker.name.includes(role));
  }

  /** Starts it again after a kill. The dead leave locks and ports that take a moment to go. */
  async restart(part: RigPart): Promise<void> {
    await until(
      `${part.name} is up again`,
      async () => {
        try {
          await part.start();
          return true;
        } catch (error) {
          this.#died.push((error as Error).message);
          return false;
        }
      },
      40_000,
    );
  }

  /** Back to health between two faults: every part up, no fault on, every link bound. */
  async heal(): Promise<void> {
    for (const part of [this.postgres, this.temporal, this.broker, this.simulator])
      if (!part.isUp) await this.restart(part);
    for (const role of ['core', 'carrier', 'readers'] as const)
      if (this.#workers.some(({ name }) => name.includes(role)) && this.workers(role).length === 0)
        await this.startWorker([role]);
    await this.smsc.faults({});
    if (this.workers('carrier').length > 0) await this.linksAreBound();
    if (this.workers('readers').length > 0) await this.readersAreHeard();
  }

  /** Waits until every carrier's link says it is bound, and the SMSC has that many sessions and no more. */
  async linksAreBound(timeoutMs = 60_000): Promise<void> {
    await until(
      'every link is bound',
      async () => {
        const { rows } = await this.pool.query<{ links: number; bound: boolean }>(
          `select count(*) as links, count(distinct tenant) = $1
            and bool_and(coalesce(status->>'state' = 'bound' and status_at > now() - interval '3 s', false)) as bound
          from carrier_link`,
          // A carrier whose link nobody has taken yet has no row.
          [loadCarriers().names.length],
        );
        return rows[0]!.bound && (await this.smsc.stats()).sessions.length === rows[0]!.links;
      },
      timeoutMs,
    );
  }

  /** Waits until the link of every shard with readers is connected to the broker. */
  async readersAreHeard(timeoutMs = 60_000): Promise<void> {
    const { rows } = await this.pool.query<{ tenant: string; shard: string }>(
      'select distinct tenant, shard from reader',
    );
    const client = await connectTemporal({ address: this.temporalAddress, namespace: 'default' });
    try {
      for (const { tenant, shard } of rows)
        await until(
          `readers of shard ${shard} are heard`,
          async () => {
            const handle = client.workflow.getHandle(readerLinkId(tenant, shard));
            const status = await handle.query(readerLinkStatus).catch(() => undefined);
            return status?.state === 'connected';
          },
          timeoutMs,
        );
    } finally {
      await client.connection.close();
    }
  }

  /** Takes all free space of the disk that `diskMb` asked for; the function returned gives it back. */
  fillDisk(): () => void {
    const filler = join(this.#disk!, 'filler');
    // To the last block: `dd` ends with ENOSPC.
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4096'], { stdio: 'ignore' });
    return () => rmSync(filler, { force: true });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
    await this.pool.end();
    await Promise.all([this.simulator.stop(), this.broker.stop(), this.temporal.stop()]);
    await this.postgres.stop();
    if (this.#disk) spawnSync('umount', [this.#disk]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #node(name: string, program: string, env: Record<string, string>, args: string[] = []): RigPart {
    return new RigPart(name, () => startNodeChild({ program, args, env, graceMs: GRACE_MS }));
  }

  #mountDisk(mb: number): string {
    const disk = join(this.#folder, 'disk');
    mkdirSync(disk);
    const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mb}m,mode=755`, 'tmpfs', disk], {
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`no disk of its own: ${stderr}`);
    this.#disk = disk;
    return disk;
  }
}

/** Whether this process may mount a file system, which a full disk takes. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), `campusline-mount-${randomBytes(3).toString('hex')}`));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
  if (status === 0) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
  return status === 0;
}
