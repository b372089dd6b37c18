import { randomBytes } from 'node:crypto';
import mqtt, { type MqttClient } from 'mqtt';
import { signSwipe } from '../../infra/mqtt/signature.ts';
import { acksTopic, swipesTopic } from '../../infra/mqtt/topics.ts';
import type { Pool } from '../../infra/postgres/pool.ts';

/** A card reader of the school of addSchool, as addGate registers it. */
export const READER = { tenant: 'gansu', shard: '0', deviceId: 'gate-1', key: 'key-of-gate-1' };

/**
 * Cards and readers for the school of addSchool: each student sN has the card `CARDN`; s3 also has CARDLOST, lost.
 * Readers gate-1 and gate-2 (shard 0) and gate-7 (shard 7) at school k1, gate-9 (shard 0) at k2.
 */
export async function addGate(pool: Pool): Promise<void> {
  await pool.query(`
    insert into card (school_id, number, student_id, state)
      select school_id, 'CARD' || substr(id, 2), id, 'active' from student
      union all values ('k1', 'CARDLOST', 's3', 'lost');
    insert into reader (device_id, tenant, school_id, shard, key) values
      ('gate-1', 'gansu', 'k1', '0', 'key-of-gate-1'), ('gate-2', 'gansu', 'k1', '0', 'key-of-gate-2'),
      ('gate-7', 'gansu', 'k1', '7', 'key-of-gate-7'), ('gate-9', 'gansu', 'k2', '0', 'key-of-gate-9');`);
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

/** Publishes as any reader, and hears every ack of the carrier. */
export class ReaderClient {
  readonly acks: { deviceId: string; boot: string; seq: number }[] = [];
  readonly #client: MqttClient;

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on('error', () => undefined);
    client.on('message', (topic, payload) => {
      this.acks.push({ deviceId: topic.split('/').at(-1)!, ...(JSON.parse(payload.toString()) as WireSwipe) });
    });
  }

  static async connect(url: string): Promise<ReaderClient> {
    const client = await mqtt.connectAsync(url, {
      ...{ protocolVersion: 4, clean: false, reconnectPeriod: 100 },
      clientId: `readers-${randomBytes(4).toString('hex')}`,
    });
    const reader = new ReaderClient(client);
    await client.subscribeAsync(acksTopic('gansu', '+'), { qos: 1 });
    return reader;
  }

  /** Resolves when the broker has it. */
  async publish(payload: unknown, reader: Omit<typeof READER, 'key'> = READER): Promise<void> {
    const body = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);
    await this.#client.publishAsync(swipesTopic(reader.tenant, reader.shard, reader.deviceId), body, { qos: 1 });
  }

  /** The highest seq acked for a boot, 0 before the first. */
  acked(boot = 'b1', deviceId = READER.deviceId): number {
    return Math.max(0, ...this.acks.filter((a) => a.boot === boot && a.deviceId === deviceId).map(({ seq }) => seq));
  }

  async close(): Promise<void> {
    await this.#client.endAsync(true);
  }
}
