import type { ChargeFileLine } from '../../workflows/domain/charge-file.ts';
import type { ToldLine } from '../../workflows/domain/results-file.ts';
import type { BillingMonth } from './billing-runs.ts';
import { inTransaction, type Db, type Pool } from './pool.ts';

/** A charge file as it was written. */
export interface ChargeFile {
  id: number;
  month: string;
  lines: number;
  fen: number;
  createdAt: Date;
  /** Whether the carrier's results have been accepted. */
  answered: boolean;
}

/** What a charge file says beyond the ledger: names of packages by id, and the words beside a line. */
export interface FileWords {
  packages: Record<string, string>;
  /** By the reason of the charge. */
  notes: Record<string, string>;
  retry: string;
}

/**
 * Writes the charge file of everything the carrier has not been told yet, up to and with `month`: fees, less what was
 * taken back of them, reversals of fees that were collected, and refused fees whose retry is due. A fee taken back before it was told is
 * not told at all. Nothing to tell: no file.
 */
export async function writeChargeFile(pool: Pool, { tenant, month }: BillingMonth, words: FileWords): Promise<void> {
  await inTransaction(pool, async (db) => {
    // Two runs of one carrier never tell the same charge: they take turns.
    await db.query(`select pg_advisory_xact_lock(hashtextextended('charge-file/' || $1, 0))`, [tenant]);
    const { rows } = await db.query<{ id: number }>(
      `with due as materialized (${DUE}), file as (
        insert into charge_file (tenant, month, lines, fen)
        select $1, $2::date, count(*), sum(fen) from due having count(*) > 0 returning id
      ), lines as (
        insert into charge_file_line (file_id, line, charge_id, attempt, package_id, package, fen, set_off, phone,
          starts_at, note)
        select file.id, row_number() over (order by due.charge_id, due.attempt), due.charge_id, due.attempt, due.package,
          coalesce($3::jsonb ->> due.package, due.package), due.fen, due.set_off, guardian.phone, due.starts_at,
          case when due.attempt > 1 then $5 else coalesce($4::jsonb ->> due.reason, due.rule) end
        from due join guardian on guardian.id = due.payer_guardian_id cross join file
        returning file_id
      )
      select id from file where (select count(*) from lines) > 0`,
      [tenant, `${month}-01`, words.packages, words.notes, words.retry],
    );
    if (rows[0]) await refuseShortFile(db, rows[0].id);
  });
}

/**
 * 启动计费时间 is when the fee was decided. Zero lines ask for nothing and stay in the ledger alone. A fee is asked for
 * less what was taken back of it by then: what is set off so is not told by itself.
 */
const DUE = `
  select fee.id as charge_id, asked.attempt, fee.package, (fee.fen + coalesce(back.fen, 0))::integer as fen,
    coalesce(back.ids, '{}') as set_off, fee.payer_guardian_id, fee.decided_at as starts_at, fee.rule, fee.reason
  from (
    select c.id, 1::smallint as attempt from charge c left join charge_file_line told on told.charge_id = c.id
    where c.tenant = $1 and c.month <= $2::date and c.kind = 'fee' and c.fen > 0 and told.charge_id is null
    union all
    select r.charge_id, (r.attempt + 1)::smallint from charge_result r
    where r.retry_month <= $2::date and not exists (
      select 1 from charge_file_line again where again.charge_id = r.charge_id and again.attempt > r.attempt)
  ) asked
  join charge fee on fee.id = asked.id and fee.tenant = $1
  left join (
    select fee_id, sum(fen) as fen, array_agg(id order by id) as ids from charge
    where tenant = $1 and kind = 'reversal' group by fee_id
  ) back on back.fee_id = fee.id
  where fee.fen + coalesce(back.fen, 0) > 0
  union all
  select back.id, 1::smallint, back.package, back.fen, '{}', back.payer_guardian_id, back.decided_at, back.rule, back.reason
  from charge back left join charge_file_line told on told.charge_id = back.id
  where back.tenant = $1 and back.month <= $2::date and back.kind = 'reversal' and told.charge_id is null
    and exists (select 1 from charge_result r where r.charge_id = back.fee_id and r.outcome = 'success')
    and not exists (select 1 from charge_file_line l where l.charge_id = back.fee_id and back.id = any (l.set_off))`;

/** A payer without a guardian row would drop out of the join: that must never be silent. */
async function refuseShortFile(db: Db, fileId: number): Promise<void> {
  const { rows } = await db.query<{ missing: number }>(
    `select f.lines - count(l.line) as missing from charge_file f left join charge_file_line l on l.file_id = f.id
    where f.id = $1 group by f.id`,
    [fileId],
  );
  if (rows[0]!.missing !== 0) throw new Error(`${rows[0]!.missing} charges have a payer without a phone`);
}

/** The month's files, oldest first. */
export async function filesOf(db: Db, { tenant, month }: BillingMonth): Promise<ChargeFile[]> {
  const { rows } = await db.query<ChargeFile>(`${FILES} where f.tenant = $1 and f.month = $2::date order by f.id`, [
    tenant,
    `${month}-01`,
  ]);
  return rows;
}

/** One file of a tenant, if there is one. */
export async function findFile(db: Db, tenant: string, id: number): Promise<ChargeFile | undefined> {
  const { rows } = await db.query<ChargeFile>(`${FILES} where f.tenant = $1 and f.id = $2`, [tenant, id]);
  return rows[0];
}

const FILES = `
  select f.id, to_char(f.month, 'YYYY-MM') as month, f.lines, f.fen, f.created_at as "createdAt",
    exists (select 1 from charge_result r where r.file_id = f.id) as answered
  from charge_file f`;

/** The lines of a file from line `after` + 1, at most `limit`: a page, because a file may have a million. */
export async function fileLines(db: Db, fileId: number, after: number, limit: number): Promise<ChargeFileLine[]> {
  const { rows } = await db.query<ChargeFileLine>(
    `select line, package, fen, phone, date_part('epoch', starts_at) * 1000 as "startsAt", note
    from charge_file_line where file_id = $1 and line > $2 order by line limit $3`,
    [fileId, after, limit],
  );
  return rows;
}

/** What results are compared with, in order of lines. */
export async function toldLines(db: Db, fileId: number): Promise<ToldLine[]> {
  const { rows } = await db.query<ToldLine>(
    'select phone, fen from charge_file_line where file_id = $1 order by line',
    [fileId],
  );
  return rows;
}
