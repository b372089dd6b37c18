import type { CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import type { CancelOutcome, Decision, OrderOutcome } from '../../workflows/domain/subscription/state.ts';
import { payerText } from '../../workflows/domain/subscription-texts.ts';
import { subscriptionId } from '../../workflows/ids.ts';
import { enqueueSms } from './outbox.ts';
import type { Db } from './pool.ts';
import { memberOf } from './subscribers.ts';

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
  const { payer } = decision.state;
  const member = await memberOf(db, { tenant, unit }, payer, profile);
  if (!member?.isOfUnit) return;
  await enqueueSms(db, [
    {
      origin: `subscription/${requestId}/payer`,
      ...{ tenant, workflowId: subscriptionId(tenant, unit), kind: 'answer', guardianId: payer! },
      ...{ phone: member.phone, source: profile.shortCode, body },
    },
  ]);
}
