import {
  allHandlersFinished,
  condition,
  continueAsNew,
  ParentClosePolicy,
  proxyActivities,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { BillingActivities } from '../activities/billing.ts';
import { resultsUpdate } from './contracts.ts';
import { monthBefore } from './domain/billing-month.ts';
import { BILLING_OPTIONS, type BillingOptions } from './domain/billing-options.ts';
import { billingCycleId } from './ids.ts';
import { labels } from './labels.ts';

// Repeatable: the ledger's keys make a second try harmless. Retried through any outage a month leaves room for; after
// that the month waits for a person, who starts it again.
const LASTING = { initialInterval: '1 s', maximumInterval: '1 min' } as const;
const { monthEnd, openBilling, monthsToRevisit, tellCarrier, balanceBilling, readResults, markBilling } =
  proxyActivities<BillingActivities>({
    // One statement over a million rows.
    startToCloseTimeout: '30 min',
    scheduleToCloseTimeout: '7 days',
    retry: LASTING,
  });
const { chargeChunks } = proxyActivities<BillingActivities>({
  startToCloseTimeout: '2 h',
  scheduleToCloseTimeout: '7 days',
  // It reports after each chunk, which is far under a second.
  heartbeatTimeout: '1 min',
  retry: LASTING,
});

/** A carrier's month, as `2026-03`. */
export interface BillingCycleInput {
  tenant: string;
  month: string;
  options?: Partial<BillingOptions>;
}

/**
 * A month's fees (spec §6, §7.5): waits out late texts, charges every unit in key-ranged chunks, tells the carrier what
 * to collect, and reads back what it did. It can stop anywhere and be started again: what is done is found done, so a
 * second run of a charged month changes nothing but for cancels that came late (R8).
 */
export async function billingCycle(input: BillingCycleInput): Promise<void> {
  const { tenant, month } = input;
  const options = { ...BILLING_OPTIONS, ...input.options };
  const cycle = { tenant, month };
  let answers = 0;
  setHandler(resultsUpdate, async (uploadId) => {
    const report = await readResults({ uploadId, maxAttempts: options.maxAttempts });
    answers++;
    return report;
  });

  const cut = (await monthEnd(cycle)) + options.lateTextsHours * HOUR_MS;
  if (cut > Date.now()) await sleep(cut - Date.now());
  const { chunks } = await openBilling({ ...cycle, chunkUnits: options.chunkUnits });
  const months = [...(await monthsToRevisit({ ...cycle, count: options.revisitMonths })), { month, chunks }];
  for (const each of months) await chargeMonth({ tenant, month: each.month }, each.chunks, options);

  let seen = answers;
  let unanswered = await tellCarrier(cycle);
  for (const each of months) await balanceBilling({ tenant, month: each.month });
  const deadline = cut + options.resultsDays * 24 * HOUR_MS;
  while (unanswered > 0) {
    const left = deadline - Date.now();
    if (left <= 0 || !(await condition(() => answers > seen, left))) break;
    if (workflowInfo().continueAsNewSuggested) return again(input);
    seen = answers;
    unanswered = await markBilling(cycle);
  }
  // The last word on the month is said after the last upload was read.
  do {
    await condition(allHandlersFinished);
    seen = answers;
    await markBilling({ ...cycle, overdue: true });
  } while (answers > seen || !allHandlersFinished());
}

const HOUR_MS = 3_600_000;

/** Goes on in a new history: where it stood is in the database. */
async function again(input: BillingCycleInput): Promise<never> {
  await condition(allHandlersFinished);
  return continueAsNew<typeof billingCycle>(input);
}

/** Charges chunk after chunk, `parallel` strides of them at a time. */
async function chargeMonth(cycle: { tenant: string; month: string }, chunks: number, options: BillingOptions) {
  const { parallel, chunksPerActivity } = options;
  let next = 0;
  const strides = Array.from({ length: parallel }, async () => {
    while (next < chunks) {
      const from = next;
      next += chunksPerActivity;
      await chargeChunks({ ...cycle, from, to: next });
    }
  });
  await Promise.all(strides);
}

const SCHEDULED_AT = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/** What the Schedule starts on day 1: the cycle of the month that has ended, under that month's own id. */
export async function billingMonth({ tenant, zone }: { tenant: string; zone: string }): Promise<void> {
  // A run that the Schedule catches up on after an outage is still that month's.
  const scheduledAt = workflowInfo().typedSearchAttributes.get(SCHEDULED_AT)?.getTime() ?? Date.now();
  const month = monthBefore(scheduledAt, zone);
  try {
    await startChild(billingCycle, {
      ...labels('billingCycle', { tenant }),
      workflowId: billingCycleId(tenant, month),
      args: [{ tenant, month }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
  } catch (error) {
    // Somebody started the month by hand: it is in hand.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
