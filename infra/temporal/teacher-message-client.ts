import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { cancelMessage } from '../../workflows/contracts.ts';
import { teacherMessageId, TASK_QUEUE } from '../../workflows/ids.ts';

/** How long the server may take: longer, and the person at the page has given up. */
const DEADLINE_MS = 5_000;

const optionsOf = (messageId: string) =>
  ({
    workflowId: teacherMessageId(messageId),
    taskQueue: TASK_QUEUE.core,
    args: [{ messageId }],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
  }) as const;

/**
 * Starts the workflow of a recorded message; harmless when it was started before.
 * @throws ServiceError when the server is out of reach: the caller may try again
 */
export async function startTeacherMessage(client: Client, messageId: string): Promise<void> {
  await startedBefore(() =>
    client.withDeadline(Date.now() + DEADLINE_MS, () => client.workflow.start('teacherMessage', optionsOf(messageId))),
  );
}

/**
 * Keeps back what has not left of a message, even of one whose workflow was never started.
 * @returns false when the workflow has ended: there is nothing to keep back
 * @throws ServiceError when the server is out of reach: the caller may try again
 */
export async function cancelTeacherMessage(client: Client, messageId: string): Promise<boolean> {
  const ended = await startedBefore(() =>
    client.withDeadline(Date.now() + DEADLINE_MS, () =>
      client.workflow.signalWithStart('teacherMessage', { ...optionsOf(messageId), signal: cancelMessage }),
    ),
  );
  return !ended;
}

async function startedBefore(start: () => Promise<unknown>): Promise<boolean> {
  try {
    await start();
    return false;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return true;
    throw error;
  }
}
