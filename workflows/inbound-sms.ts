import { ActivityFailure, proxyActivities } from '@temporalio/workflow';
import type { createInboundSmsActivities } from '../activities/inbound-sms.ts';

type Activities = ReturnType<typeof createInboundSmsActivities>;

// One transaction each, safe to repeat: they go on until Postgres is back.
const { routeInboundSms, recordUnanswered } = proxyActivities<Activities>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '30 seconds' },
});

// An order or cancel acts once by its request id, however often it is asked. After three days a person must look.
const { runSubscriptionKeyword } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '72 hours',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '1 minute' },
});

/** One text to the short code: exactly one answer, or a recorded reason why not (spec §5). */
export async function inboundSms({ moId }: { moId: number }): Promise<void> {
  const { command } = await routeInboundSms({ moId });
  if (command === null) return;
  try {
    await runSubscriptionKeyword({ moId, command });
  } catch (error) {
    if (error instanceof ActivityFailure) await recordUnanswered({ moId, command });
    throw error;
  }
}
