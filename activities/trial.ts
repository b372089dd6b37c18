import { ApplicationFailure } from '@temporalio/common';
import type { Carriers } from '../infra/carriers.ts';
import { donePending, type Pending } from '../infra/postgres/pending.ts';
import { inTransaction, type Db, type Pool } from '../infra/postgres/pool.ts';
import { CommandRefused, commandSubscription } from '../infra/postgres/subscription-command.ts';
import { confirmedFamilies, recordHandOver, type ConfirmedFamily } from '../infra/postgres/trial-answers.ts';
import { writeReport } from '../infra/postgres/trial-reports.ts';
import {
  closeTrial,
  countFamilies,
  findTrial,
  issueNotice1,
  lockTrial,
  sendNotice2,
  trialFacts,
  type FamilyState,
  type Trial,
} from '../infra/postgres/trials.ts';
import type { PendingStarter } from '../infra/temporal/pending-starter.ts';
import type { SubscriptionOutcome } from '../workflows/contracts.ts';
import type { CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import { nextTrialStep, type TrialEnding, type TrialStep } from '../workflows/domain/trial.ts';
import { trialPeriodId } from '../workflows/ids.ts';

export interface TrialDeps {
  pool: Pool;
  carriers: Carriers;
  /** Tells the subscriptions' workflows of what they were handed. */
  starter: PendingStarter;
}

export type TrialActivities = ReturnType<typeof createTrialActivities>;

/** Families handed over in one activity: a class of 60 in three, none longer than its timeout. */
const HAND_OVER_PAGE = 20;

/** What a yes comes to; anything else leaves the family without an order. */
const TAKEN: readonly SubscriptionOutcome[] = ['subscribed', 'already-subscribed', 'changes-next-month'];

interface Step {
  trialId: string;
  /** The workflow's time, epoch ms. */
  at: number;
}

/**
 * What a trial does to the record: each is one transaction that a second run finds done, the handing over one for each
 * family. Only ids, times and counts go in and out.
 */
export function createTrialActivities({ pool, carriers, starter }: TrialDeps) {
  return { nextStep, writeWeeklyReport, issueFirstNotice, sendSecondNotice, handOverConfirmed, closeTrialPeriod };

  /** What is to be done next and when; null once the trial is closed. */
  async function nextStep({ trialId, now }: { trialId: string; now: number }): Promise<TrialStep | null> {
    const trial = known(trialId, await findTrial(pool, trialId));
    // Before it looks: what is said meanwhile tells it again.
    await donePending(pool, { kind: 'trial', tenant: trial.tenant, key: trialId });
    return nextTrialStep(await trialFacts(pool, trial, rulesOf(trial)), now);
  }

  /** Writes the principal's report of [from, at). */
  function writeWeeklyReport({ trialId, from, at }: Step & { from: number }): Promise<void> {
    return locked(trialId, (db, trial) =>
      writeReport(db, trial, { from: new Date(from), until: new Date(at) }, rulesOf(trial)),
    );
  }

  /** Lets notice 1 be printed. */
  function issueFirstNotice({ trialId, at }: Step): Promise<void> {
    return locked(trialId, (db, trial) => issueNotice1(db, trial, new Date(at)));
  }

  /** Texts notice 2. Returns how many guardians were texted. */
  function sendSecondNotice({ trialId, at }: Step): Promise<{ texts: number }> {
    return locked(trialId, async (db, trial) => ({
      texts: await sendNotice2(db, trial, new Date(at), rulesOf(trial)),
    }));
  }

  /**
   * Orders for the next families that said yes, each in one transaction with the record of it. What a subscription
   * refuses ends, unbilled, with the reason recorded.
   */
  async function handOverConfirmed({ trialId, at }: Step): Promise<{ handed: number }> {
    let handed = 0;
    while (handed < HAND_OVER_PAGE) {
      const told = await locked(trialId, (db, trial) => handOver(db, trial, new Date(at)));
      if (!told) break;
      starter.offer(told);
      handed++;
    }
    return { handed };
  }

  /** Ends the trial for all who have not answered. Returns where its families are. */
  function closeTrialPeriod({ trialId, at, as }: Step & { as: TrialEnding }): Promise<Record<FamilyState, number>> {
    return locked(trialId, async (db, trial) => {
      await closeTrial(db, trial, as, new Date(at));
      return countFamilies(db, trialId);
    });
  }

  /** The next family's order; undefined: no yes waits. @returns the workflows to be told */
  async function handOver(db: Db, trial: Trial, at: Date): Promise<Pending[] | undefined> {
    const [family] = await confirmedFamilies(db, trial.id, 1);
    if (!family) return undefined;
    const { refused, pending } = await order(db, trial, family, at);
    await recordHandOver(db, trial, { unit: family.unit, at, actor: trialPeriodId(trial.id), refused });
    return pending ? [pending] : [];
  }

  /**
   * The order is of the later of the yes and the trial's end (spec §6), and known since it is handed over.
   * @returns why it was refused; undefined when it was taken
   */
  async function order(
    db: Db,
    trial: Trial,
    family: ConfirmedFamily,
    handedAt: Date,
  ): Promise<{ refused: string | undefined; pending: Pending | null }> {
    const { tenant, unit, requestId, channel, actor, guardianId, evidence } = family;
    const at = new Date(Math.max(family.at.getTime(), trial.endsAt.getTime()));
    const receivedAt = new Date(Math.max(at.getTime(), handedAt.getTime())).toISOString();
    const said = { requestId, channel, actor, guardianId, evidence, package: family.package, at: at.toISOString() };
    const order = { ...said, receivedAt, saidAt: family.at.toISOString() };
    try {
      const commanded = await commandSubscription(db, carriers, { tenant, unit, action: 'order', command: order });
      const { outcome } = commanded.view;
      return { refused: TAKEN.includes(outcome) ? undefined : outcome, pending: commanded.pending };
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      return { refused: 'refused', pending: null };
    }
  }

  function rulesOf(trial: Trial): CarrierProfile {
    return carriers.profile(trial.tenant, trial.startedAt.getTime());
  }

  function locked<T>(trialId: string, work: (db: Db, trial: Trial) => Promise<T>): Promise<T> {
    return inTransaction(pool, async (db) => work(db, known(trialId, await lockTrial(db, trialId))));
  }
}

function known(trialId: string, trial: Trial | undefined): Trial {
  if (!trial) throw ApplicationFailure.nonRetryable(`no trial ${trialId}`, 'UnknownTrial');
  return trial;
}
