import type { EventRow } from '../../workflows/domain/billing-decision.ts';
import { EVENT_ROW } from './charge-events.ts';
import type { Db } from './pool.ts';

/** A carrier's month, `2026-03`. */
export interface BillingMonth {
  tenant: string;
  month: string;
}

/** How far a run is; `settled`: charged, told and answered. */
export type RunState = 'charging' | 'awaiting-results' | 'results-overdue' | 'settled' | 'unbalanced';

/** Σ charges − reversals = Σ file lines + what is held back. */
export interface Balance {
  /** Σ fees in fen. */
  charges: number;
  /** Σ reversals in fen, positive. */
  reversals: number;
  /** Σ of the month's lines told for the first time, what was set off in them included. */
  fileLines: number;
  /** Σ of what needs no line: reversals of fees that the carrier did not collect, and fees wholly taken back untold. */
  held: number;
  balanced: boolean;
}

/** Opens the month's run, or finds it. */
export async function openRun(db: Db, { tenant, month }: BillingMonth, workflowId: string): Promise<void> {
  await db.query(
    `insert into billing_run (tenant, month, workflow_id) values ($1, $2::date, $3) on conflict do nothing`,
    [tenant, `${month}-01`, workflowId],
  );
}

/** Cuts the carrier's units into ranges of `size`, once; the outer ranges are open, so that no unit is left out. */
export async function planChunks(db: Db, { tenant, month }: BillingMonth, size: number): Promise<void> {
  await db.query(
    `with numbered as (
      select unit, row_number() over (order by unit) as n from subscription where tenant = $1
    ), bounds as (
      select unit, row_number() over (order by unit) as i from numbered where n % $3 = 0
    ), edges as (
      select i, unit from bounds union all select (select count(*) + 1 from bounds), null
    )
    insert into billing_chunk (tenant, month, chunk, after_unit, upto_unit)
    select $1, $2::date, i - 1, lag(unit) over (order by i), unit from edges
    where not exists (select 1 from billing_chunk where tenant = $1 and month = $2::date)
    on conflict do nothing`,
    [tenant, `${month}-01`, size],
  );
}

/** How many chunks the month was cut into. */
export async function countChunks(db: Db, { tenant, month }: BillingMonth): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    'select count(*) from billing_chunk where tenant = $1 and month = $2::date',
    [tenant, `${month}-01`],
  );
  return rows[0]!.count;
}

/** Chunks of [from, to) with something to charge: never charged, or with events before `until` that it did not see. */
export async function chunksToCharge(
  db: Db,
  { tenant, month }: BillingMonth,
  { from, to, until }: { from: number; to: number; until: number },
): Promise<number[]> {
  const range = [tenant, `${month}-01`, from, to];
  // Asked first and given as a value: the planner then knows how few events are later, and takes their index.
  const oldest = await db.query<{ xmin: string | null }>(
    `select min(pg_snapshot_xmin(snapshot))::text as xmin from billing_chunk
    where tenant = $1 and month = $2::date and chunk >= $3 and chunk < $4`,
    range,
  );
  const { rows } = await db.query<{ chunk: number }>(
    `with late as materialized (
      select unit, recorded_txid from subscription_event
      where tenant = $1 and recorded_txid >= $6::xid8 and at < $5
    )
    select chunk from billing_chunk c
    where tenant = $1 and month = $2::date and chunk >= $3 and chunk < $4 and (snapshot is null or exists (
      select 1 from late
      where not pg_visible_in_snapshot(recorded_txid, c.snapshot)
        and (c.after_unit is null or unit > c.after_unit) and (c.upto_unit is null or unit <= c.upto_unit)))
    order by chunk`,
    [...range, new Date(until), oldest.rows[0]!.xmin],
  );
  return rows.map(({ chunk }) => chunk);
}

/**
 * The events before `until` of a chunk's units: of all of them the first time, later only of units with events unseen
 * so far. Marks them as seen, so it belongs into the transaction that charges them.
 */
export async function takeChunk(
  db: Db,
  { tenant, month }: BillingMonth,
  chunk: number,
  until: number,
): Promise<{ again: boolean; events: EventRow[] }> {
  const { rows } = await db.query<{ after: string | null; upto: string | null; snapshot: string | null; now: string }>(
    `select after_unit as after, upto_unit as upto, snapshot::text, pg_current_snapshot()::text as now
    from billing_chunk where tenant = $1 and month = $2::date and chunk = $3 for update`,
    [tenant, `${month}-01`, chunk],
  );
  const { after, upto, snapshot, now } = rows[0]!;
  // The snapshot kept is older than the one read under: what commits in between is looked at twice, never missed.
  await db.query(
    'update billing_chunk set snapshot = $4::pg_snapshot where tenant = $1 and month = $2::date and chunk = $3',
    [tenant, `${month}-01`, chunk, now],
  );
  const range = [tenant, after ?? '', upto, new Date(until)];
  // Units first and events then, each by its index: as one statement the planner guesses, and loops over all.
  const late = snapshot === null ? null : await unitsUnseen(db, range, snapshot);
  const read = await db.query<EventRow>({
    rowMode: 'array',
    text: `select ${EVENT_ROW} from subscription_event
      where tenant = $1 and unit > $2 and ($3::text is null or unit <= $3) and at < $4 ${late ? 'and unit = any($5)' : ''}
      order by unit, at, id`,
    values: late ? [...range, late] : range,
  });
  return { again: late !== null, events: read.rows };
}

async function unitsUnseen(db: Db, range: unknown[], snapshot: string): Promise<string[]> {
  const { rows } = await db.query<{ unit: string }>(
    `select distinct unit from subscription_event
    where tenant = $1 and unit > $2 and ($3::text is null or unit <= $3) and at < $4
      and recorded_txid >= pg_snapshot_xmin($5::pg_snapshot)
      and not pg_visible_in_snapshot(recorded_txid, $5::pg_snapshot)`,
    [...range, snapshot],
  );
  return rows.map(({ unit }) => unit);
}

/** Months of the carrier before `month` that were charged, the latest `count`, oldest first. */
export async function chargedMonthsBefore(db: Db, { tenant, month }: BillingMonth, count: number): Promise<string[]> {
  const { rows } = await db.query<{ month: string }>(
    `select to_char(month, 'YYYY-MM') as month from billing_run
    where tenant = $1 and month < $2::date and charged_at is not null order by month desc limit $3`,
    [tenant, `${month}-01`, count],
  );
  return rows.map((row) => row.month).reverse();
}

/** Moves the run on; `charged_at` is kept from the first time. */
export async function setRunState(db: Db, { tenant, month }: BillingMonth, state: RunState): Promise<void> {
  await db.query(
    `update billing_run set state = $3,
      charged_at = coalesce(charged_at, case when $3 <> 'charging' then now() end)
    where tenant = $1 and month = $2::date`,
    [tenant, `${month}-01`, state],
  );
}

/** Adds up the month's ledger and what its carrier was told, and keeps the answer with the run. */
export async function checkBalance(db: Db, { tenant, month }: BillingMonth): Promise<Balance> {
  const { rows } = await db.query<Omit<Balance, 'balanced'>>(
    `select coalesce(sum(c.fen) filter (where c.kind = 'fee'), 0)::bigint as charges,
      coalesce(-sum(c.fen) filter (where c.kind = 'reversal'), 0)::bigint as reversals,
      coalesce(sum(l.fen - off.fen), 0)::bigint as "fileLines",
      coalesce(sum(c.fen) filter (where l.charge_id is null and (c.kind = 'reversal' or fee_left(c) = 0)), 0)::bigint as held
    from charge c
    left join charge_file_line l on l.charge_id = c.id and l.attempt = 1
    cross join lateral (
      select case when coalesce(l.set_off, '{}') = '{}' then 0 else (
        select sum(back.fen) from charge back where back.id = any (l.set_off)) end as fen
    ) off
    where c.tenant = $1 and c.month = $2::date`,
    [tenant, `${month}-01`],
  );
  const sums = rows[0]!;
  const balance = { ...sums, balanced: sums.charges - sums.reversals === sums.fileLines + sums.held };
  await db.query('update billing_run set balance = $3 where tenant = $1 and month = $2::date', [
    tenant,
    `${month}-01`,
    balance,
  ]);
  return balance;
}
