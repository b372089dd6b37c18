import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import mqtt, { type MqttClient } from 'mqtt';
import { signSwipe } from '../../mqtt/signature.ts';
import { acksTopic, swipesTopic } from '../../mqtt/topics.ts';
import type { SwipeClaim } from '../../../workflows/domain/swipe.ts';

/** What a reader is set up with when it is screwed to the gate. */
export interface ReaderSetUp {
  mqttUrl: string;
  tenant: string;
  shard: string;
  deviceId: string;
  /** Signs its swipes. */
  key: string;
  /** Of its account at the broker, where the address names no other. */
  password: string;
}

/** A card held to it. */
export interface CardSwipe {
  card: string;
  dir: 'in' | 'out';
  /** Epoch ms by the reader's clock. */
  at: number;
}

/** A reader sends again what isn't acked after this. */
const RESEND_MS = 1_000;
const CONNECT_MS = 5_000;

/**
 * A card reader as its firmware does it (architecture §4): one boot with seqs from 1, signed records, kept until the
 * platform has acked them. It connects for each upload: another program may be the same reader, and one client id has
 * one connection.
 */
export class VirtualReader {
  /** A reader counts from 1 after every power cut. */
  readonly boot = randomBytes(4).toString('hex');
  readonly #setUp: ReaderSetUp;
  readonly #acks = new EventEmitter();
  #seq = 0;
  /** Not acked yet: they go along with the next upload. */
  #kept: SwipeClaim[] = [];
  #upload: Promise<unknown> = Promise.resolve();

  constructor(setUp: ReaderSetUp) {
    this.#setUp = setUp;
  }

  /**
   * Signs and uploads, again and again until they are acked, `timeoutMs` at most.
   * @returns what was sent, in order, and how many of it the platform has acked
   * @throws Error when the broker can't be reached or refuses
   */
  async send(swipes: readonly CardSwipe[], timeoutMs: number): Promise<{ records: SwipeClaim[]; acked: number }> {
    const records = swipes.map((swipe) => this.#sign(swipe, ++this.#seq, this.boot));
    this.#kept.push(...records);
    await this.#connected(async (client) => {
      const deadline = Date.now() + timeoutMs;
      while (this.#kept.length > 0 && Date.now() < deadline) {
        await this.#publish(client, this.#kept);
        await this.#ackedAll(Math.min(RESEND_MS, deadline - Date.now()));
      }
    });
    return { records, acked: records.filter((record) => !this.#kept.includes(record)).length };
  }

  /**
   * Uploads a record as somebody would who knows the reader's topic and not its key. The platform acks none of it.
   * @returns what was sent
   */
  async forge(swipe: CardSwipe): Promise<SwipeClaim> {
    const signed = this.#sign(swipe, 1, `forged-${randomBytes(4).toString('hex')}`);
    const forged = { ...signed, sig: randomBytes(32).toString('hex') };
    await this.#connected((client) => this.#publish(client, [forged]));
    return forged;
  }

  #sign({ card, dir, at }: CardSwipe, seq: number, boot: string): SwipeClaim {
    const record = { boot, seq, card, at: inChina(at), dir };
    return { ...record, sig: signSwipe(this.#setUp.key, this.#setUp.deviceId, record) };
  }

  /** One upload at a time, as a device does. */
  #connected(work: (client: MqttClient) => Promise<void>): Promise<void> {
    const upload = this.#upload.then(async () => {
      const client = await this.#connect();
      try {
        await work(client);
      } finally {
        await client.endAsync(true);
      }
    });
    this.#upload = upload.catch(() => undefined);
    return upload;
  }

  async #connect(): Promise<MqttClient> {
    const { mqttUrl, tenant, deviceId, password } = this.#setUp;
    const client = await mqtt.connectAsync(mqttUrl, {
      ...(new URL(mqttUrl).username ? {} : { username: deviceId, password }),
      ...{ clientId: deviceId, clean: false, protocolVersion: 4, reconnectPeriod: 200, connectTimeout: CONNECT_MS },
    });
    // It reconnects by itself; what failed in the end shows as not acked.
    client.on('error', () => undefined);
    client.on('message', (_topic, payload) => {
      const { boot, seq } = JSON.parse(payload.toString()) as { boot: string; seq: number };
      if (boot === this.boot) this.#kept = this.#kept.filter((record) => record.seq > seq);
      this.#acks.emit('ack');
    });
    await client.subscribeAsync(acksTopic(tenant, deviceId), { qos: 1 });
    return client;
  }

  async #publish(client: MqttClient, records: readonly SwipeClaim[]): Promise<void> {
    const { tenant, shard, deviceId } = this.#setUp;
    await client.publishAsync(swipesTopic(tenant, shard, deviceId), JSON.stringify(records), { qos: 1 });
  }

  async #ackedAll(timeoutMs: number): Promise<void> {
    const tooLate = AbortSignal.timeout(Math.max(0, timeoutMs));
    while (this.#kept.length > 0 && !tooLate.aborted)
      await once(this.#acks, 'ack', { signal: tooLate }).catch(() => undefined);
  }
}

/** As a reader in China writes its clock: +08:00, no fraction. */
function inChina(ms: number): string {
  return `${new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
}
