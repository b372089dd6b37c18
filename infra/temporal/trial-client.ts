import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { trialLook } from '../../workflows/contracts.ts';
import { trialPeriodId } from '../../workflows/ids.ts';

/** How long the server may take: longer, and the person at the page has given up. */
const DEADLINE_MS = 5_000;

/**
 * Tells a trial's workflow that something was recorded which may change what is next; harmless when it has ended.
 * @throws ServiceError when the server is out of reach: the caller may try again
 */
export async function nudgeTrial(client: Client, trialId: string): Promise<void> {
  try {
    await client.withDeadline(Date.now() + DEADLINE_MS, () =>
      client.workflow.getHandle(trialPeriodId(trialId)).signal(trialLook),
    );
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
