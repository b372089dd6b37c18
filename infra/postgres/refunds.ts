/** Refunds that wait for a second person (docs/decisions/0004). */
import type { Carriers } from '../carriers.ts';
import { subscriptionId } from '../../workflows/ids.ts';
import { settleUnit } from './charge-units.ts';
import { inTransaction, type Db, type Pool } from './pool.ts';
import { lockUnit } from './subscriptions.ts';

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

/** What somebody decides about a fee's refunds that wait. */
export interface RefundDecision {
  chargeId: number;
  accountId: string;
  released: boolean;
  note: string;
}

/**
 * Decides the refunds of a fee that wait, and books what is released by the rules as they are now.
 * @returns `own` where the account recorded the cancel itself, `none` where nothing waits
 */
export async function decideRefund(
  pool: Pool,
  carriers: Carriers,
  tenants: readonly string[],
  { chargeId, accountId, released, note }: RefundDecision,
): Promise<'decided' | 'own' | 'none'> {
  return inTransaction(pool, async (db) => {
    const fee = await db.query<{ tenant: string; unit: string }>(
      'select tenant, unit from charge where id = $1 and tenant = any ($2)',
      [chargeId, tenants],
    );
    const [of] = fee.rows;
    if (!of) return 'none';
    await lockUnit(db, of.tenant, of.unit);
    const held = await db.query<{ id: number; actor: string; saidAt: Date }>(
      'select id, actor, said_at as "saidAt" from held_refund where fee_id = $1',
      [chargeId],
    );
    if (held.rows.length === 0) return 'none';
    if (held.rows.some(({ actor }) => actor === accountId)) return 'own';
    await db.query(
      'insert into refund_decision (hold_id, released, account_id, note) select unnest($1::bigint[]), $2, $3, $4',
      [held.rows.map(({ id }) => id), released, accountId, note],
    );
    if (!released) return 'decided';
    const since = Math.min(...held.rows.map(({ saidAt }) => saidAt.getTime()));
    const lines = { ...of, since, now: Date.now(), workflowId: subscriptionId(of.tenant, of.unit) };
    await settleUnit(db, lines, carriers.versions(of.tenant));
    return 'decided';
  });
}
