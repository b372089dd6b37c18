import { randomBytes } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { getEventListeners, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MqttConnection, type ConnectionOptions } from '../../infra/mqtt/connection.ts';
import { swipesFilter } from '../../infra/mqtt/topics.ts';
import { BROKERS, type TestBroker } from '../support/brokers.ts';
import { until } from '../support/poll.ts';
import { ReaderClient } from '../support/reader.ts';

const never = new AbortController().signal;

describe.each(BROKERS)('a connection to %s', (_name, startABroker) => {
  let broker: TestBroker;
  let wire: Wire;
  let reader: ReaderClient;
  let connections: MqttConnection[];
  let clientId: string;

  beforeEach(async () => {
    broker = await startABroker();
    wire = await Wire.before(broker.platformUrl);
    reader = await ReaderClient.connect(broker);
    connections = [];
    clientId = `link-${randomBytes(4).toString('hex')}`;
  });
  afterEach(async () => {
    for (const connection of connections) await connection.close();
    await reader.close();
    wire.close();
    await broker.close();
  });

  async function open(options: Partial<ConnectionOptions> = {}): Promise<MqttConnection> {
    const connection = await MqttConnection.open({
      ...{ url: wire.url, clientId, filter: swipesFilter('gansu', '0'), maxPayloadBytes: 1_000 },
      ...options,
    });
    connections.push(connection);
    return connection;
  }

  it('sends no PUBACK until told to, then one for each message', async () => {
    const connection = await open();
    for (const text of ['a', 'b', 'c']) await reader.publish(text);
    const taken = [];
    while (taken.length < 3) taken.push(...(await connection.take(10, never)));
    expect(taken.map(({ payload }) => payload.toString())).toEqual(['a', 'b', 'c']);
    expect(wire.pubacks()).toEqual([]);
    connection.acknowledge(taken);
    await until('acknowledged', () => wire.pubacks().length === 3);
    expect(wire.pubacks()).toEqual(taken.map(({ messageId }) => messageId));
  });

  it('leaves no listener behind on the signal of its waits', async () => {
    const connection = await open();
    const owner = new AbortController();
    const listening = () => getEventListeners(owner.signal, 'abort').length;
    for (let wait = 0; wait < 100; wait++) {
      const taking = connection.take(10, owner.signal);
      expect(listening()).toBe(1);
      await reader.publish('a');
      connection.acknowledge(await taking);
      expect(listening()).toBe(0);
    }
    const aborted = connection.take(10, owner.signal);
    owner.abort();
    expect(await aborted).toEqual([]);
    expect(listening()).toBe(0);
  });

  it('gets what was not acknowledged again, and never acknowledges it by the old connection', async () => {
    const first = await open();
    await reader.publish('a');
    const stale = await first.take(10, never);
    wire.cut();
    await first.closed;
    const second = await open();
    first.acknowledge(stale);
    const again = await second.take(10, never);
    expect(again.map(({ payload }) => payload.toString())).toEqual(['a']);
    expect(wire.pubacks()).toEqual([]);
    second.acknowledge(again);
    await until('acknowledged', () => wire.pubacks().length === 1);

    await second.close();
    const third = await open();
    await reader.publish('b');
    expect((await third.take(10, never)).map(({ payload }) => payload.toString())).toEqual(['b']);
  });

  it('holds no more than it may in memory, loses nothing by it and stays connected', async () => {
    // A keepalive of a second: while it doesn't read it sees no ping response either.
    const connection = await open({ maxBuffered: 5, keepalive: 1 });
    for (let n = 0; n < 15; n++) await reader.publish(String(n));
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(connection.isClosed).toBe(false);
    const heard: string[] = [];
    while (heard.length < 15) {
      const taken = await connection.take(100, never);
      expect(taken.length).toBeLessThanOrEqual(5);
      heard.push(...taken.map(({ payload }) => payload.toString()));
      connection.acknowledge(taken);
    }
    expect(heard).toEqual(Array.from({ length: 15 }, (_, n) => String(n)));
  });

  it('takes messages for life where the answers to its pings are late', async () => {
    wire.swallowPingResponses = true;
    const connection = await open({ keepalive: 1 });
    const end = Date.now() + 2_500;
    while (Date.now() < end) {
      await reader.publish('a');
      connection.acknowledge(await connection.take(10, never));
      await delay(100);
    }
    expect(connection.isClosed).toBe(false);
    // And silence for death.
    expect((await connection.closed)?.message).toBe('Keepalive timeout');
  });

  it('keeps only the head of what is too large, and what it was', async () => {
    const connection = await open({ headBytes: 10 });
    await reader.publish('x'.repeat(1_001));
    const [delivery] = await connection.take(10, never);
    expect(delivery!.payload.toString()).toBe('x'.repeat(10));
    expect(delivery!.digestOfOversize).toMatch(/^[0-9a-f]{64}$/);
  });

  it('says why it can not be opened', async () => {
    wire.close();
    await expect(open()).rejects.toThrow(/ECONNREFUSED|closed/);
  });
});

const PINGRESP = Buffer.from([0xd0, 0]);

/** A wire to the broker that can be cut, and listened to. */
class Wire {
  url = '';
  swallowPingResponses = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #sent = Buffer.alloc(0);

  private constructor(server: Server) {
    this.#server = server;
  }

  static async before(brokerUrl: string): Promise<Wire> {
    const target = new URL(brokerUrl);
    const { port, hostname } = target;
    const wire = new Wire(createServer());
    wire.#server.on('connection', (near) => {
      const far = connect(Number(port), hostname);
      for (const socket of [near, far]) {
        wire.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => [near, far].forEach((each) => each.destroy()));
      }
      near.on('data', (data) => (wire.#sent = Buffer.concat([wire.#sent, data])));
      near.pipe(far);
      far.on('data', (data) => {
        if (!wire.swallowPingResponses || !data.equals(PINGRESP)) near.write(data);
      });
    });
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    target.port = String((wire.#server.address() as AddressInfo).port);
    wire.url = target.href;
    return wire;
  }

  /** Packet ids of the PUBACKs sent so far, over all connections. */
  pubacks(): number[] {
    const ids: number[] = [];
    // Whole packets: what we send is short, so the length is one byte, and a connect's is below 128 too.
    for (let at = 0; at + 1 < this.#sent.length; at += 2 + this.#sent[at + 1]!) {
      if (this.#sent[at] === 0x40) ids.push(this.#sent.readUInt16BE(at + 2));
    }
    return ids;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
