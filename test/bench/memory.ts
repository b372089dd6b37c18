import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectTemporal } from '../../infra/temporal/client.ts';
import { pauseLink, resumeLink, type CarrierLinkStatus } from '../../workflows/contracts.ts';
import { carrierLinkId } from '../../workflows/ids.ts';
import { Texts } from '../faults/texts.ts';
import { until } from '../support/poll.ts';
import { Rig } from '../support/rig.ts';
import type { BenchResult } from './result.ts';

/** Queued at once, each time that many. */
const BACKLOGS = [1_000, 10_000, 100_000, 100_000, 100_000, 100_000];
/** What is live after this one is compared with what is at the end, 200,000 texts later: by then code is compiled and shed. */
const WARM = 3;
/** Issue 4: ± 10 %. */
const GOAL = 1.1;
/** Room for a busy machine; a cost that grows with the queue would be tenfold. */
const COST_GOAL = 1.5;
const CHUNK = 10_000;
/** Never fewer are queued in all lanes together … */
const STANDING = 4_000;
/** … while these many pass, after which memory is compared. */
const PASSED = [30_000, 100_000] as const;
const STANDING_KINDS = ['safety', 'conversation', 'class-message', 'bulk'] as const;
/** Looking costs the parts under test their processor. */
const LOOK_EVERY_MS = 1_000;
const LOOK_OFTEN_MS = 20;

/** Memory of a carrier worker over 200,000 texts, and what a text costs as the queue grows. */
export async function benchMemory(): Promise<BenchResult[]> {
  const rig = await Rig.start({ workers: [], settings: { shared_buffers: '512MB', max_wal_size: '4GB' } });
  const folder = mkdtempSync(join(tmpdir(), 'campusline-bench-'));
  try {
    const worker = await startWorker(rig, folder);
    await rig.linksAreBound();
    const costs: number[] = [];
    const memory: number[] = [];
    for (const [i, backlog] of BACKLOGS.entries()) {
      costs.push(await drain(rig, i, backlog));
      memory.push(await worker.liveMemory());
    }
    const growth = memory.at(-1)! / memory[WARM]!;
    const cost = costs[2]! / costs[1]!;
    return [
      {
        name: 'memory-200k-texts',
        value: growth,
        unit: `× of what is live 200,000 texts before, ${(memory[WARM]! / 1e6).toFixed(0)} MB`,
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
    rmSync(folder, { recursive: true });
  }
}

/** Queues so many while the link is paused, lets it go, and tells ms a text from the first claim to the last outcome. */
async function drain(rig: Rig, nth: number, backlog: number): Promise<number> {
  const { pool } = rig;
  await steer(rig, pauseLink, 'paused');
  const before = await pool.query<{ text: number; batch: number }>(
    `select (select coalesce(max(id), 0) from sms) as text, (select coalesce(max(id), 0) from sms_batch) as batch`,
  );
  const { text, batch } = before.rows[0]!;
  const texts = await Texts.open(rig, `memory-${nth}`);
  for (let queued = 0; queued < backlog; queued += CHUNK) await texts.queue(Math.min(CHUNK, backlog), 'bulk');
  await pool.query('analyze sms_queue, sms');
  await steer(rig, resumeLink, 'bound');
  return until(
    'every text is accepted',
    async () => {
      await delay(LOOK_EVERY_MS);
      const { rows } = await pool.query<{ all: boolean; ms: number }>(
        `select count(*) = $3 as all,
          extract(epoch from max(at) - (select min(claimed_at) from sms_batch where id > $2))::float8 * 1000 as ms
        from sms_part where sms_id > $1`,
        [text, batch, backlog],
      );
      return rows[0]!.all && rows[0]!.ms / backlog;
    },
    180_000,
  );
}

/** Memory of a carrier worker early and late while texts of several lanes pass, of each of which there are always more. */
export async function benchStandingLanes(): Promise<BenchResult> {
  const rig = await Rig.start({ workers: [] });
  const folder = mkdtempSync(join(tmpdir(), 'campusline-bench-'));
  try {
    const worker = await startWorker(rig, folder);
    await rig.linksAreBound();
    const texts = await Texts.open(rig, 'memory-standing');
    let put = 0;
    const after = async (passed: number): Promise<number> => {
      for (;;) {
        const { rows } = await rig.pool.query<{ queued: number }>('select count(*) as queued from sms_queue');
        const { queued } = rows[0]!;
        if (put - queued >= passed) return worker.liveMemory();
        if (queued < STANDING) {
          await texts.queue(STANDING, ...STANDING_KINDS);
          put += STANDING;
        } else await delay(LOOK_OFTEN_MS);
      }
    };
    const [early, late] = [await after(PASSED[0]), await after(PASSED[1])];
    return {
      name: 'memory-standing-lanes',
      value: late / early,
      unit: `× of what is live ${PASSED[1] - PASSED[0]} texts before, ${(early / 1e6).toFixed(0)} MB`,
      goal: GOAL,
      ok: late <= GOAL * early,
    };
  } finally {
    await rig.stop();
    rmSync(folder, { recursive: true });
  }
}

/** By the signal an operator would send. */
async function steer(
  rig: Rig,
  signal: typeof pauseLink | typeof resumeLink,
  state: CarrierLinkStatus['state'],
): Promise<void> {
  const client = await connectTemporal({ address: rig.temporalAddress, namespace: 'default' });
  await client.workflow.getHandle(carrierLinkId('gansu', 0)).signal(signal);
  await client.connection.close();
  const reached = async () =>
    (await rig.pool.query(`select from carrier_link where tenant = 'gansu' and status->>'state' = $1`, [state]))
      .rowCount === 1;
  await until(`the link is ${state}`, reached, 60_000);
}

/** A carrier worker whose live memory can be asked for, in bytes. */
async function startWorker(rig: Rig, folder: string): Promise<{ liveMemory: () => Promise<number> }> {
  const file = join(folder, 'live-memory');
  const preload = new URL('./report-memory.ts', import.meta.url).href;
  const worker = await rig.startWorker(['carrier'], { NODE_OPTIONS: `--import=${preload}`, LIVE_MEMORY: file });
  return {
    async liveMemory() {
      rmSync(file, { force: true });
      worker.signal('SIGUSR2');
      return until('the worker tells its memory', () => existsSync(file) && Number(readFileSync(file, 'utf8')));
    },
  };
}
