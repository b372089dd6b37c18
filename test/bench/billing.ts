import { MockActivityEnvironment } from '@temporalio/testing';
import { createBillingActivities } from '../../activities/billing.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { backtest } from '../../infra/postgres/billing-replay.ts';
import { withTemporaryPostgres } from '../../infra/embedded/temporary-postgres.ts';
import { inTransaction, type Pool } from '../../infra/postgres/pool.ts';
import { monthsBetween } from '../../workflows/domain/billing-month.ts';
import { BILLING_OPTIONS } from '../../workflows/domain/billing-options.ts';
import { liveMemory } from './live-memory.ts';
import type { BenchResult } from './result.ts';

const SUBSCRIPTIONS = 1_000_000;
const BACKTEST_FAMILIES = 100_000;
/** A server's settings, not a laptop's: a checkpoint in the middle would be measured on one side only. */
const SERVER = { shared_buffers: '512MB', max_wal_size: '4GB' };
const carriers = loadCarriers();

/** A month of a million subscriptions through the cycle's own activities, over a bare INSERT … SELECT of its rows. */
export async function benchBilling(): Promise<BenchResult[]> {
  return withTemporaryPostgres('bench', SERVER, async (pool) => {
    await addSubscriptions(pool, SUBSCRIPTIONS);
    const march = { tenant: 'gansu', month: '2026-03' };
    const heaps: number[] = [];
    const firstMs = await timed(() =>
      chargeMonth(pool, march, async (part) => {
        if (part >= [1 / 4, 3 / 4, 2][heaps.length]!) heaps.push(await liveMemory());
      }),
    );
    const growth = heaps[1]! / heaps[0]!;
    const { rows } = await pool.query<{ count: number }>('select count(*) from charge');
    const againMs = await timed(() => chargeMonth(pool, march));

    await pool.query('create table bare (like charge including all); checkpoint');
    const columns = `tenant, unit, month, kind, fee_id, payer_guardian_id, package, fen, rule, profile_version, decided_at,
      reason, inputs, workflow_id, consent_event_id`;
    const bareMs = await timed(() => pool.query(`insert into bare (${columns}) select ${columns} from charge`));

    const allThere = rows[0]!.count === SUBSCRIPTIONS;
    const ratio = bareMs / firstMs;
    const rerun = againMs / firstMs;
    return [
      {
        name: 'billing-vs-insert-select',
        value: (SUBSCRIPTIONS / firstMs) * 1000,
        unit: 'rows/s',
        against: 'INSERT … SELECT',
        ratio,
        goal: 0.35,
        ok: allThere && ratio >= 0.35,
      },
      {
        name: 'billing-memory',
        value: growth,
        unit: '× at three quarters of what is live at a quarter',
        goal: 1.1,
        ok: growth <= 1.1,
      },
      {
        name: 'billing-rerun',
        value: againMs,
        unit: 'ms',
        against: 'first run',
        ratio: rerun,
        goal: 0.1,
        ok: rerun <= 0.1,
      },
    ];
  });
}

/** A changed tariff over a year of a hundred thousand families. */
export async function benchBacktest(): Promise<BenchResult> {
  return withTemporaryPostgres('bench', SERVER, async (pool) => {
    await addSubscriptions(pool, BACKTEST_FAMILIES);
    const before = carriers.versions('gansu');
    const after = before.map((version) => ({
      ...version,
      freeMonths: [2],
      packages: version.packages.map((each) => ({ ...each, fen: each.fen && each.fen - 100 })),
    }));
    const months = monthsBetween('2025-04', '2026-03');
    const ms = await timed(() => backtest(pool, { tenant: 'gansu', months, before, after }));
    return { name: 'backtest-12x100k', value: ms / 1000, unit: 's', goal: 60, ok: ms <= 60_000 };
  });
}

/** @param onStride told which part of the month has begun to be charged */
async function chargeMonth(
  pool: Pool,
  month: { tenant: string; month: string },
  onStride: (part: number) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const billing = createBillingActivities({ pool, carriers });
  const { chunkUnits, chunksPerActivity, parallel } = BILLING_OPTIONS;
  const { chunks } = await billing.openBilling({ ...month, chunkUnits });
  let next = 0;
  const strides = Array.from({ length: parallel }, async () => {
    while (next < chunks) {
      const range = { ...month, from: next, to: (next += chunksPerActivity) };
      await onStride(range.to / chunks);
      await new MockActivityEnvironment().run((input: typeof range) => billing.chargeChunks(input), range);
    }
  });
  await Promise.all(strides);
}

/** Nine in ten carried over, one in ten ordered in March; every tenth was cancelled and ordered again before. */
async function addSubscriptions(pool: Pool, count: number): Promise<void> {
  await inTransaction(pool, async (db) => {
    // The payers' rows are not what is measured: no foreign keys while this loads.
    await db.query(`set local session_replication_role = replica`);
    await db.query(
      `insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
      select 'gansu', 'h-' || lpad(n::text, 8, '0'), 'g-' || n, 'home-school', '{home-school}', 'active', now()
      from generate_series(1, $1::integer) n`,
      [count],
    );
    await db.query(
      `insert into subscription_event (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at,
        received_at)
      select 'gansu', 'h-' || lpad(n::text, 8, '0'), n || '/' || i, case when i = 2 then 'cancel' else 'order' end,
        'home-school', 'sms', 'g-' || n, 'g-' || n, at, at
      from generate_series(1, $1::integer) n
      cross join lateral (
        select 1 as i, case when n % 10 = 1 then timestamptz '2026-03-05 10:00+08' else '2025-05-05 10:00+08' end as at
        union all select 2, timestamptz '2025-09-10 10:00+08' where n % 10 = 0
        union all select 3, timestamptz '2025-12-11 10:00+08' where n % 10 = 0
      ) happened`,
      [count],
    );
  });
  await pool.query('vacuum analyze subscription, subscription_event');
  await pool.query('checkpoint');
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}
