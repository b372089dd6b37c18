/** What a second person decides about refunds that wait (docs/decisions/0004). */
import type { Carriers } from '../carriers.ts';
import { subscriptionId } from '../../workflows/ids.ts';
import { settleUnit } from './charge-units.ts';
import { inTransaction, type Pool } from './pool.ts';
import { lockUnit } from './subscriptions.ts';

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
    const held = await db.query<{ id: number; actor: string }>('select id, actor from held_refund where fee_id = $1', [
      chargeId,
    ]);
    if (held.rows.length === 0) return 'none';
    if (held.rows.some(({ actor }) => actor === accountId)) return 'own';
    await db.query(
      'insert into refund_decision (hold_id, released, account_id, note) select unnest($1::bigint[]), $2, $3, $4',
      [held.rows.map(({ id }) => id), released, accountId, note],
    );
    if (!released) return 'decided';
    const workflowId = subscriptionId(of.tenant, of.unit);
    await settleUnit(db, of.unit, { ...of, now: Date.now(), workflowId, versions: carriers.versions(of.tenant) });
    return 'decided';
  });
}
