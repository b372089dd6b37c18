import { proxyActivities } from '@temporalio/workflow';
import type { createReaderAlarmActivities } from '../activities/reader-alarms.ts';

// Repeatable, so it outlasts an outage of the database: the Schedule starts no other meanwhile, and the next looks at
// all the time since.
const { sweepReaderAlarms } = proxyActivities<ReturnType<typeof createReaderAlarmActivities>>({
  startToCloseTimeout: '1 min',
  retry: { initialInterval: '1 s', maximumInterval: '1 min' },
});

/** A swipe that came in the last moment of a window may still be on its way into the database. */
const SETTLE_MS = 30_000;

/** A look at a carrier's gates, every few minutes: which were silent this morning, and which have uploaded since. */
export async function readerAlarms({ tenant }: { tenant: string }): Promise<{ raised: number; cleared: number }> {
  return sweepReaderAlarms({ tenant, until: Date.now() - SETTLE_MS });
}
