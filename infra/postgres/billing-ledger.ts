/** The ledger's lines: read as the rules want them, and appended (spec §6). Nothing here is changed or deleted. */
import type { LedgerLine } from '../../workflows/domain/billing-decision.ts';
import type { BookedFee } from '../../workflows/domain/booking.ts';
import type { BillingMonth } from './billing-runs.ts';
import type { Db } from './pool.ts';

/** All fees of these units in the order they were booked, whatever their month, with what was given back of each. */
export async function bookedFees(db: Db, tenant: string, units: readonly string[]): Promise<BookedFee[]> {
  const { rows } = await db.query<BookedFee>(
    `select id, unit, to_char(month, 'YYYY-MM') as month, payer_guardian_id as payer, package, fen,
      fen - fee_left(fee) as returned, profile_version as "profileVersion",
      date_part('epoch', decided_at) * 1000 as "decidedAt",
      (select date_part('epoch', max(back.decided_at)) * 1000
        from charge back where back.fee_id = fee.id and back.kind = 'reversal') as "returnedAt"
    from charge fee where tenant = $1 and unit = any ($2) and kind = 'fee' order by id`,
    [tenant, units],
  );
  return rows;
}

/** Which of the fees the carrier has collected. */
export async function collectedOf(db: Db, feeIds: readonly number[]): Promise<Set<number>> {
  const { rows } = await db.query<{ id: number }>(
    `select distinct charge_id as id from charge_result where charge_id = any ($1) and outcome = 'success'`,
    [feeIds],
  );
  return new Set(rows.map(({ id }) => id));
}

/** A unit's fee of a month. */
export interface MonthsFee {
  unit: string;
  package: string;
  fen: number;
  /** Nothing was taken back of it. */
  isWhole: boolean;
}

/** The fees that these units have in the month, those taken back included: one each as a rule. */
export async function feesOfMonth(
  db: Db,
  { tenant, month }: BillingMonth,
  units: readonly string[],
): Promise<MonthsFee[]> {
  const { rows } = await db.query<MonthsFee>(
    `select unit, package, fen, fee_left(fee) = fen as "isWhole" from charge fee
    where tenant = $1 and unit = any ($3) and month = $2::date and kind = 'fee'`,
    [tenant, `${month}-01`, units],
  );
  return rows;
}

/**
 * Appends lines of any units and months.
 * @throws unique_violation when another transaction appends a fee of such a month at this moment: repeat the whole
 *   transaction. To let `on conflict` pass over it would take a fifth more for every fee, for what happens to one in a
 *   great many
 */
export async function appendLines(
  db: Db,
  tenant: string,
  workflowId: string,
  lines: readonly LedgerLine[],
): Promise<void> {
  if (lines.length === 0) return;
  // Inputs come as one text, a line each, for JSON has no raw line breaks: as an array's elements each of their quotes
  // would be escaped here and there unescaped.
  await db.query(
    `insert into charge (tenant, workflow_id, kind, unit, month, payer_guardian_id, package, fen, rule, profile_version,
      decided_at, reason, inputs, consent_event_id, fee_id, nth)
    select $1, $2, case when fee_id is null then 'fee' else 'reversal' end, unit, month, payer, package, fen, rule, version,
      to_timestamp(decided_at / 1000), reason, inputs::jsonb, consent, fee_id,
      nth
    from unnest($3::text[], $4::date[], $5::text[], $6::text[], $7::integer[], $8::text[], $9::text[], $10::float8[],
        $11::text[], string_to_array($12, E'\n'), $13::bigint[], $14::bigint[], $15::smallint[])
      as line (unit, month, payer, package, fen, rule, version, decided_at, reason, inputs, consent, fee_id, nth)`,
    [
      tenant,
      workflowId,
      lines.map(({ unit }) => unit),
      lines.map(({ month }) => `${month}-01`),
      lines.map(({ payer }) => payer),
      lines.map((line) => line.package),
      lines.map(({ fen }) => fen),
      lines.map(({ rule }) => rule),
      lines.map(({ profileVersion }) => profileVersion),
      lines.map(({ decidedAt }) => decidedAt),
      lines.map(({ reason }) => reason),
      lines.map(({ inputs }) => inputs).join('\n'),
      lines.map(({ consent }) => consent),
      lines.map(({ feeId }) => feeId),
      lines.map(({ nth }) => nth),
    ],
  );
}
