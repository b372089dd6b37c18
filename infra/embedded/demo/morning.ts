import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import mqtt from 'mqtt';
import type { Pool } from '../../postgres/pool.ts';
import { attendanceEventId } from '../../../workflows/ids.ts';
import type { DemoReader, DemoSchool } from './roster.ts';

/** What became of the morning's swipes. */
export interface Morning {
  swipes: number;
  acked: number;
  /** Texts that were asked for, and those a receipt says arrived. */
  texts: number;
  delivered: number;
  /** Guardians without the service: told nothing, with the reason recorded. */
  suppressed: number;
}

export interface MorningOptions {
  mqttUrl: string;
  pool: Pool;
  schools: readonly DemoSchool[];
  /** Children at each gate. */
  swipesPerSchool: number;
  /** What isn't acked and delivered by then is told as such. */
  timeoutMs: number;
}

/** A reader sends again what isn't acked after this. */
const RESEND_MS = 1_000;

/**
 * A short morning at the gates, through one real reader of each school: signed swipes over MQTT, kept until acked,
 * then waits for the parents' texts to be delivered.
 */
export async function runMorning(options: MorningOptions): Promise<Morning> {
  const deadline = Date.now() + options.timeoutMs;
  const gates = await Promise.all(
    options.schools.map(async (school) => {
      const reader = school.readers[0]!;
      // A boot of its own each time: a reader counts from 1 after every power cut.
      const boot = randomBytes(4).toString('hex');
      const cards = cardsOfLastClass(school, options.swipesPerSchool);
      const acked = await swipe({ school, reader, boot, cards, mqttUrl: options.mqttUrl, deadline });
      return { workflowIds: cards.map((_, i) => attendanceEventId(reader.deviceId, boot, i + 1)), acked };
    }),
  );
  const workflowIds = gates.flatMap((gate) => gate.workflowIds);
  for (;;) {
    const outcome = await outcomeOf(options.pool, workflowIds);
    const settled = outcome.recorded === workflowIds.length && outcome.delivered === outcome.texts;
    if (settled || Date.now() > deadline) {
      const { texts, delivered, suppressed } = outcome;
      return { swipes: workflowIds.length, acked: sum(gates.map(({ acked }) => acked)), texts, delivered, suppressed };
    }
    await delay(50);
  }
}

/** The last class rather than the first, which people try things with, and others each time. */
function cardsOfLastClass({ classes, families }: DemoSchool, count: number): string[] {
  const last = classes.at(-1)!.id;
  const cards = families.flatMap(({ students }) => students.filter(({ classId }) => classId === last));
  const from = Math.floor(Math.random() * cards.length);
  return [...cards.slice(from), ...cards.slice(0, from)].slice(0, count).map(({ card }) => card);
}

interface SwipeRun {
  school: DemoSchool;
  reader: DemoReader;
  boot: string;
  cards: string[];
  mqttUrl: string;
  deadline: number;
}

/** Publishes one record for each card until the platform has acked them all; returns how many it has. */
async function swipe({ school, reader, boot, cards, mqttUrl, deadline }: SwipeRun): Promise<number> {
  const { deviceId, shard, key, password } = reader;
  const client = await mqtt.connectAsync(mqttUrl, {
    ...(new URL(mqttUrl).username ? {} : { username: deviceId, password }),
    ...{ clientId: deviceId, clean: false, protocolVersion: 4, reconnectPeriod: 200, connectTimeout: 5_000 },
  });
  // It reconnects by itself; what failed in the end shows as not acked.
  client.on('error', () => undefined);
  let acked = 0;
  client.on('message', (_topic, payload) => {
    const ack = JSON.parse(payload.toString()) as { boot: string; seq: number };
    if (ack.boot === boot) acked = Math.max(acked, ack.seq);
  });
  try {
    await client.subscribeAsync(`campusline/${school.tenant}/acks/${deviceId}`, { qos: 1 });
    const records = cards.map((card, i) => record(deviceId, key, boot, i + 1, card));
    let sentAt = 0;
    while (acked < records.length && Date.now() < deadline) {
      if (Date.now() - sentAt > RESEND_MS) {
        sentAt = Date.now();
        const unacked = JSON.stringify(records.slice(acked));
        await client.publishAsync(`campusline/${school.tenant}/swipes/${shard}/${deviceId}`, unacked, { qos: 1 });
      }
      await delay(20);
    }
  } finally {
    await client.endAsync(true);
  }
  return acked;
}

/** A signed record of one to two minutes ago: whoever swipes that card now is not debounced by it. */
function record(deviceId: string, key: string, boot: string, seq: number, card: string) {
  const at = inChina(Date.now() - 61_000 - ((seq * 4_900) % 59_000));
  const dir = 'in';
  const sig = createHmac('sha256', key).update([deviceId, boot, seq, card, at, dir].join('|')).digest('hex');
  return { boot, seq, card, at, dir, sig };
}

function inChina(ms: number): string {
  return `${new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19)}+08:00`;
}

async function outcomeOf(pool: Pool, workflowIds: string[]) {
  const { rows } = await pool.query<Record<'recorded' | 'texts' | 'delivered' | 'suppressed', number>>(
    `select
      (select count(*) from attendance where workflow_id = any($1)) as recorded,
      (select count(*) from sms where workflow_id = any($1)) as texts,
      (select count(*) from sms join sms_status on sms_id = id
        where workflow_id = any($1) and state = 'DELIVERED') as delivered,
      (select count(*) from sms_suppression where workflow_id = any($1)) as suppressed`,
    [workflowIds],
  );
  return rows[0]!;
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
