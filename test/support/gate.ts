import { createHmac, randomBytes } from 'node:crypto';
import mqtt from 'mqtt';
import { demo, type Demo } from './demo.ts';

/** A swipe as a reader sends it (architecture §4). */
export interface SwipeRecord {
  boot: string;
  seq: number;
  card: string;
  at: string;
  dir: 'in' | 'out';
  sig: string;
}

/** A card reader at the gate: signs, publishes, and hears its acks. */
export class Gate {
  readonly boot = randomBytes(4).toString('hex');
  readonly acks: { boot: string; seq: number }[] = [];
  readonly reader: Demo['readers'][number];
  readonly #client: mqtt.MqttClient;
  #seq = 0;

  private constructor(reader: Demo['readers'][number], client: mqtt.MqttClient) {
    this.reader = reader;
    this.#client = client;
    client.on('message', (_topic, payload) =>
      this.acks.push(JSON.parse(payload.toString()) as { boot: string; seq: number }),
    );
  }

  /** Connects as the first reader of the school and waits until it hears its acks topic. */
  static async open(schoolId: string): Promise<Gate> {
    const { mqtt: url, mqttCredentials, readers } = demo();
    const reader = readers.find((each) => each.schoolId === schoolId);
    if (!reader) throw new Error(`no reader at school ${schoolId}`);
    const client = await mqtt.connectAsync(url, { ...mqttCredentials, protocolVersion: 4 });
    const gate = new Gate(reader, client);
    await client.subscribeAsync(`campusline/${reader.tenant}/acks/${reader.deviceId}`, { qos: 1 });
    return gate;
  }

  /** The next record, signed with the reader's key. */
  record(card: string, dir: 'in' | 'out' = 'in', at = civilNow()): SwipeRecord {
    const seq = ++this.#seq;
    const signed = [this.reader.deviceId, this.boot, seq, card, at, dir].join('|');
    const sig = createHmac('sha256', this.reader.key).update(signed).digest('hex');
    return { boot: this.boot, seq, card, at, dir, sig };
  }

  /** Publishes one payload on the reader's topic; resolves when the broker has it. */
  async send(payload: unknown, deviceId = this.reader.deviceId): Promise<void> {
    const { tenant, shard } = this.reader;
    const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
    await this.#client.publishAsync(`campusline/${tenant}/swipes/${shard}/${deviceId}`, body, { qos: 1 });
  }

  /** The highest seq acked for this boot. */
  ackedUpTo(): number {
    return Math.max(0, ...this.acks.filter((ack) => ack.boot === this.boot).map((ack) => ack.seq));
  }

  async close(): Promise<void> {
    await this.#client.endAsync();
  }
}

/** Now, as a reader in China writes it: +08:00, no fraction. */
export function civilNow(offsetMs = 0): string {
  const china = new Date(Date.now() + offsetMs + 8 * 3_600_000);
  return `${china.toISOString().slice(0, 19)}+08:00`;
}
