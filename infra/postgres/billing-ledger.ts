import type { LedgerLine, StandingFee } from '../../workflows/domain/billing-decision.ts';
import type { BillingMonth } from './billing-runs.ts';
import type { Db } from './pool.ts';

const COLUMNS = `unit, payer_guardian_id, package, fen, rule, profile_version, decided_at, reason, inputs`;
/**
 * Lines as a table from parameter $4 on. Their inputs come as one text, a line each, for JSON has no raw line breaks:
 * as an array's elements each of their quotes would be escaped here and there unescaped.
 */
const LINES = `unnest($4::text[], $5::text[], $6::text[], $7::integer[], $8::text[], $9::text[], $10::float8[], $11::text[],
    string_to_array($12, E'\\n'), $13::bigint[])
  as line (unit, payer, package, fen, rule, version, decided_at, reason, inputs, event)`;
const VALUES = `$1, $2::date, $3, line.unit, line.payer, line.package, line.fen, line.rule, line.version,
  to_timestamp(line.decided_at / 1000), line.reason, line.inputs::jsonb`;
/** The order that a fee in the ledger is for, and that of a line. */
const ORDERED_AT = `(fee.inputs ->> 'orderedAt')::float8`;
const LINE_ORDERED_AT = `(line.inputs::jsonb ->> 'orderedAt')::float8`;

/**
 * Appends fees. A unit that has one of the month keeps it (R4), unless it was wholly taken back and this is for another
 * order: then that is the month's.
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
  const values = [tenant, `${month}-01`, workflowId, ...columnsOf(lines)];
  const firsts = await db.query(
    `insert into charge (tenant, month, workflow_id, ${COLUMNS}, kind, consent_event_id)
    select ${VALUES}, 'fee', line.event
    from ${LINES}
    -- A value and not an anti-join, for which a planner without statistics of the new month reads all of it.
    where (
      select id from charge fee
      where fee.tenant = $1 and fee.unit = line.unit and fee.month = $2::date and fee.kind = 'fee' limit 1) is null`,
    values,
  );
  if (firsts.rowCount === lines.length) return lines.length;
  const others = await db.query(
    `insert into charge (tenant, month, workflow_id, ${COLUMNS}, kind, consent_event_id, nth)
    select ${VALUES}, 'fee', line.event, had.fees + 1
    from ${LINES}
    cross join lateral (
      select count(*) as fees,
        bool_and(fee.fen > 0 and fee_left(fee) = 0 and ${ORDERED_AT} <> ${LINE_ORDERED_AT}) as is_free
      from charge fee where fee.tenant = $1 and fee.unit = line.unit and fee.month = $2::date and fee.kind = 'fee'
    ) had
    where had.is_free`,
    values,
  );
  return (firsts.rowCount ?? 0) + (others.rowCount ?? 0);
}

/**
 * Appends what of the fees is taken back, beside what was before: a line's amount is all that is to be taken back of its
 * fee, which is of the same order, and of this month (R8) or a year's (R6). One whose fee is not there has nothing to
 * take back. Above `staffRefundFen` what a cancel dated back by staff takes back waits for a second person instead
 * (docs/decisions/0004).
 * @returns how many were new
 */
export async function appendReversals(
  db: Db,
  { tenant, month }: BillingMonth,
  workflowId: string,
  lines: readonly LedgerLine[],
  staffRefundFen: number,
): Promise<number> {
  if (lines.length === 0) return 0;
  // A statement of its own: what is added up below is as the lock found it.
  await db.query(
    `select from charge where tenant = $1 and unit = any ($3) and kind = 'fee' and (month = $2::date or rule = 'R6')
    order by id for no key update`,
    [tenant, `${month}-01`, lines.map(({ unit }) => unit)],
  );
  const { rowCount } = await db.query(
    `with due as (
      select distinct on (fee.id) fee.id as fee_id, fee.unit, fee.payer_guardian_id, fee.package, left_to.fen, line.rule,
        line.version, line.decided_at, line.reason, line.inputs, line.event,
        line.event is not null and -left_to.fen > $14 and not exists (
          select from refund_hold h join refund_decision d on d.hold_id = h.id
          where h.fee_id = fee.id and h.cancel_event_id = line.event and d.released) as waits
      from ${LINES}
      cross join lateral (
        select * from charge fee
        where fee.tenant = $1 and fee.unit = line.unit and fee.kind = 'fee' and ${ORDERED_AT} = ${LINE_ORDERED_AT}
          and case line.rule when 'R6' then fee.rule = 'R6' else fee.month = $2::date end
        limit 1
      ) fee
      cross join lateral (select greatest(line.fen, -fee.fen) + fee.fen - fee_left(fee) as fen) left_to
      where left_to.fen < 0 order by fee.id, left_to.fen
    ), held as (
      insert into refund_hold (tenant, unit, fee_id, cancel_event_id, fen, month)
      select $1, unit, fee_id, event, -fen, $2::date from due where waits
      on conflict (fee_id, cancel_event_id) do nothing
    )
    insert into charge (tenant, month, workflow_id, ${COLUMNS}, kind, fee_id)
    select $1, $2::date, $3, unit, payer_guardian_id, package, fen, rule, version, to_timestamp(decided_at / 1000), reason,
      inputs::jsonb, 'reversal', fee_id
    from due where not waits`,
    [tenant, `${month}-01`, workflowId, ...columnsOf(lines), staffRefundFen],
  );
  return rowCount ?? 0;
}

/** The fees of these units in the month of which anything stands: not wholly taken back. */
export async function standingFees(
  db: Db,
  { tenant, month }: BillingMonth,
  units: readonly string[],
): Promise<StandingFee[]> {
  if (units.length === 0) return [];
  const { rows } = await db.query<StandingFee>(
    `select unit, payer_guardian_id as payer, package, fen, profile_version as "profileVersion",
      ${ORDERED_AT} as "orderedAt"
    from charge fee where tenant = $1 and month = $2::date and kind = 'fee' and unit = any($3) and fee_left(fee) > 0`,
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
    lines.map((line) => line.event),
  ];
}
