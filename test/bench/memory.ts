import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Texts } from '../faults/texts.ts';
import { until } from '../support/poll.ts';
import { Rig } from '../support/rig.ts';
import type { BenchResult } from './result.ts';

/** Queued at once, each time that many: together 200,000 and more. */
const BACKLOGS = [1_000, 10_000, 100_000, 100_000];
/** Issue 4: ± 10 %. */
const GOAL = 1.1;
/** Room for a busy machine; a cost that grows with the queue would be tenfold. */
const COST_GOAL = 1.5;
const CHUNK = 10_000;

/** Memory of a carrier worker over 200,000 texts, and what a text costs as the queue grows. */
export async function benchMemory(): Promise<BenchResult[]> {
  const rig = await Rig.start({ workers: [['carrier']], settings: { shared_buffers: '512MB', max_wal_size: '4GB' } });
  try {
    await rig.linksAreBound();
    const memory = watch(rig.workers('carrier')[0]!.pid);
    const costs: number[] = [];
    for (const [i, backlog] of BACKLOGS.entries()) {
      costs.push(await drain(rig, i, backlog));
      // Warm from here on: the code is compiled and the heap has its size.
      if (i === 1) memory.begin();
    }
    const growth = memory.stop();
    const cost = costs[2]! / costs[1]!;
    return [
      {
        name: 'memory-200k-texts',
        value: growth,
        unit: '× of the first third at the end (RSS)',
        goal: GOAL,
        ok: growth <= GOAL && growth >= 2 - GOAL,
      },
      {
        name: 'cost-per-text',
        value: costs[2]! * 1_000,
        unit: `µs at 100,000 queued; ${BACKLOGS.slice(0, 2)
          .map((n, i) => `${(costs[i]! * 1_000).toFixed(0)} at ${n}`)
          .join(', ')}`,
        against: '10,000 queued',
        ratio: cost,
        goal: COST_GOAL,
        ok: cost <= COST_GOAL,
      },
    ];
  } finally {
    await rig.stop();
  }
}

/** Queues so many while the link is paused, lets it go, and tells ms a text from first to last recorded. */
async function drain(rig: Rig, nth: number, backlog: number): Promise<number> {
  await pause(rig, true);
  const texts = await Texts.open(rig, `memory-${nth}`);
  for (let queued = 0; queued < backlog; queued += CHUNK) await texts.queue(Math.min(CHUNK, backlog), 'bulk');
  await rig.pool.query('analyze sms_queue, sms');
  await pause(rig, false);
  const since = performance.now();
  const left = async () => (await rig.pool.query('select from sms_queue limit 1')).rowCount === 0;
  await until('the queue is empty', left, 180_000);
  const open = async () =>
    (await rig.pool.query('select from sms_batch where settled_at is null limit 1')).rowCount === 0;
  await until('every batch is settled', open, 60_000);
  return (performance.now() - since) / backlog;
}

/** As an operator's pause does: the owner looks every second. */
async function pause(rig: Rig, paused: boolean): Promise<void> {
  await rig.pool.query(`update carrier_link set steering = $1 where tenant = 'gansu'`, [
    JSON.stringify({ paused, drained: false, rate: null }),
  ]);
  const wanted = paused ? 'paused' : 'bound';
  const is = async () =>
    (await rig.pool.query(`select from carrier_link where tenant = 'gansu' and status->>'state' = $1`, [wanted]))
      .rowCount === 1;
  await until(`the link is ${wanted}`, is);
}

/** Samples a process's memory; tells how the last third's median compares with the first's. */
function watch(pid: number): { begin: () => void; stop: () => number } {
  let samples: number[] = [];
  const timer = setInterval(() => samples.push(residentBytes(pid)), 250);
  return {
    begin: () => (samples = []),
    stop() {
      clearInterval(timer);
      const third = Math.floor(samples.length / 3);
      return median(samples.slice(-third)) / median(samples.slice(0, third));
    },
  };
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

function residentBytes(pid: number): number {
  if (process.platform === 'linux')
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
  return Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout) * 1024;
}
