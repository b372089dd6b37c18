import { proxyLocalActivities } from '@temporalio/workflow';
import type { createAttendanceActivities } from '../activities/attendance.ts';

// Repeatable: the attendance row is unique by swipe. While the database is away it is tried again for as long as it takes.
const { recordAttendance } = proxyLocalActivities<ReturnType<typeof createAttendanceActivities>>({
  startToCloseTimeout: '10 s',
  retry: { initialInterval: '200 ms', maximumInterval: '10 s' },
});

/** What a swipe means: attendance, and a text to each entitled guardian. The shortest history there is. */
export async function attendanceEvent(swipe: { deviceId: string; boot: string; seq: number }): Promise<string> {
  return recordAttendance(swipe);
}
