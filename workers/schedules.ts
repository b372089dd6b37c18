import { createHash } from 'node:crypto';
import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
  type ScheduleOptionsStartWorkflowAction,
  type Workflow,
} from '@temporalio/client';
import type { Carriers } from '../infra/carriers.ts';
import { labels } from '../workflows/labels.ts';
import { billingScheduleId, readerAlarmScheduleId, TASK_QUEUE } from '../workflows/ids.ts';

/** After an outage of up to three weeks the month is still cut, before the next is due. */
const CATCH_UP = '21 days';

/** Makes sure each carrier's fees are cut every month: on day 1, in the carrier's zone, for the month that has ended. */
export async function startBillingSchedules(client: Client, carriers: Carriers): Promise<void> {
  for (const tenant of carriers.names) {
    const { zone } = carriers.profile(tenant);
    const scheduleId = billingScheduleId(tenant);
    await keepSchedule(client, {
      scheduleId,
      spec: { calendars: [{ dayOfMonth: 1, hour: 0, minute: 10 }], timezone: zone },
      policies: { catchupWindow: CATCH_UP, overlap: ScheduleOverlapPolicy.BUFFER_ALL },
      action: {
        type: 'startWorkflow',
        ...labels('billingMonth', { tenant }),
        workflowType: 'billingMonth',
        workflowId: scheduleId,
        taskQueue: TASK_QUEUE.core,
        args: [{ tenant, zone }],
      },
    });
  }
}

/** A school learns of a silent gate while it can still do something about the morning. */
const ALARMS_EVERY_MINUTES = 2;

/** Makes sure each carrier's gates are looked at every few minutes, by the clock of its zone. */
export async function startReaderAlarmSchedules(client: Client, carriers: Carriers): Promise<void> {
  for (const tenant of carriers.names) {
    const scheduleId = readerAlarmScheduleId(tenant);
    await keepSchedule(client, {
      scheduleId,
      spec: {
        calendars: [{ hour: '*', minute: { start: 0, end: 59, step: ALARMS_EVERY_MINUTES } }],
        timezone: carriers.profile(tenant).zone,
      },
      // What an outage leaves out the next look makes up for: each begins where the last one ended.
      policies: { catchupWindow: '1 min', overlap: ScheduleOverlapPolicy.SKIP },
      action: {
        type: 'startWorkflow',
        ...labels('readerAlarms', { tenant }),
        workflowType: 'readerAlarms',
        workflowId: scheduleId,
        taskQueue: TASK_QUEUE.readers,
        args: [{ tenant }],
      },
    });
  }
}

/**
 * Makes a schedule, or of the one that is there what it should be; a pause and its note are the operators' and stay.
 * One that was made as it should be is left alone: the server forgets, with an update, what was due before it. Its mark
 * is in the action's memo, because what the server describes is never quite what it was given.
 */
async function keepSchedule(
  client: Client,
  schedule: ScheduleOptions<ScheduleOptionsStartWorkflowAction<Workflow>>,
): Promise<void> {
  const mark = createHash('sha256').update(JSON.stringify(schedule)).digest('hex');
  const marked = { ...schedule, action: { ...schedule.action, memo: { schedule: mark } } };
  try {
    await client.schedule.create(marked);
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const existing = client.schedule.getHandle(schedule.scheduleId);
    if ((await existing.describe()).action.memo?.['schedule'] !== mark)
      await existing.update(({ state }) => ({ ...marked, state }));
  }
}
