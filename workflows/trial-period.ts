import { condition, continueAsNew, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { TrialActivities } from '../activities/trial.ts';
import { trialLook } from './contracts.ts';
import type { TrialStep } from './domain/trial.ts';

// One transaction each, safe to repeat: they go on until Postgres is back.
const activities = proxyActivities<TrialActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '1 minute' },
});

// Twenty orders, each of which another workflow must take; they act once by their request ids.
const { handOverConfirmed } = proxyActivities<TrialActivities>({
  startToCloseTimeout: '5 minutes',
  retry: { initialInterval: '1 second', maximumInterval: '5 minutes' },
});

/** How a trial ended: in counts, which name nobody. */
export type TrialOutcome = Awaited<ReturnType<TrialActivities['closeTrialPeriod']>>;

/**
 * A class's trial, or that of families who joined it later (architecture §3): weekly reports, then with the principal's
 * approval two notices, and each family's answer handed to its subscription (spec §7.3, §7.4). What is so is in Postgres
 * and asked again after each step and each signal, so there is one timer at most: that of the next step.
 */
export async function trialPeriod({ trialId }: { trialId: string }): Promise<TrialOutcome | null> {
  let looks = 0;
  setHandler(trialLook, () => {
    looks++;
  });
  let outcome: TrialOutcome | null = null;
  for (;;) {
    const seen = looks;
    const step = await activities.nextStep({ trialId, now: Date.now() });
    if (!step) return outcome;
    const wait = step.at - Date.now();
    if (wait > 0) await condition(() => looks !== seen, wait);
    else outcome = await perform(trialId, step);
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof trialPeriod>({ trialId });
  }
}

async function perform(trialId: string, step: TrialStep): Promise<TrialOutcome | null> {
  // What is late is done late: only a report is of the time it was due.
  const now = { trialId, at: Math.max(step.at, Date.now()) };
  switch (step.do) {
    case 'report':
      await activities.writeWeeklyReport({ trialId, from: step.from, at: step.at });
      return null;
    case 'hand-over':
      await handOverConfirmed(now);
      return null;
    case 'notice-1':
      await activities.issueFirstNotice(now);
      return null;
    case 'notice-2':
      await activities.sendSecondNotice(now);
      return null;
    case 'close':
      return activities.closeTrialPeriod({ ...now, as: step.as });
  }
}
