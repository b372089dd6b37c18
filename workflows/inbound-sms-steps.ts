import { ApplicationFailure, getExternalWorkflowHandle, proxyActivities } from '@temporalio/workflow';
import type { createInboundSmsActivities } from '../activities/inbound-sms.ts';
import { trialLook } from './contracts.ts';
import { trialPeriodId } from './ids.ts';

const { routeInboundSms, runSubscriptionKeyword } = proxyActivities<ReturnType<typeof createInboundSmsActivities>>({
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '30 seconds' },
});

/**
 * How a text was routed when its order or cancel was a step of its own: for runs that are still open. The first step does
 * all of it by now, and the second finds it done.
 */
export async function inboundSmsInSteps({ moId }: { moId: number }): Promise<void> {
  const { command, trialId } = await routeInboundSms({ moId });
  if (trialId !== undefined) await tellTrial(trialId);
  if (command !== null) await runSubscriptionKeyword({ moId });
}

async function tellTrial(trialId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(trialPeriodId(trialId)).signal(trialLook);
  } catch (error) {
    if (!(error instanceof ApplicationFailure)) throw error;
  }
}
