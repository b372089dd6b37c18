/**
 * Every part held, slowed, cut off and killed at random, several at a time, under the load of a morning: what was stored
 * must be done within a minute of the last fault, and nobody helps (issue 10).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { startProxy, type Proxy } from '../support/proxy.ts';
import type { Rig, RigPart } from '../support/rig.ts';
import type { Role } from '../../workflows/ids.ts';

/** A part that something happens to. */
interface Target {
  name: string;
  /** Does it, and resolves once it is over. */
  faults: Record<string, (ms: number) => Promise<void>>;
}

const ROLES: readonly Role[] = ['core', 'carrier', 'readers'];
/** How long a fault holds, and how long until the next begins: two or three at a time. */
const HELD_MS = { from: 500, to: 6_000 };
const NEXT_MS = { from: 500, to: 3_000 };
/** A slow network: each way of each message. */
const SLOW_MS = 400;

/** Workers and API behind proxies, each fault of the plan in its time. */
export class Chaos {
  readonly #rig: Rig;
  readonly #random: () => number;
  readonly #proxies = new Map<string, Proxy>();
  #environment: Record<string, string> = {};
  #api: RigPart | undefined;
  /** Where the API listens. */
  apiUrl = '';
  /** What was done when, for whoever must look into a failure. */
  readonly told: string[] = [];

  constructor(rig: Rig, seed: number) {
    this.#rig = rig;
    this.#random = mulberry32(seed);
  }

  /** Starts a worker of each role and the API, all they are told of behind a proxy. */
  async start(): Promise<void> {
    const { environment } = this.#rig;
    this.#environment = { ...environment };
    for (const name of ['DATABASE_URL', 'MQTT_URL', 'SMPP_URL'])
      this.#environment[name] = (await this.#proxy(name, environment[name]!)).through(environment[name]!);
    const engine = `tcp://${environment['TEMPORAL_ADDRESS']}`;
    this.#environment['TEMPORAL_ADDRESS'] = new URL(
      (await this.#proxy('TEMPORAL_ADDRESS', engine)).through(engine),
    ).host;
    await Promise.all(ROLES.map((role) => this.#startWorker(role)));
    const { api, url } = await this.#rig.startApi(this.#environment);
    this.#api = api;
    this.apiUrl = url;
  }

  /** Strikes for so long; resolves when every fault is over and every part runs again. */
  async strike(ms: number): Promise<void> {
    const targets = this.#targets();
    const end = Date.now() + ms;
    const busy = new Map<string, Promise<void>>();
    while (Date.now() < end) {
      const target = this.#pick(targets.filter(({ name }) => !busy.has(name)));
      if (target) {
        const held = this.#between(HELD_MS);
        const kind = this.#pick(Object.keys(target.faults))!;
        this.told.push(`${new Date().toISOString()} ${target.name} ${kind} ${held} ms`);
        busy.set(
          target.name,
          target.faults[kind]!(held).finally(() => busy.delete(target.name)),
        );
      }
      await delay(this.#between(NEXT_MS));
    }
    await Promise.all(busy.values());
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.stop()));
  }

  #targets(): Target[] {
    const { postgres, temporal, broker, simulator } = this.#rig;
    return [
      { name: 'postgres', faults: { kill: this.#killed(postgres), ...this.#network('DATABASE_URL') } },
      { name: 'temporal', faults: { ...this.#process(temporal), ...this.#network('TEMPORAL_ADDRESS') } },
      { name: 'broker', faults: { ...this.#process(broker), ...this.#network('MQTT_URL') } },
      { name: 'SMSC', faults: { ...this.#process(simulator), ...this.#network('SMPP_URL') } },
      { name: 'api', faults: this.#process(this.#api!) },
      ...ROLES.map((role) => ({
        name: `worker ${role}`,
        faults: {
          kill: async (ms: number) => {
            await this.#rig.workers(role)[0]!.kill();
            await delay(ms);
            await this.#startWorker(role);
          },
          freeze: (ms: number) => frozen(this.#rig.workers(role)[0]!, ms),
        },
      })),
    ];
  }

  #process(part: RigPart): Target['faults'] {
    return { kill: this.#killed(part), freeze: (ms) => frozen(part, ms) };
  }

  #killed(part: RigPart): (ms: number) => Promise<void> {
    return async (ms) => {
      await part.kill();
      await delay(ms);
      await this.#rig.restart(part);
    };
  }

  /** Of the way to a part: connections that go silent and stay open, and a slow one. */
  #network(name: string): Target['faults'] {
    const proxy = this.#proxies.get(name)!;
    return {
      silence: (ms) => {
        proxy.silence();
        return delay(ms);
      },
      slow: async (ms) => {
        proxy.delay(SLOW_MS);
        await delay(ms);
        proxy.delay(0);
      },
    };
  }

  async #startWorker(role: Role): Promise<void> {
    // What it stands on may be down at this moment: a supervisor would try again as we do.
    for (let tries = 0; tries < 60; tries++) {
      const worker = await this.#rig.startWorker([role], this.#environment).catch(() => undefined);
      if (worker) return;
      await delay(500);
    }
    throw new Error(`no ${role} worker starts any more`);
  }

  async #proxy(name: string, url: string): Promise<Proxy> {
    const proxy = await startProxy(url);
    this.#proxies.set(name, proxy);
    return proxy;
  }

  #pick<T>(of: readonly T[]): T | undefined {
    return of[Math.floor(this.#random() * of.length)];
  }

  #between({ from, to }: { from: number; to: number }): number {
    return Math.round(from + this.#random() * (to - from));
  }
}

async function frozen(part: RigPart, ms: number): Promise<void> {
  part.signal('SIGSTOP');
  await delay(ms);
  part.signal('SIGCONT');
}

/** Numbers in [0, 1) that a seed gives again. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
