import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import {
  cancelUpdate,
  orderUpdate,
  type CancelCommand,
  type OrderCommand,
  type SubscriptionView,
} from '../../workflows/contracts.ts';
import { subscriptionId, TASK_QUEUE } from '../../workflows/ids.ts';

/** An order or cancel for one billing unit (household or payer's guardian id, by profile.billingUnit). */
export type SubscriptionRequest = { tenant: string; unit: string } & (
  { action: 'order'; command: OrderCommand } | { action: 'cancel'; command: CancelCommand }
);

/**
 * Hands an order or cancel to the unit's subscription workflow, starting it where there is none, and waits for what it
 * did. The request id is the update id: asking again, even after a lost connection, acts once and answers the same.
 * @throws WorkflowUpdateFailedError when the command names a guardian who isn't of this tenant and unit
 */
export async function executeSubscriptionCommand(
  client: Client,
  request: SubscriptionRequest,
): Promise<SubscriptionView> {
  const { tenant, unit } = request;
  const startWorkflowOperation = new WithStartWorkflowOperation('subscription', {
    workflowId: subscriptionId(tenant, unit),
    taskQueue: TASK_QUEUE.core,
    args: [{ tenant, unit }],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  const updateId = request.command.requestId;
  return request.action === 'order'
    ? client.workflow.executeUpdateWithStart(orderUpdate, {
        startWorkflowOperation,
        updateId,
        args: [request.command],
      })
    : client.workflow.executeUpdateWithStart(cancelUpdate, {
        startWorkflowOperation,
        updateId,
        args: [request.command],
      });
}
