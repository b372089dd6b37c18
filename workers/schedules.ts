import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import type { Carriers } from '../infra/carriers.ts';
import { billingScheduleId, TASK_QUEUE } from '../workflows/ids.ts';

/** After an outage of up to three weeks the month is still cut, before the next is due. */
const CATCH_UP = '21 days';

/** Makes sure each carrier's fees are cut every month: on day 1, in the carrier's zone, for the month that has ended. */
export async function startBillingSchedules(client: Client, carriers: Carriers): Promise<void> {
  for (const tenant of carriers.names) {
    const { zone } = carriers.profile(tenant);
    const scheduleId = billingScheduleId(tenant);
    try {
      await client.schedule.create({
        scheduleId,
        spec: { calendars: [{ dayOfMonth: 1, hour: 0, minute: 10 }], timezone: zone },
        policies: { catchupWindow: CATCH_UP, overlap: ScheduleOverlapPolicy.BUFFER_ALL },
        action: {
          type: 'startWorkflow',
          workflowType: 'billingMonth',
          workflowId: scheduleId,
          taskQueue: TASK_QUEUE.core,
          args: [{ tenant, zone }],
        },
      });
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    }
  }
}
