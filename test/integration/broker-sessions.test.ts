import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BROKERS, type TestBroker } from '../support/brokers.ts';
import { until } from '../support/poll.ts';
import { GATES } from '../support/reader.ts';

/** The platform's, as activities/reader-run.ts builds it. */
const CLIENT_ID = 'campusline-gansu-0';
const [FIRST, SECOND] = GATES.map(({ deviceId }) => deviceId) as [string, string];

describe.each(BROKERS)('a session of the platform at %s', (_name, start) => {
  let broker: TestBroker;
  let clients: MqttClient[] = [];
  beforeAll(async () => {
    broker = await start();
  });
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.endAsync(true)));
    clients = [];
  });
  afterAll(() => broker.close());

  async function connect(url: string, options: IClientOptions): Promise<MqttClient> {
    const settings = { protocolVersion: 4, reconnectPeriod: 0, clean: false, ...options } as const;
    const client = await mqtt.connectAsync(url, settings, false);
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  }

  it('is not taken by a reader that was there first under its client id', async () => {
    const reader = await connect(broker.readerUrl(FIRST), { clientId: CLIENT_ID });
    const platform = await connect(broker.platformUrl, { clientId: CLIENT_ID });
    await platform.subscribeAsync('campusline/#', { qos: 1 });
    expect([platform.connected, reader.connected]).toEqual([true, true]);
  });

  it('is neither ended nor read by a reader that comes under its client id', async () => {
    const platform = await connect(broker.platformUrl, { clientId: CLIENT_ID });
    await platform.subscribeAsync('campusline/+/swipes/#', { qos: 1 });
    const heard: string[] = [];
    const stolen: string[] = [];
    platform.on('message', (topic) => heard.push(topic));
    const reader = await connect(broker.readerUrl(FIRST), { clientId: CLIENT_ID });
    reader.on('message', (topic) => stolen.push(topic));
    const { tenant, shard } = GATES[0]!;
    const topic = `campusline/${tenant}/swipes/${shard}/${FIRST}`;
    await reader.publishAsync(topic, 'x', { qos: 1 });
    await until('the platform hears it', () => heard.includes(topic));
    expect(platform.connected).toBe(true);
    expect(stolen).toEqual([]);
  });

  it('keeps what it missed, whoever came under its client id meanwhile', async () => {
    const first = await connect(broker.platformUrl, { clientId: CLIENT_ID });
    await first.subscribeAsync('campusline/+/swipes/#', { qos: 1 });
    await first.endAsync();
    const reader = await connect(broker.readerUrl(FIRST), { clientId: CLIENT_ID, clean: true });
    const { tenant, shard } = GATES[0]!;
    await reader.publishAsync(`campusline/${tenant}/swipes/${shard}/${FIRST}`, 'missed', { qos: 1 });
    const again = mqtt.connect(broker.platformUrl, { protocolVersion: 4, clean: false, clientId: CLIENT_ID });
    clients.push(again);
    const payload = await new Promise((resolve) => again.once('message', (_topic, body) => resolve(String(body))));
    expect(payload).toBe('missed');
  });

  it('of a reader is not taken by another reader', async () => {
    const [one, other] = [
      await connect(broker.readerUrl(FIRST), { clientId: FIRST }),
      await connect(broker.readerUrl(SECOND), { clientId: FIRST }),
    ];
    await other.publishAsync(`campusline/${GATES[1]!.tenant}/swipes/${GATES[1]!.shard}/${SECOND}`, 'x', { qos: 1 });
    expect([one.connected, other.connected]).toEqual([true, true]);
  });
});
