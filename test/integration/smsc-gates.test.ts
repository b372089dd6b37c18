import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { gatesOf, type SchoolGates } from '../../infra/embedded/demo/gates.ts';
import { demoSchools } from '../../infra/embedded/demo/roster.ts';
import { startBroker, type Broker } from '../../infra/embedded/broker.ts';
import { choosePort } from '../../infra/embedded/ports.ts';
import { startSmsc, type Smsc } from '../../infra/embedded/smsc/smsc.ts';
import { isSignedBy } from '../../infra/mqtt/signature.ts';
import { acksTopic, deviceOf } from '../../infra/mqtt/topics.ts';
import type { SwipeClaim } from '../../workflows/domain/swipe.ts';
import { until } from '../support/poll.ts';

const folder = mkdtempSync(join(tmpdir(), 'campusline-gates-'));
const school = demoSchools('secret')[0]!;
const reader = school.readers[0]!;
const student = school.families[0]!.students[0]!;

let broker: Broker;
let smsc: Smsc;
/** Stands for the platform: hears every swipe and acks what the test lets it. */
let platform: MqttClient;
let heard: { topic: string; record: SwipeClaim }[] = [];
let acks = true;

beforeAll(async () => {
  const port = await choosePort(0);
  const login = { username: 'platform', password: 'p' };
  broker = await startBroker({
    port,
    accounts: [
      { role: 'platform', ...login },
      ...school.readers.map(({ deviceId: username, password, shard }) => ({
        ...{ role: 'reader' as const, username, password, tenant: school.tenant, shard },
      })),
    ],
  });
  platform = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, login);
  platform.on('message', (topic, payload) => {
    for (const record of JSON.parse(payload.toString()) as SwipeClaim[]) {
      heard.push({ topic, record });
      const { boot, seq } = record;
      const deviceId = deviceOf(topic);
      if (acks) platform.publish(acksTopic(school.tenant, deviceId), JSON.stringify({ boot, seq }), { qos: 1 });
    }
  });
  await platform.subscribeAsync('campusline/+/swipes/+/+', { qos: 1 });
  const gates = join(folder, 'gates.json');
  writeFileSync(gates, JSON.stringify(gatesOf([school], `mqtt://127.0.0.1:${port}`)));
  smsc = await startSmsc({ gates });
});
afterAll(async () => {
  await smsc.stop();
  await platform.endAsync();
  await broker.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  heard = [];
  acks = true;
});

const swipe = async (fields: object) => {
  const body = JSON.stringify({ deviceId: reader.deviceId, card: student.card, dir: 'in', ...fields });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${smsc.handsets}/gates/swipes`, { method: 'POST', body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe('a virtual reader', () => {
  it('is told of with its school and its children, and never with its key', async () => {
    const response = await fetch(`${smsc.handsets}/gates`);
    const words = await response.text();
    for (const { key, password } of school.readers) {
      expect(words).not.toContain(key);
      expect(words).not.toContain(password);
    }
    const [told] = JSON.parse(words) as SchoolGates[];
    expect(told).toMatchObject({ school: school.name, readers: school.readers.map(({ deviceId }) => deviceId) });
    expect(told!.classes.flatMap(({ students }) => students)).toHaveLength(120);
  });

  it('signs, counts up, and says that it was acked', async () => {
    const [first, second] = [await swipe({}), await swipe({ dir: 'out' })];
    expect([first, second]).toMatchObject([
      { status: 200, body: { acked: true, seq: 1 } },
      { status: 200, body: { acked: true, seq: 2, boot: first.body['boot'] } },
    ]);
    expect(heard.map(({ topic }) => topic)).toEqual(
      Array(2).fill(`campusline/gansu/swipes/${reader.shard}/${reader.deviceId}`),
    );
    expect(heard.map(({ record: { card, dir } }) => [card, dir])).toEqual([
      [student.card, 'in'],
      [student.card, 'out'],
    ]);
    for (const { record } of heard) expect(isSignedBy(reader.key, reader.deviceId, record)).toBe(true);
  });

  it('uploads a swipe of half an hour ago with its own time', async () => {
    await swipe({ minutesAgo: 30 });
    const minutes = (Date.now() - Date.parse(heard[0]!.record.at)) / 60_000;
    expect(minutes).toBeGreaterThanOrEqual(30);
    expect(minutes).toBeLessThan(31);
  });

  it('keeps what is not acked and sends it again with the next', async () => {
    acks = false;
    expect((await swipe({})).body).toMatchObject({ acked: false });
    acks = true;
    heard = [];
    const next = await swipe({ dir: 'out' });
    expect(next.body).toMatchObject({ acked: true });
    expect(heard.slice(0, 2).map(({ record: { dir } }) => dir)).toEqual(['in', 'out']);
  });

  it('forges under a boot of its own, and spends no seq', async () => {
    const { body: before } = await swipe({});
    heard = [];
    acks = false;
    expect(await swipe({ forged: true })).toMatchObject({ status: 200, body: { acked: false } });
    const { record } = await until('it is heard', () => heard[0]);
    acks = true;
    expect(isSignedBy(reader.key, reader.deviceId, record)).toBe(false);
    expect(record.boot).not.toBe(before['boot']);
    expect((await swipe({})).body).toMatchObject({ seq: Number(before['seq']) + 1 });
  });

  it.each<[what: string, fields: object, status: number, field: string]>([
    ['another direction', { dir: 'up' }, 400, 'dir'],
    ['the day after tomorrow', { minutesAgo: -1 }, 400, 'minutesAgo'],
    ['an unknown field', { key: 'k' }, 400, 'body'],
    ['a reader that is not there', { deviceId: 'gate-0' }, 404, ''],
  ])('refuses %s', async (_what, fields, status, field) => {
    const refused = await swipe(fields);
    expect(refused.status).toBe(status);
    if (field) expect(refused.body).toMatchObject({ errors: [{ field }] });
    expect(heard).toEqual([]);
  });
});

it('without a demo there is none', async () => {
  const bare = await startSmsc();
  expect(await (await fetch(`${bare.handsets}/gates`)).json()).toEqual([]);
  await bare.stop();
});
