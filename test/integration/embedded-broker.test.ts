import { once } from 'node:events';
import { createConnection } from 'node:net';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startBroker, type Broker, type BrokerAccount } from '../../infra/embedded/broker.ts';
import { choosePort } from '../../infra/embedded/ports.ts';
import { until } from '../support/poll.ts';

const ACCOUNTS: BrokerAccount[] = [
  { role: 'platform', username: 'platform', password: 'p' },
  { role: 'fleet', username: 'fleet', password: 'f' },
  { role: 'reader', username: 'gate-1', password: '1', tenant: 'gansu', shard: '1' },
  { role: 'reader', username: 'gate-2', password: '2', tenant: 'gansu', shard: '1' },
];
const LIMIT = 2 * 1024 * 1024;

/** Not events.once, which a connection reset would reject. */
const closeOf = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', resolve));

describe('the embedded broker', () => {
  let broker: Broker;
  let clients: MqttClient[] = [];
  beforeAll(async () => {
    broker = await startBroker({ port: await choosePort(0), accounts: ACCOUNTS, maxPacketBytes: LIMIT });
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.endAsync(true)));
    clients = [];
  });
  afterAll(() => broker.close());

  async function connect(username: string, password: string, options: IClientOptions = {}): Promise<MqttClient> {
    const client = await mqtt.connectAsync(
      `mqtt://127.0.0.1:${broker.port}`,
      { username, password, protocolVersion: 4, reconnectPeriod: 0, ...options },
      false,
    );
    clients.push(client);
    client.on('error', () => undefined);
    return client;
  }

  /** A platform that hears all swipes. */
  async function platform(): Promise<string[]> {
    const heard: string[] = [];
    const client = await connect('platform', 'p');
    client.on('message', (topic, payload) => heard.push(`${topic} ${payload.length}`));
    await client.subscribeAsync('campusline/+/swipes/#', { qos: 1 });
    return heard;
  }

  it.each([
    ['a wrong password', 'fleet', 'x'],
    ['an unknown account', 'nobody', 'f'],
    ['no account', '', ''],
  ])('refuses %s', async (_what, username, password) => {
    await expect(connect(username, password)).rejects.toThrow(/Not authorized|Bad username or password/i);
  });

  it('refuses MQTT 5, which it does not speak', async () => {
    await expect(connect('fleet', 'f', { protocolVersion: 5 })).rejects.toThrow();
  });

  const may: [string, string, string, string][] = [
    ['a reader', 'gate-1', '1', 'campusline/gansu/swipes/1/gate-1'],
    ['the fleet account', 'fleet', 'f', 'campusline/gansu/swipes/1/gate-2'],
    ['the fleet account, for a device nobody knows,', 'fleet', 'f', 'campusline/shanxi/swipes/7/ghost'],
  ];
  it.each(may)('%s may publish there', async (_who, username, password, topic) => {
    const heard = await platform();
    const client = await connect(username, password);
    await client.publishAsync(topic, 'x', { qos: 1, retain: true });
    await until('heard', () => heard.includes(`${topic} 1`));
    // Nothing is retained: who comes later hears nothing.
    expect(await platform()).toEqual([]);
  });

  const mayNot: [string, string, string, string][] = [
    ["a reader on another's topic", 'gate-1', '1', 'campusline/gansu/swipes/1/gate-2'],
    ['a reader in another shard', 'gate-1', '1', 'campusline/gansu/swipes/2/gate-1'],
    ["a reader on another carrier's topic", 'gate-1', '1', 'campusline/shanxi/swipes/1/gate-1'],
    ['a reader acking itself', 'gate-1', '1', 'campusline/gansu/acks/gate-1'],
    ['the fleet account acking', 'fleet', 'f', 'campusline/gansu/acks/gate-1'],
    ['the fleet account elsewhere', 'fleet', 'f', 'elsewhere'],
    // MQTT 3.1.1 §1.5.3: no U+0000. Mosquitto refuses it too, and Postgres could not hold it.
    ['a topic with a NUL', 'fleet', 'f', 'campusline/gansu/swipes/1/a\0b'],
    ["the platform's with a NUL", 'platform', 'p', 'campusline/gansu/swipes/1/a\0b'],
  ];
  it.each(mayNot)('%s is cut off', async (_who, username, password, topic) => {
    const heard = await platform();
    const client = await connect(username, password);
    const closed = closeOf(client);
    client.publish(topic, 'x', { qos: 1 });
    await closed;
    expect(heard).toEqual([]);
  });

  it.each([
    ['its own acks', 'campusline/gansu/acks/gate-1', 1],
    ["another's acks", 'campusline/gansu/acks/gate-2', 128],
    ['all acks', 'campusline/gansu/acks/+', 128],
    ['swipes', 'campusline/gansu/swipes/1/gate-1', 128],
    ['everything', '#', 128],
  ])('a reader subscribes to %s: %s → %i', async (_what, topic, qos) => {
    const client = await connect('gate-1', '1');
    const answer = await new Promise((resolve) =>
      client.subscribe(topic, { qos: 1 }, (error, granted) => resolve(error ? 128 : granted?.[0]?.qos)),
    );
    expect(answer).toBe(qos);
  });

  it('keeps for a session that is away what it missed', async () => {
    const options = { clientId: 'away', clean: false };
    const first = await connect('platform', 'p', options);
    await first.subscribeAsync('campusline/+/swipes/#', { qos: 1 });
    await first.endAsync();
    const reader = await connect('gate-1', '1');
    await reader.publishAsync('campusline/gansu/swipes/1/gate-1', 'missed', { qos: 1 });

    const again = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, {
      ...{ username: 'platform', password: 'p', protocolVersion: 4 },
      ...options,
    });
    clients.push(again);
    const payload = await new Promise<string>((resolve) =>
      again.once('message', (_topic, body) => resolve(String(body))),
    );
    expect(payload).toBe('missed');
  });

  it('carries a megabyte, cuts off what is beyond its limit, and lives on', async () => {
    const heard = await platform();
    const client = await connect('fleet', 'f');
    const topic = 'campusline/gansu/swipes/1/gate-1';
    await client.publishAsync(topic, Buffer.alloc(1024 * 1024), { qos: 1 });
    await until('the megabyte', () => heard.includes(`${topic} ${1024 * 1024}`));
    const closed = closeOf(client);
    client.publish(topic, Buffer.alloc(LIMIT + 1), { qos: 1 });
    await closed;
    const next = await connect('fleet', 'f');
    await next.publishAsync(topic, 'small', { qos: 1 });
    await until('the small one', () => heard.includes(`${topic} 5`));
    expect(heard).toHaveLength(2);
  });

  it.each([
    ['noise', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a length of five bytes', Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x01])],
    ['256 MB announced', Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])],
    ['a publish before the connect', Buffer.from([0x30, 0x03, 0x00, 0x01, 0x61])],
  ])('closes on %s and lives on', async (_what, bytes) => {
    const socket = createConnection(broker.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const closed = once(socket, 'close');
    socket.resume();
    socket.end(bytes);
    await closed;
    await connect('fleet', 'f');
  });
});
