import type { CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import type { CancelOutcome, Decision, OrderOutcome } from '../../workflows/domain/ordering.ts';
import { billingUnitOf } from '../../workflows/domain/routing.ts';
import { payerText } from '../../workflows/domain/subscription-texts.ts';
import { subscriptionId } from '../../workflows/ids.ts';
import { enqueueSms } from './outbox.ts';
import type { Db } from './pool.ts';

/**
 * Tells the phone that pays what another of its household cancelled, in the command's transaction: whoever said it is
 * answered, and the bill is the payer's. A payer who has left the household is told nothing of it.
 */
export async function tellPayer(
  db: Db,
  { tenant, unit }: { tenant: string; unit: string },
  { requestId, guardianId }: { requestId: string; guardianId: string },
  decision: Decision<OrderOutcome | CancelOutcome>,
  profile: CarrierProfile,
): Promise<void> {
  const body = payerText(decision, guardianId, profile);
  if (body === undefined) return;
  const { rows } = await db.query<{ id: string; householdId: string; phone: string }>(
    'select id, household_id as "householdId", phone from guardian where tenant = $1 and id = $2',
    [tenant, decision.state.payer],
  );
  const [payer] = rows;
  if (!payer || billingUnitOf(profile, payer) !== unit) return;
  await enqueueSms(db, [
    {
      origin: `subscription/${requestId}/payer`,
      ...{ tenant, workflowId: subscriptionId(tenant, unit), kind: 'answer', guardianId: payer.id },
      ...{ phone: payer.phone, source: profile.shortCode, body },
    },
  ]);
}
