/** A carrier's month billed as its workflow does, and answered as the carrier would: for simulations. */
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createBillingActivities } from '../activities/billing.ts';
import type { Carriers } from '../infra/carriers.ts';
import { fileLines, filesOf } from '../infra/postgres/billing-files.ts';
import { storeUpload } from '../infra/postgres/billing-results.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { BILLING_OPTIONS } from '../workflows/domain/billing-options.ts';
import { exactYuan } from '../workflows/domain/charge-file.ts';
import { csvRow } from '../workflows/domain/csv.ts';
import { RESULTS_FILE_COLUMNS } from '../workflows/domain/results-file.ts';

/** Of a hundred lines the carrier refuses three: 余额不足. */
const REFUSED = 0.03;

/** Who bills, and by what chance the carrier refuses: numbers of [0, 1). */
export interface Billing {
  pool: Pool;
  carriers: Carriers;
  tenant: string;
  chance: () => number;
}

/** Charges the month and what came late for those before it, tells the carrier, and reads its answers. */
export async function billMonth({ pool, carriers, tenant, chance }: Billing, month: string): Promise<void> {
  const billing = createBillingActivities({ pool, carriers });
  const cycle = { tenant, month };
  const { chunks } = await billing.openBilling({ ...cycle, chunkUnits: BILLING_OPTIONS.chunkUnits });
  const earlier = await billing.monthsToRevisit({ ...cycle, count: BILLING_OPTIONS.revisitMonths });
  for (const each of [...earlier, { month, chunks }]) await chargeMonth(billing, tenant, each.month, each.chunks);
  await billing.tellCarrier(cycle);
  await billing.balanceBilling(cycle);
  for (const file of await filesOf(pool, cycle)) {
    if (file.answered) continue;
    const body = await carriersAnswer(pool, file.id, file.lines, chance);
    const upload = { tenant, fileId: file.id, accountId: 'simulation', requestKey: randomUUID(), body };
    const { maxAttempts } = BILLING_OPTIONS;
    const uploadId = await storeUpload(pool, upload);
    const report = await billing.readResults({ uploadId, maxAttempts });
    if (!report.accepted) throw new Error(`results refused: ${JSON.stringify(report.errors)}`);
  }
  await billing.markBilling(cycle);
}

/** Charges a month's chunks. Activities report while they work; here nobody listens. */
export function chargeMonth(
  billing: ReturnType<typeof createBillingActivities>,
  tenant: string,
  month: string,
  chunks: number,
): Promise<{ fees: number; reversals: number }> {
  const input = { tenant, month, from: 0, to: chunks };
  return new MockActivityEnvironment().run((range: typeof input) => billing.chargeChunks(range), input);
}

async function carriersAnswer(pool: Pool, fileId: number, lines: number, chance: () => number): Promise<string> {
  let collected = 0;
  const rows = (await fileLines(pool, fileId, 0, lines)).map(({ line, phone, fen }) => {
    const refused = fen > 0 && chance() < REFUSED;
    if (!refused) collected += fen;
    return csvRow([String(line), phone, exactYuan(fen), refused ? '失败' : '成功', refused ? '余额不足' : '']);
  });
  return [csvRow(RESULTS_FILE_COLUMNS), ...rows, csvRow(['合计', String(lines), exactYuan(collected)])].join('');
}
