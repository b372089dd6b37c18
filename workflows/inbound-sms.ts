import { proxyLocalActivities } from '@temporalio/workflow';
import type { createInboundSmsActivities } from '../activities/inbound-sms.ts';
import { inboundSmsInSteps } from './inbound-sms-steps.ts';

type Activities = ReturnType<typeof createInboundSmsActivities>;

// One transaction a text, safe to repeat: it goes on until Postgres is back. Local, so that a text costs one task.
const { routeTexts } = proxyLocalActivities<Activities>({
  startToCloseTimeout: '20 s',
  retry: { initialInterval: '200 ms', maximumInterval: '10 s' },
});

/**
 * One text to the short code: exactly one answer, or a recorded reason why not (spec §5), in one transaction. The texts
 * of a phone are served in turn, in the order they were said in, so it serves those too that wait when it comes to it.
 */
export async function inboundSms(input: { tenant: string; hash: string } | { moId: number }): Promise<void> {
  if ('moId' in input) return inboundSmsInSteps(input);
  for (let more = true; more;) ({ more } = await routeTexts(input));
}
