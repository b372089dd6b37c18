import { ActivityFailure, ApplicationFailure, getExternalWorkflowHandle, proxyActivities } from '@temporalio/workflow';
import type { createInboundSmsActivities } from '../activities/inbound-sms.ts';
import { trialLook } from './contracts.ts';
import { trialPeriodId } from './ids.ts';

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
  const { command, trialId } = await routeInboundSms({ moId });
  if (trialId !== undefined) await tellTrial(trialId);
  if (command === null) return;
  try {
    await runSubscriptionKeyword({ moId, command });
  } catch (error) {
    if (error instanceof ActivityFailure) await recordUnanswered({ moId, command });
    throw error;
  }
}

/** A yes may be handed over before the trial's next timer, which may be a month away. */
async function tellTrial(trialId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(trialPeriodId(trialId)).signal(trialLook);
  } catch (error) {
    // It has ended: what was said after that is an order of its own.
    if (!(error instanceof ApplicationFailure)) throw error;
  }
}
