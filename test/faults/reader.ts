import { randomBytes } from 'node:crypto';
import mqtt from 'mqtt';
import { signSwipe } from '../../infra/mqtt/signature.ts';
import { acksTopic, swipesTopic } from '../../infra/mqtt/topics.ts';
import type { SwipeClaim } from '../../workflows/domain/swipe.ts';
import { TENANT, type FamiliesReader } from '../support/families.ts';
import { civilNow } from '../support/gate.ts';

export interface ReaderOptions {
  /** Records sent at once (architecture §4: up to 100). */
  perMessage?: number;
  /** What is not acked for so long is sent again (default 2 s; Infinity: the broker's word is taken for it). */
  resendMs?: number;
}

const TICK_MS = 50;
/** Recorded and not yet acked, sent again at a time. */
const RESEND_AT_MOST = 500;

/** A card reader as the contract wants it: it keeps every record until the platform's own ack, across any outage. */
export class Reader {
  readonly deviceId: string;
  readonly boot = randomBytes(4).toString('hex');
  /** Everything it ever recorded: what must be found in the database. */
  readonly log: SwipeClaim[] = [];
  /** Highest seq the platform has acked. */
  acked = 0;
  readonly #reader: FamiliesReader;
  readonly #client: mqtt.MqttClient;
  readonly #options: Required<ReaderOptions>;
  readonly #timer: NodeJS.Timeout;
  #sent = 0;
  /** When an ack last came, or there was nothing to be acked. */
  #progressAt = Date.now();

  constructor(url: string, reader: FamiliesReader, options: ReaderOptions = {}) {
    this.#reader = reader;
    this.deviceId = reader.deviceId;
    this.#options = { perMessage: 10, resendMs: 2_000, ...options };
    this.#client = mqtt.connect(url, {
      ...{ clientId: `${reader.deviceId}-${this.boot}`, username: reader.deviceId, password: reader.deviceId },
      ...{ protocolVersion: 4, clean: false, reconnectPeriod: 200, connectTimeout: 5_000 },
    });
    this.#client.on('error', () => undefined);
    this.#client.on('connect', () => {
      this.#client.subscribe(acksTopic(TENANT, this.deviceId), { qos: 1 }, () => undefined);
    });
    this.#client.on('message', (_topic, payload) => this.#hear(payload));
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Records a swipe; it leaves with the next few. */
  swipe(card: string, dir: 'in' | 'out' = 'in'): void {
    const swipe = { boot: this.boot, seq: this.log.length + 1, card, at: civilNow(), dir };
    this.log.push({ ...swipe, sig: signSwipe(this.#reader.key, this.deviceId, swipe) });
  }

  /** Publishes anything on its topic, whatever its log says. */
  async publish(records: unknown): Promise<void> {
    const topic = swipesTopic(TENANT, this.#reader.shard, this.deviceId);
    await this.#client.publishAsync(topic, JSON.stringify(records), { qos: 1 });
  }

  get isDone(): boolean {
    return this.log.length > 0 && this.acked >= this.log.length;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#client.endAsync(true);
  }

  #hear(payload: Buffer): void {
    const { boot, seq } = JSON.parse(payload.toString()) as { boot: string; seq: number };
    if (boot !== this.boot || seq <= this.acked) return;
    this.acked = seq;
    this.#progressAt = Date.now();
  }

  #tick(): void {
    if (!this.#client.connected) return;
    if (this.#sent === this.acked) this.#progressAt = Date.now();
    if (this.#sent < this.log.length) this.#send(this.#sent, this.log.length);
    if (Date.now() - this.#progressAt <= this.#options.resendMs) return;
    this.#progressAt = Date.now();
    this.#send(this.acked, Math.min(this.log.length, this.acked + RESEND_AT_MOST));
  }

  #send(from: number, to: number): void {
    const { perMessage } = this.#options;
    for (let i = from; i < to; i += perMessage)
      // What the broker does not take comes again from the log.
      this.publish(this.log.slice(i, Math.min(to, i + perMessage))).catch(() => undefined);
    this.#sent = Math.max(this.#sent, to);
  }
}
