import type { LedgerLine, StandingFee } from '../../workflows/domain/billing-decision.ts';
import type { BillingMonth } from './billing-runs.ts';
import type { Db } from './pool.ts';

const COLUMNS = `unit, payer_guardian_id, package, fen, rule, profile_version, decided_at, reason, inputs`;
/**
 * Lines as a table from parameter $4 on. Their inputs come as one text, a line each, for JSON has no raw line breaks:
 * as an array's elements each of their quotes would be escaped here and there unescaped.
 */
const LINES = `unnest($4::text[], $5::text[], $6::text[], $7::integer[], $8::text[], $9::text[], $10::float8[], $11::text[],
    string_to_array($12, E'\\n'))
  as line (unit, payer, package, fen, rule, version, decided_at, reason, inputs)`;

/**
 * Appends fees, one per unit and month at most: a unit that has one keeps it (R4).
 * @returns how many were new
 * @throws unique_violation when another transaction appends one of them at this moment: repeat the whole transaction. To
 *   let `on conflict` pass over it would take a fifth more for every fee, for what happens to one in a great many
 */
export async function appendFees(
  db: Db,
  { tenant, month }: BillingMonth,
  workflowId: string,
  lines: readonly LedgerLine[],
): Promise<number> {
  if (lines.length === 0) return 0;
  const { rowCount } = await db.query(
    `insert into charge (tenant, month, kind, workflow_id, ${COLUMNS})
    select $1, $2::date, 'fee', $3, unit, payer, package, fen, rule, version, to_timestamp(decided_at / 1000), reason,
      inputs::jsonb
    from ${LINES}
    -- A value and not an anti-join, for which a planner without statistics of the new month reads all of it.
    where (
      select id from charge fee
      where fee.tenant = $1 and fee.unit = line.unit and fee.month = $2::date and fee.kind = 'fee') is null`,
    [tenant, `${month}-01`, workflowId, ...columnsOf(lines)],
  );
  return rowCount ?? 0;
}

/**
 * Appends reversals beside the fees they take back, one per fee at most: of this month's (R8), or of the year,
 * known by its order, that is refunded (R6). One whose fee is not there has nothing to take back.
 * @returns how many were new
 */
export async function appendReversals(
  db: Db,
  { tenant, month }: BillingMonth,
  workflowId: string,
  lines: readonly LedgerLine[],
): Promise<number> {
  if (lines.length === 0) return 0;
  const { rowCount } = await db.query(
    `insert into charge (tenant, month, kind, workflow_id, fee_id, ${COLUMNS})
    select $1, $2::date, 'reversal', $3, fee.id, line.unit, fee.payer_guardian_id, fee.package,
      greatest(line.fen, -fee.fen), line.rule, line.version, to_timestamp(line.decided_at / 1000), line.reason,
      line.inputs::jsonb
    from ${LINES}
    cross join lateral (
      select * from charge fee
      where fee.tenant = $1 and fee.unit = line.unit and fee.kind = 'fee'
        and case line.rule
          when 'R6' then fee.rule = 'R6' and fee.inputs -> 'orderedAt' = line.inputs::jsonb -> 'orderedAt'
          else fee.month = $2::date
        end
      limit 1
    ) fee
    on conflict (fee_id) where kind = 'reversal' do nothing`,
    [tenant, `${month}-01`, workflowId, ...columnsOf(lines)],
  );
  return rowCount ?? 0;
}

/** The fees of these units in the month that stand: not taken back. */
export async function standingFees(
  db: Db,
  { tenant, month }: BillingMonth,
  units: readonly string[],
): Promise<StandingFee[]> {
  if (units.length === 0) return [];
  const { rows } = await db.query<StandingFee>(
    `select unit, payer_guardian_id as payer, package, fen, profile_version as "profileVersion" from charge fee
    where tenant = $1 and month = $2::date and kind = 'fee' and unit = any($3)
      and not exists (select 1 from charge back where back.fee_id = fee.id and back.kind = 'reversal')`,
    [tenant, `${month}-01`, units],
  );
  return rows;
}

function columnsOf(lines: readonly LedgerLine[]): unknown[] {
  return [
    lines.map((line) => line.unit),
    lines.map((line) => line.payer),
    lines.map((line) => line.package),
    lines.map((line) => line.fen),
    lines.map((line) => line.rule),
    lines.map((line) => line.profileVersion),
    lines.map((line) => line.decidedAt),
    lines.map((line) => line.reason),
    lines.map((line) => line.inputs).join('\n'),
  ];
}
