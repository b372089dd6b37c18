import { createHash } from 'node:crypto';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';

/** A message the broker waits to have acknowledged. */
export interface Delivery {
  topic: string;
  /** At most `maxPayloadBytes`; of a larger one only the head. */
  payload: Buffer;
  /** SHA-256 in hex of the whole payload, when that was too large to keep. */
  digestOfOversize: string | undefined;
  /** MQTT's packet id, which means this message on this connection only. */
  messageId: number | undefined;
}

export interface ConnectionOptions {
  /** With the credentials in it. */
  url: string;
  /** Fixed: with `clean: false` the broker keeps for it what arrives while we are away. */
  clientId: string;
  /** Subscribed to with QoS 1. */
  filter: string;
  /** Of a message kept whole. */
  maxPayloadBytes: number;
  /** Of a message that isn't (default 4 KiB: enough to see what it was). */
  headBytes?: number;
  /** Messages held in memory before the socket is no longer read (default 2,000). */
  maxBuffered?: number;
  /** Bytes of them (default 8 MiB). */
  maxBufferedBytes?: number;
  /** Seconds; a dead broker is noticed after one and a half (default 15). */
  keepalive?: number;
}

const NOT_ACKED = new Error('taken, not acked yet');

/**
 * One MQTT 3.1.1 connection, from CONNECT to close, that acknowledges a message only when told to. It never
 * reconnects: the next connection is another object, so that a PUBACK can't outlive the connection its message came
 * by — the broker would take it for another message.
 *
 * mqtt.js acknowledges as soon as `handleMessage` calls back, and handles the next message only then. Called back with
 * an error it goes on without a PUBACK, and the PUBACKs are written to this connection's own stream after the commit.
 * That is how mqtt 5.16 works inside (build/lib/handlers/publish.js): hence the pinned version and a test.
 */
export class MqttConnection {
  /** Resolves when the connection is over, with why if it was not us. */
  readonly closed: Promise<Error | undefined>;
  readonly #client: MqttClient;
  readonly #options: Required<ConnectionOptions>;
  readonly #stream: MqttClient['stream'];
  #buffer: Delivery[] = [];
  #bufferedBytes = 0;
  #isClosed = false;
  /** A message came since #stayAlive last looked. */
  #heard = false;
  #lastError: Error | undefined;
  /** mqtt.js's leave to hand us the next message, kept back while the buffer is full. */
  #resume: (() => void) | undefined;
  #wake: (() => void) | undefined;

  private constructor(options: ConnectionOptions) {
    this.#options = { headBytes: 4096, maxBuffered: 2_000, maxBufferedBytes: 8 << 20, keepalive: 15, ...options };
    const { url, clientId, keepalive } = this.#options;
    const settings: IClientOptions = {
      ...{ clientId, keepalive, protocolVersion: 4, clean: false, reconnectPeriod: 0, connectTimeout: 10_000 },
      // What is published while there is no connection is lost with it: acks are built anew from what is stored.
      queueQoSZero: false,
    };
    this.#client = mqtt.connect(url, settings);
    this.#stream = this.#client.stream;
    this.#client.handleMessage = (packet, callback) => {
      this.#take(packet.topic, packet.payload as Buffer, packet.qos === 0 ? undefined : packet.messageId);
      const next = () => callback(NOT_ACKED);
      if (this.#isFull()) this.#resume = next;
      else next();
    };
    this.#client.on('error', (error) => (this.#lastError = error));
    const life = setInterval(() => this.#stayAlive(), (keepalive * 1000) / 3);
    this.closed = new Promise((resolve) =>
      this.#client.once('close', () => {
        clearInterval(life);
        this.#isClosed = true;
        // What isn't taken yet comes again on the next connection.
        this.#buffer = [];
        this.#wake?.();
        resolve(this.#lastError);
      }),
    );
  }

  /** Connects and subscribes. Throws an Error with the broker's or the network's words. */
  static async open(options: ConnectionOptions): Promise<MqttConnection> {
    const connection = new MqttConnection(options);
    const client = connection.#client;
    const words = `closed by the broker${/^mqtt:/.test(options.url) ? ' (mqtts:// is with TLS)' : ''}`;
    const refused = connection.closed.then((error) => Promise.reject(error ?? new Error(words)));
    try {
      await Promise.race([new Promise((resolve) => client.once('connect', resolve)), refused]);
      await Promise.race([client.subscribeAsync(options.filter, { qos: 1 }), refused]);
      return connection;
    } catch (error) {
      client.end(true);
      throw error;
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The oldest messages, at most `max`: waits for one. Empty when the connection is over or `signal` aborts. */
  async take(max: number, signal: AbortSignal): Promise<Delivery[]> {
    if (this.#buffer.length === 0 && !this.#isClosed && !signal.aborted) {
      await new Promise<void>((resolve) => {
        // One signal lives as long as its activity and sees every wait: each takes its listener along when it ends.
        const wake = () => {
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#wake = wake;
        signal.addEventListener('abort', wake);
      });
      this.#wake = undefined;
    }
    if (signal.aborted) return [];
    const taken = this.#buffer.splice(0, max);
    this.#bufferedBytes -= taken.reduce((sum, { payload }) => sum + payload.length, 0);
    if (this.#resume && !this.#isFull()) {
      const resume = this.#resume;
      this.#resume = undefined;
      this.#client.reschedulePing(true);
      resume();
    }
    return taken;
  }

  /** Tells the broker that these, taken from this connection, are safe. Too late when it is closed: they come again. */
  acknowledge(deliveries: readonly Delivery[]): void {
    const ids = deliveries.map(({ messageId }) => messageId).filter((id) => id !== undefined);
    if (this.#isClosed || this.#stream.destroyed || ids.length === 0) return;
    // PUBACK: type 4, two bytes follow, the packet id (MQTT 3.1.1 §3.4).
    const packets = Buffer.alloc(ids.length * 4);
    ids.forEach((id, i) => packets.writeUInt32BE((0x4002 << 16) + id, i * 4));
    this.#stream.write(packets);
  }

  /** Publishes with QoS 1, not retained; lost when the connection is. */
  publish(topic: string, payload: string): void {
    if (this.#isClosed) return;
    this.#client.publish(topic, payload, { qos: 1, retain: false }, (error) => {
      if (error) this.#lastError = error;
    });
  }

  /** Disconnects; what is not acknowledged stays with the broker for the next connection. */
  async close(): Promise<void> {
    // Acks under way get a second to leave, a broker that is gone no more than that.
    const hurry = setTimeout(() => this.#stream.destroy(), 1_000);
    this.#client.end();
    await this.closed;
    clearTimeout(hurry);
  }

  #take(topic: string, payload: Buffer, messageId: number | undefined): void {
    this.#heard = true;
    const { maxPayloadBytes, headBytes } = this.#options;
    const oversize = payload.length > maxPayloadBytes;
    const digestOfOversize = oversize ? createHash('sha256').update(payload).digest('hex') : undefined;
    // A copy, or the head would keep the whole in memory.
    const kept = oversize ? Buffer.from(payload.subarray(0, headBytes)) : payload;
    this.#buffer.push({ topic, payload: kept, digestOfOversize, messageId });
    this.#bufferedBytes += kept.length;
    this.#wake?.();
  }

  #isFull(): boolean {
    const { maxBuffered, maxBufferedBytes } = this.#options;
    return this.#buffer.length >= maxBuffered || this.#bufferedBytes >= maxBufferedBytes;
  }

  /**
   * mqtt.js takes a broker for alive by its ping responses alone. They come late behind many messages, which are as good
   * a sign; and while we don't read they wait unread.
   */
  #stayAlive(): void {
    if (this.#isClosed || (!this.#resume && !this.#heard)) return;
    this.#heard = false;
    this.#client.sendPing();
    this.#client.reschedulePing(true);
  }
}
