import { setTimeout as delay } from 'node:timers/promises';
import { Texts } from '../faults/texts.ts';
import { until } from '../support/poll.ts';
import { Rig } from '../support/rig.ts';
import type { LoggedSegment } from '../support/smsc-remote.ts';
import type { BenchResult } from './result.ts';

const RATE = 500;
const SECONDS = 20;
/** One-time passwords, one every so often, queued behind the broadcast. */
const PASSWORD_EVERY_MS = 250;
/** Issue 4: of the rate used; a one-time password's way to the SMSC, p99. */
const GOAL = 0.97;
const PASSWORD_WITHIN_MS = 5_000;

/** At 500 segments a second: how much of it is used, none above it in any second, and the lanes kept. */
export async function benchRate(): Promise<BenchResult[]> {
  const rig = await Rig.start({ workers: [['carrier']], smsRate: RATE });
  try {
    await rig.linksAreBound();
    const broadcast = await Texts.open(rig, 'rate-bulk');
    const urgent = await Texts.open(rig, 'rate-password');
    await broadcast.queue(RATE * SECONDS, 'bulk');
    const queuedAt = new Map<string, number>();
    while ((await broadcast.accepted()).length < RATE * (SECONDS - 2)) {
      const text = urgent.make('one-time-password');
      queuedAt.set(text.phone, Date.now());
      await urgent.put([text]);
      await delay(PASSWORD_EVERY_MS);
    }
    await until('all passwords accepted', async () => (await urgent.accepted()).length === queuedAt.size, 30_000);

    const passwords = await urgent.accepted();
    const times = [...(await broadcast.accepted()), ...passwords].map(at).sort((a, b) => a - b);
    const use = used(times);
    const peak = busiestSecond(times);
    const waits = passwords.map((each) => at(each) - queuedAt.get(each.to)!).sort((a, b) => a - b);
    const p99 = waits[Math.floor(waits.length * 0.99)]!;
    return [
      {
        name: 'rate-500-use',
        value: use,
        unit: `of ${RATE} segments/s, ${peak} in the busiest second`,
        goal: GOAL,
        ok: use >= GOAL && peak <= RATE && p99 <= PASSWORD_WITHIN_MS,
      },
      {
        name: 'rate-500-password-p99',
        value: p99,
        unit: 'ms behind a broadcast',
        goal: PASSWORD_WITHIN_MS,
        ok: p99 <= PASSWORD_WITHIN_MS,
      },
    ];
  } finally {
    await rig.stop();
  }
}

const at = (segment: LoggedSegment) => Date.parse(segment.at);

/** Share of the rate between the second and the last but one second: those in full use. */
function used(times: readonly number[]): number {
  const from = times[0]! + 1_000;
  const end = times.at(-1)! - 1_000;
  const inside = times.filter((time) => time >= from && time < end).length;
  return inside / (((end - from) / 1_000) * RATE);
}

/** The most in any second, wherever it begins. */
function busiestSecond(times: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [i, time] of times.entries()) {
    while (times[first]! <= time - 1_000) first++;
    most = Math.max(most, i - first + 1);
  }
  return most;
}
