/** Refunds that wait for a second person (docs/decisions/0004). */
import type { Db } from './pool.ts';

/** A line that takes back of a fee by a cancel that staff dated back. */
export interface StaffRefund {
  unit: string;
  feeId: number;
  /** The cancel's event. */
  event: number;
  /** Negative, as in the ledger. */
  fen: number;
  month: string;
}

/**
 * Keeps those that nobody has released yet, in the caller's transaction.
 * @returns the fees whose refund is kept
 */
export async function holdRefunds(db: Db, tenant: string, refunds: readonly StaffRefund[]): Promise<Set<number>> {
  if (refunds.length === 0) return new Set();
  const { rows } = await db.query<{ feeId: number }>(
    `with asked as (
      select * from unnest($2::text[], $3::bigint[], $4::bigint[], $5::integer[], $6::date[])
        as asked (unit, fee_id, event, fen, month)
      where not exists (
        select from refund_hold h join refund_decision d on d.hold_id = h.id
        where h.fee_id = asked.fee_id and h.cancel_event_id = asked.event and d.released)
    ), held as (
      insert into refund_hold (tenant, unit, fee_id, cancel_event_id, fen, month)
      select $1, unit, fee_id, event, -fen, month from asked on conflict (fee_id, cancel_event_id) do nothing
    )
    select fee_id as "feeId" from asked`,
    [
      tenant,
      refunds.map(({ unit }) => unit),
      refunds.map(({ feeId }) => feeId),
      refunds.map(({ event }) => event),
      refunds.map(({ fen }) => fen),
      refunds.map(({ month }) => `${month}-01`),
    ],
  );
  return new Set(rows.map(({ feeId }) => feeId));
}

/** A refund that was not booked, with what it is of. */
export interface HeldRefund {
  id: number;
  tenant: string;
  /** The fee it takes back of. */
  chargeId: number;
  month: string;
  package: string;
  fen: number;
  phone: string | null;
  /** The account that recorded the cancel, when it was said to have been said, and when it was recorded. */
  recordedBy: string;
  saidAt: Date;
  recordedAt: Date;
  note: string | null;
}

const HELD = `
  select h.id, h.tenant, h.fee_id as "chargeId", to_char(h.month, 'YYYY-MM') as month, h.package, h.fen, g.phone,
    h.actor as "recordedBy", h.said_at as "saidAt", h.recorded_at as "recordedAt", n.note
  from held_refund h
  join subscription_event e on e.id = h.cancel_event_id
  left join subscription_note n on n.tenant = e.tenant and n.request_id = e.request_id
  left join guardian g on g.id = h.payer_guardian_id`;

/** Those of the carriers, the longest waiting first. */
export async function heldRefunds(
  db: Db,
  tenants: readonly string[],
  after: number,
  limit: number,
): Promise<HeldRefund[]> {
  const { rows } = await db.query<HeldRefund>(
    `${HELD} where h.tenant = any ($1) and h.id > $2 order by h.id limit $3`,
    [tenants, after, limit],
  );
  return rows;
}

/** Those of one unit. */
export async function heldRefundsOf(db: Db, tenant: string, unit: string): Promise<HeldRefund[]> {
  const { rows } = await db.query<HeldRefund>(`${HELD} where h.tenant = $1 and h.unit = $2 order by h.id`, [
    tenant,
    unit,
  ]);
  return rows;
}
