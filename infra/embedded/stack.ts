import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config.ts';
import type { BrokerAccount } from './broker.ts';
import { gatesOf } from './demo/gates.ts';
import { phonebookOf, type DemoSchool } from './demo/roster.ts';
import { environmentOf, type Plan } from './addresses.ts';
import type { Logs } from './logs.ts';
import { startNodeChild } from './node-child.ts';
import { Part, type PartEvents } from './part.ts';
import { startPostgres } from './postgres.ts';
import type { Progress } from './progress.ts';
import type { RunFile } from './run-file.ts';
import type { LaunchOptions, Running } from './running.ts';
import { ensureTemporalBinary, prepareNamespace, startTemporal } from './temporal.ts';

/**
 * From being asked to stop to being killed: under 10 s if each used up its own, which none does (issue "Two commands").
 * The worker drains; Temporal takes 1.1 s; a killed Postgres only costs its next start a recovery.
 */
const GRACE_MS = { api: 1_200, worker: 4_500, simulator: 600, broker: 600, temporal: 1_800, postgres: 1_200 };
type PartName = keyof typeof GRACE_MS;
const STOP_ORDER: PartName[][] = [['api'], ['worker'], ['simulator', 'broker'], ['temporal'], ['postgres']];

export interface StackOptions {
  config: Config;
  plan: Plan;
  runFile: RunFile;
  progress: Progress;
  logs: Logs;
  events: PartEvents;
  schools: readonly DemoSchool[];
  /** Brings the database up to date, once it answers. */
  prepareDatabase: () => Promise<void>;
}

/** The parts of `npm start`: started beside each other where they can be, stopped in order. */
export class Stack {
  readonly #options: StackOptions;
  readonly #parts = new Map<PartName, Part>();
  #stopped: Promise<void> | undefined;

  constructor(options: StackOptions) {
    this.#options = options;
  }

  /** Resolves when everything is up and says it is ready. */
  async start(): Promise<void> {
    await Promise.all([this.#database(), this.#temporal(), this.#broker(), this.#simulator()]);
    await Promise.all([this.#worker(), this.#api()]);
  }

  /** In order: what is asked from outside first, the engine and the record last. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      for (const names of STOP_ORDER) await Promise.all(names.map(async (name) => this.#parts.get(name)?.stop()));
    })();
    return this.#stopped;
  }

  /** Stops and starts what runs the sources that changed. */
  async reload(): Promise<void> {
    await Promise.all((['api', 'worker'] as const).map(async (name) => this.#parts.get(name)?.restart()));
  }

  async #database(): Promise<void> {
    const { plan, config, progress, prepareDatabase } = this.#options;
    if (plan.embedded.postgres) {
      const port = plan.ports['postgres-port'];
      const dataDir = join(config.dataDir, 'postgres');
      await progress.step(
        'Postgres',
        () => this.#run('postgres', 'SIGINT', (launch) => startPostgres({ dataDir, port, ...launch })),
        `127.0.0.1:${port}`,
      );
    }
    await progress.step('schema and demo data', prepareDatabase);
  }

  async #temporal(): Promise<void> {
    const { plan, config, progress } = this.#options;
    const { namespace } = config.temporal;
    const { address } = plan.temporal;
    if (!plan.embedded.temporal)
      return progress.step('Temporal (yours)', () => prepareNamespace(address, namespace), address);
    await progress.step(
      'Temporal',
      async (update) => {
        const binary = await ensureTemporalBinary(update);
        const dataDir = join(config.dataDir, 'temporal');
        const ports = { port: plan.ports['temporal-port'], uiPort: plan.ports['temporal-ui-port'] };
        await this.#run('temporal', 'SIGTERM', (launch) =>
          startTemporal({ binary, dataDir, namespace, ...ports, ...launch }),
        );
      },
      `${address}, UI ${plan.temporal.ui}`,
    );
  }

  async #broker(): Promise<void> {
    const { plan, config, schools } = this.#options;
    if (!plan.embedded.broker) return;
    const accounts: BrokerAccount[] = [
      { role: 'platform', ...plan.platform },
      { role: 'fleet', ...plan.fleet },
      ...schools.flatMap(({ tenant, readers }) =>
        readers.map(({ deviceId: username, password, shard }) => ({
          role: 'reader' as const,
          ...{ username, password, tenant, shard },
        })),
      ),
    ];
    const file = join(config.dataDir, 'broker-accounts.json');
    writeFileSync(file, JSON.stringify(accounts), { mode: 0o600 });
    await this.#node('broker', 'MQTT broker', 'infra/embedded/broker-main.ts', plan.addresses.mqtt, {
      MQTT_PORT: String(plan.ports['mqtt-port']),
      MQTT_ACCOUNTS: file,
    });
  }

  async #simulator(): Promise<void> {
    const { plan, config, schools } = this.#options;
    if (!plan.embedded.simulator) return;
    const phonebook = join(config.dataDir, 'phonebook.json');
    writeFileSync(phonebook, JSON.stringify(phonebookOf(schools)), { mode: 0o600 });
    // With a broker of the user's own our readers have no accounts: its login serves.
    const mqttUrl = plan.embedded.broker ? plan.addresses.mqtt : plan.mqttUrl;
    const gates = join(config.dataDir, 'gates.json');
    writeFileSync(gates, JSON.stringify(gatesOf(schools, mqttUrl)), { mode: 0o600 });
    const { systemId, password, port } = plan.smpp;
    const where = `127.0.0.1:${port}, handsets ${plan.addresses.handsets}`;
    await this.#node('simulator', 'SMSC simulator', 'infra/embedded/smsc/main.ts', where, {
      SMSC_PORT: String(port),
      SMSC_HTTP_PORT: String(plan.ports['handsets-port']),
      SMSC_SYSTEM_ID: systemId,
      SMSC_PASSWORD: password,
      SMSC_DATA: join(config.dataDir, 'simulator'),
      SMSC_PHONEBOOK: phonebook,
      SMSC_GATES: gates,
    });
  }

  async #worker(): Promise<void> {
    const { plan, config } = this.#options;
    await this.#node('worker', 'workers', 'workers/main.ts', '', environmentOf(plan, config));
  }

  async #api(): Promise<void> {
    const { plan, config } = this.#options;
    await this.#node('api', 'API and web', 'api/main.ts', plan.addresses.api, environmentOf(plan, config));
  }

  #node(name: PartName, title: string, program: string, where: string, env: Record<string, string>): Promise<void> {
    return this.#options.progress.step(
      title,
      () => this.#run(name, 'SIGTERM', (launch) => startNodeChild({ program, env, ...launch })),
      where,
    );
  }

  async #run(
    name: PartName,
    signal: NodeJS.Signals,
    launch: (options: LaunchOptions) => Promise<Running>,
  ): Promise<void> {
    const { runFile, logs, events } = this.#options;
    if (this.#stopped) throw new Error('stopped while starting');
    const onLog = logs.writer(name);
    const onSpawn = (pid: number) => runFile.add(name, pid, signal);
    const part = new Part(name, () => launch({ onSpawn, onLog, graceMs: GRACE_MS[name] }), events);
    this.#parts.set(name, part);
    await part.start();
  }
}

/**
 * Asks the API whether every part it knows of is ready (`/readyz`), until it says so.
 * @returns what it said last when it isn't within `timeoutMs`
 */
export async function waitUntilReady(api: string, token: string, timeoutMs: number): Promise<string | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let words: string;
    try {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${api}/readyz`, { headers, signal: AbortSignal.timeout(5_000) });
      if (response.ok) return undefined;
      words = await response.text();
    } catch (error) {
      words = (error as Error).message;
    }
    if (Date.now() > deadline) return words;
    await delay(100);
  }
}
