import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import mqtt from 'mqtt';
import type { Demo } from '../support/demo.ts';
import { until } from '../support/poll.ts';
import { startStack } from '../support/stack.ts';
import type { BenchResult } from './result.ts';

const SWIPES_PER_SECOND = 20;
/** Issue 3. */
const GOAL_P99_MS = 1_000;

/**
 * Swipe published → submit_sm accepted by the SMSC, through the whole of `npm start`, at a gate's pace: every child of
 * the school comes in, then goes out. The accept-log's time less that of the publishing is the way through every part.
 */
export async function benchSwipeToSubmit(): Promise<BenchResult[]> {
  const stack = await startStack({ args: ['--no-morning'] });
  try {
    const publishedAt = await swipeTheSchool(stack.demo);
    const latencies = (await submitted(stack.demo, publishedAt.size))
      .map(({ key, at }) => at - publishedAt.get(key)!)
      .sort((a, b) => a - b);
    const percentile = (share: number) => latencies[Math.ceil(latencies.length * share) - 1]!;
    return [['swipe-to-submit-p50', percentile(0.5)] as const, ['swipe-to-submit-p99', percentile(0.99)] as const].map(
      ([name, value]) => ({ name, value, unit: 'ms', goal: GOAL_P99_MS, ok: value <= GOAL_P99_MS }),
    );
  } finally {
    await stack.stop();
  }
}

/** Publishes the swipes, evenly; returns when each text's swipe was published, by phone, child and direction. */
async function swipeTheSchool(demo: Demo): Promise<Map<string, number>> {
  const reader = demo.readers.find(({ tenant }) => tenant === demo.carrier.profile)!;
  const students = demo.students.filter(({ schoolId }) => schoolId === reader.schoolId);
  const client = await mqtt.connectAsync(demo.mqtt, { ...demo.mqttCredentials, protocolVersion: 4 });
  const topic = `campusline/${reader.tenant}/swipes/${reader.shard}/${reader.deviceId}`;
  const boot = randomBytes(4).toString('hex');
  const publishedAt = new Map<string, number>();
  const begin = Date.now();
  let seq = 0;
  for (const dir of ['in', 'out']) {
    for (const { card, name, guardians } of students) {
      const at = new Date().toISOString();
      const signed = [reader.deviceId, boot, ++seq, card, at, dir].join('|');
      const sig = createHmac('sha256', reader.key).update(signed).digest('hex');
      for (const phone of guardians) publishedAt.set(`${phone} ${name} ${dir}`, Date.now());
      await client.publishAsync(topic, JSON.stringify({ boot, seq, card, at, dir, sig }), { qos: 1 });
      await delay(Math.max(0, begin + (seq * 1_000) / SWIPES_PER_SECOND - Date.now()));
    }
  }
  await client.endAsync();
  return publishedAt;
}

/** Waits until the SMSC has accepted `count` texts; returns when, by the same keys. */
async function submitted(demo: Demo, count: number): Promise<{ key: string; at: number }[]> {
  const entries = await until(
    `${count} texts at the SMSC`,
    async () => {
      const log = await readAcceptLog(demo);
      return log.length >= count && log;
    },
    60_000,
  );
  return entries.map(({ to, text, at }) => {
    const [, name, verb] = /您的孩子(.+)已于.*(到校|离校)/.exec(text)!;
    return { key: `${to} ${name} ${verb === '到校' ? 'in' : 'out'}`, at: Date.parse(at) };
  });
}

async function readAcceptLog(demo: Demo): Promise<{ to: string; text: string; at: string }[]> {
  const response = await fetch(`${demo.handsets}/accept-log?limit=1000`);
  return (await response.json()) as { to: string; text: string; at: string }[];
}
