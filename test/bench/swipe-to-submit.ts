import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import mqtt from 'mqtt';
import { startStack } from '../support/stack.ts';
import type { BenchResult } from './result.ts';

const SWIPES_PER_SECOND = 20;
const SECONDS = 15;

/**
 * Swipe published → submit_sm seen at the SMSC, on the whole of `npm start`, at a gate's pace. Each swipe carries its
 * publishing time as the card's, so the accept-log's time less that is the way through every part.
 */
export async function benchSwipeToSubmit(): Promise<BenchResult[]> {
  const stack = await startStack({ args: ['--no-morning'] });
  try {
    const { demo } = stack;
    const reader = demo.readers.find(({ tenant }) => tenant === 'gansu')!;
    const students = demo.students.filter(({ schoolId }) => schoolId === reader.schoolId);
    const client = await mqtt.connectAsync(demo.mqtt, { ...demo.mqttCredentials, protocolVersion: 4 });
    const boot = randomBytes(4).toString('hex');
    const publishedAt = new Map<string, number>();

    for (let seq = 1; seq <= SWIPES_PER_SECOND * SECONDS; seq++) {
      const student = students[seq % students.length]!;
      // In and out in turn, so that no card is debounced while each round of the school takes over a second.
      const dir = Math.floor(seq / students.length) % 2 === 0 ? 'in' : 'out';
      const at = new Date().toISOString();
      const sig = createHmac('sha256', reader.key)
        .update([reader.deviceId, boot, seq, student.card, at, dir].join('|'))
        .digest('hex');
      for (const phone of student.guardians) publishedAt.set(`${phone} ${student.name} ${dir}`, Date.now());
      const topic = `campusline/${reader.tenant}/swipes/${reader.shard}/${reader.deviceId}`;
      await client.publishAsync(topic, JSON.stringify({ boot, seq, card: student.card, at, dir, sig }), { qos: 1 });
      await delay(1_000 / SWIPES_PER_SECOND);
    }
    return [];
  } finally {
    await stack.stop();
  }
}
