import { heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Carriers } from '../infra/carriers.ts';
import { filesOf, writeChargeFile } from '../infra/postgres/billing-files.ts';
import { readUpload } from '../infra/postgres/billing-results.ts';
import {
  chargedMonthsBefore,
  checkBalance,
  chunksToCharge,
  countChunks,
  openRun,
  planChunks,
  setRunState,
  takeChunk,
  type BillingMonth,
} from '../infra/postgres/billing-runs.ts';
import { inTransaction, type Pool } from '../infra/postgres/pool.ts';
import { monthEnd } from '../workflows/domain/billing-month.ts';
import type { CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import type { ResultsReport } from '../workflows/domain/results-file.ts';
import { billingCycleId } from '../workflows/ids.ts';
import { chargeUnits } from '../infra/postgres/charge-units.ts';

/** What billing activities are made of. */
export interface BillingDeps {
  pool: Pool;
  carriers: Carriers;
}

export type BillingActivities = ReturnType<typeof createBillingActivities>;

/** A month's charging, each activity harmless to repeat. */
export function createBillingActivities({ pool, carriers }: BillingDeps) {
  return {
    /** The instant (epoch ms) the month ends in the carrier's zone. */
    monthEnd: (cycle: BillingMonth): Promise<number> => Promise.resolve(endOf(cycle)),

    /** Opens the run and cuts the carrier's units into chunks, once. */
    openBilling: (input: BillingMonth & { chunkUnits: number }): Promise<{ chunks: number }> =>
      inTransaction(pool, async (db) => {
        await openRun(db, input, billingCycleId(input.tenant, input.month));
        await planChunks(db, input, input.chunkUnits);
        return { chunks: await countChunks(db, input) };
      }),

    /** The latest charged months, in which cancels may have come late. */
    async monthsToRevisit({ count, ...cycle }: BillingMonth & { count: number }) {
      const months = await chargedMonthsBefore(pool, cycle, count);
      return Promise.all(
        months.map(async (month) => ({ month, chunks: await countChunks(pool, { ...cycle, month }) })),
      );
    },

    /** Charges the chunks of [from, to) that have something to charge, each in one transaction. */
    async chargeChunks({ from, to, ...cycle }: BillingMonth & { from: number; to: number }) {
      const until = endOf(cycle);
      const charged = { fees: 0, reversals: 0 };
      for (const chunk of await chunksToCharge(pool, cycle, { from, to, until })) {
        const { fees, reversals } = await chargeChunk(cycle, chunk, until);
        charged.fees += fees;
        charged.reversals += reversals;
        heartbeat(chunk);
      }
      return charged;
    },

    /** Writes what the carrier has not been told; returns how many of the month's files wait for results. */
    async tellCarrier(cycle: BillingMonth): Promise<number> {
      await writeChargeFile(pool, cycle, fileWords(carriers.versions(cycle.tenant)));
      return settle(cycle, false);
    },

    /** Σ charges − reversals = Σ file lines; a month that does not add up is marked and fails here, for a person. */
    async balanceBilling(cycle: BillingMonth): Promise<void> {
      const balance = await checkBalance(pool, cycle);
      if (balance.balanced) return;
      await setRunState(pool, cycle, 'unbalanced');
      const words = `the ledger of ${cycle.month} and its files differ: ${JSON.stringify(balance)}`;
      throw ApplicationFailure.nonRetryable(words, 'Unbalanced');
    },

    /** Reads an uploaded results file: all of it, or a report of what is wrong. */
    async readResults({ uploadId, maxAttempts }: { uploadId: string; maxAttempts: number }): Promise<ResultsReport> {
      return (await readUpload(pool, uploadId, maxAttempts)).report;
    },

    /** Marks how far the month is, `overdue` where nobody waits any longer; returns how many files wait for results. */
    markBilling: ({ overdue = false, ...cycle }: BillingMonth & { overdue?: boolean }): Promise<number> =>
      settle(cycle, overdue),
  };

  async function settle(cycle: BillingMonth, overdue: boolean): Promise<number> {
    const waiting = (await filesOf(pool, cycle)).filter(({ answered }) => !answered).length;
    const state = waiting === 0 ? 'settled' : overdue ? 'results-overdue' : 'awaiting-results';
    await setRunState(pool, cycle, state);
    return waiting;
  }

  function endOf({ tenant, month }: BillingMonth): number {
    return monthEnd(month, carriers.profile(tenant).zone);
  }

  /** One transaction: what it read counts as seen if and only if its lines are in the ledger. */
  function chargeChunk(cycle: BillingMonth, chunk: number, until: number) {
    const workflowId = billingCycleId(cycle.tenant, cycle.month);
    return inTransaction(pool, async (db) => {
      const { again, events } = await takeChunk(db, cycle, chunk, until);
      const now = Math.max(until, Date.now());
      return chargeUnits(db, events, { ...cycle, now, workflowId, versions: carriers.versions(cycle.tenant), again });
    });
  }
}

/** A package keeps the latest name it had, also when it is no longer sold. */
function fileWords(versions: readonly CarrierProfile[]) {
  return {
    packages: Object.fromEntries(versions.flatMap(({ packages }) => packages.map(({ id, name }) => [id, name]))),
    notes: {
      'first-order': '首次订制',
      'repeat-order': '重复订制',
      monthly: '包月',
      reversal: '退费',
      refund: '退费',
      correction: '退费',
    },
    retry: '补扣',
  };
}
