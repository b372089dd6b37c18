import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '../../postgres/pool.ts';
import { attendanceEventId } from '../../../workflows/ids.ts';
import type { DemoSchool } from './roster.ts';
import { VirtualReader, type CardSwipe } from './virtual-reader.ts';

/** What became of the morning's swipes. */
export interface Morning {
  swipes: number;
  acked: number;
  /** Texts that were asked for, and those a receipt says arrived. */
  texts: number;
  delivered: number;
  /** Guardians without the service: told nothing, with the reason recorded. */
  suppressed: number;
  /** One of those whose text arrived, of the first school where there is one; null: nobody's did. */
  textedPhone: string | null;
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

/**
 * A short morning at the gates, through one real reader of each school: signed swipes over MQTT, kept until acked,
 * then waits for the parents' texts to be delivered.
 */
export async function runMorning(options: MorningOptions): Promise<Morning> {
  const deadline = Date.now() + options.timeoutMs;
  const gates = await Promise.all(
    options.schools.map(async (school) => {
      const { tenant, readers } = school;
      const reader = new VirtualReader({ mqttUrl: options.mqttUrl, tenant, ...readers[0]! });
      const swipes = cardsOfLastClass(school, options.swipesPerSchool).map(anArrival);
      const { records, acked } = await reader.send(swipes, deadline - Date.now());
      return { acked, workflowIds: records.map(({ boot, seq }) => attendanceEventId(readers[0]!.deviceId, boot, seq)) };
    }),
  );
  const workflowIds = gates.flatMap((gate) => gate.workflowIds);
  for (;;) {
    const outcome = await outcomeOf(options.pool, workflowIds);
    const settled = outcome.recorded === workflowIds.length && outcome.delivered === outcome.texts;
    if (settled || Date.now() > deadline) {
      const { texts, delivered, suppressed, textedPhone } = outcome;
      const acked = sum(gates.map((gate) => gate.acked));
      return { swipes: workflowIds.length, acked, texts, delivered, suppressed, textedPhone };
    }
    await delay(50);
  }
}

/**
 * Cards of the last class rather than the first, which people try things with: its first child, whose parent can sign
 * in and is told of after the start, and others each time.
 */
function cardsOfLastClass({ classes, families }: DemoSchool, count: number): string[] {
  const last = classes.at(-1)!.id;
  const [first, ...others] = families.flatMap(({ students }) => students.filter(({ classId }) => classId === last));
  const from = Math.floor(Math.random() * others.length);
  return [first!, ...others.slice(from), ...others.slice(0, from)].slice(0, count).map(({ card }) => card);
}

/** Of one to two minutes ago: whoever swipes that card now is not debounced by it. */
function anArrival(card: string, i: number): CardSwipe {
  return { card, dir: 'in', at: Date.now() - 61_000 - ((i * 4_900) % 59_000) };
}

async function outcomeOf(pool: Pool, workflowIds: string[]) {
  const { rows } = await pool.query<
    Record<'recorded' | 'texts' | 'delivered' | 'suppressed', number> & { textedPhone: string | null }
  >(
    `select
      (select count(*) from attendance where workflow_id = any($1)) as recorded,
      (select count(*) from sms where workflow_id = any($1)) as texts,
      (select count(*) from sms join sms_status on sms_id = id
        where workflow_id = any($1) and state = 'DELIVERED') as delivered,
      (select count(*) from sms_suppression where workflow_id = any($1)) as suppressed,
      (select phone from sms join sms_status on sms_id = id
        where workflow_id = any($1) and state = 'DELIVERED' order by tenant, phone limit 1) as "textedPhone"`,
    [workflowIds],
  );
  return rows[0]!;
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
