import { randomBytes } from 'node:crypto';
import mqtt, { type MqttClient } from 'mqtt';
import { signSwipe } from '../../infra/mqtt/signature.ts';
import { acksTopic, swipesTopic } from '../../infra/mqtt/topics.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import type { TestBroker } from './brokers.ts';

/** A card reader of the school of addSchool, as addGate registers it. */
export const READER = { tenant: 'gansu', shard: '0', deviceId: 'gate-1', key: 'key-of-gate-1' };

/** Readers of the schools of addSchool: three at k1, of which gate-7 is in another shard, and one at k2. */
export const GATES = [
  { ...READER, schoolId: 'k1' },
  { tenant: 'gansu', shard: '0', deviceId: 'gate-2', key: 'key-of-gate-2', schoolId: 'k1' },
  { tenant: 'gansu', shard: '7', deviceId: 'gate-7', key: 'key-of-gate-7', schoolId: 'k1' },
  { tenant: 'gansu', shard: '0', deviceId: 'gate-9', key: 'key-of-gate-9', schoolId: 'k2' },
];

/** Registers GATES, and cards: each student sN has the card `CARDN`; s3 also has CARDLOST, lost. */
export async function addGate(pool: Pool): Promise<void> {
  await pool.query(`
    insert into card (school_id, number, student_id, state)
      select school_id, 'CARD' || substr(id, 2), id, 'active' from student
      union all values ('k1', 'CARDLOST', 's3', 'lost')`);
  for (const { deviceId, tenant, schoolId, shard, key } of GATES)
    await pool.query('insert into reader (device_id, tenant, school_id, shard, key) values ($1, $2, $3, $4, $5)', [
      ...[deviceId, tenant, schoolId, shard, key],
    ]);
}

/** A swipe as it goes over the wire. */
export interface WireSwipe {
  boot: string;
  seq: number;
  card: string;
  at: string;
  dir: string;
  sig: string;
}

/** An ISO time with offset, `offsetMs` from now. */
export function swipedAt(offsetMs = 0): string {
  return new Date(Date.now() + offsetMs + 8 * 3_600_000).toISOString().replace('Z', '+08:00');
}

/** A signed swipe of CARD1 now, with `fields` instead of its own. */
export function signedSwipe(fields: Partial<WireSwipe> = {}, reader = READER): WireSwipe {
  const swipe = { boot: 'b1', seq: 1, card: 'CARD1', at: swipedAt(), dir: 'in', ...fields };
  return { ...swipe, sig: fields.sig ?? signSwipe(reader.key, reader.deviceId, swipe) };
}

type Sender = Omit<typeof READER, 'key'>;

/**
 * The readers of GATES, each with its own login, and whoever got past the broker: what no reader may publish is
 * published with the platform's rights. Hears the acks of all.
 */
export class ReaderClient {
  readonly acks: { deviceId: string; boot: string; seq: number }[] = [];
  readonly #broker: TestBroker;
  readonly #clients = new Map<string, Promise<MqttClient>>();

  private constructor(broker: TestBroker) {
    this.#broker = broker;
  }

  static async connect(broker: TestBroker): Promise<ReaderClient> {
    const readers = new ReaderClient(broker);
    await Promise.all([readers.#as(READER), readers.#as({ ...READER, deviceId: 'nobody' })]);
    return readers;
  }

  /** Resolves when the broker has it. */
  async publish(payload: unknown, sender: Sender = READER): Promise<void> {
    const body = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);
    const client = await this.#as(sender);
    await client.publishAsync(swipesTopic(sender.tenant, sender.shard, sender.deviceId), body, { qos: 1 });
  }

  /** The highest seq acked for a boot, 0 before the first. */
  acked(boot = 'b1', deviceId = READER.deviceId): number {
    return Math.max(0, ...this.acks.filter((a) => a.boot === boot && a.deviceId === deviceId).map(({ seq }) => seq));
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) await (await client).endAsync(true);
  }

  /** The connection of who may publish there: the reader itself, or the one for all that is nobody's. */
  #as({ deviceId, shard }: Sender): Promise<MqttClient> {
    const isOwn = GATES.some((gate) => gate.deviceId === deviceId && gate.shard === shard);
    const login = isOwn ? deviceId : '';
    let client = this.#clients.get(login);
    if (!client) this.#clients.set(login, (client = this.#open(login)));
    return client;
  }

  async #open(login: string): Promise<MqttClient> {
    const client = await mqtt.connectAsync(login ? this.#broker.readerUrl(login) : this.#broker.platformUrl, {
      // A reader's login has one session: what an earlier test left in it is none of this one's.
      ...{ protocolVersion: 4, clean: true, reconnectPeriod: 100 },
      clientId: `readers-${login}-${randomBytes(4).toString('hex')}`,
    });
    client.on('error', () => undefined);
    client.on('message', (topic, payload) => {
      const deviceId = topic.split('/').at(-1)!;
      // A reader with a login hears its own acks itself.
      if (login || !this.#clients.has(deviceId))
        this.acks.push({ deviceId, ...(JSON.parse(payload.toString()) as WireSwipe) });
    });
    await client.subscribeAsync(acksTopic('gansu', login || '+'), { qos: 1 });
    return client;
  }
}
