import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBillingActivities, type BillingActivities } from '../../activities/billing.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { settleUnit } from '../../infra/postgres/charge-units.ts';
import { addFamilies, cancel, order, resultsFor, unitOf, upload } from '../support/billing.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const tenant = 'shanxi';
const YEAR = 'home-school/year';
const carriers = loadCarriers();
let database: TestDatabase;
let billing: BillingActivities;

beforeAll(async () => {
  database = await createTestDatabase();
  billing = createBillingActivities({ pool: database.pool, carriers });
  await addFamilies(database.pool, tenant, 4);
});
afterAll(() => database.drop());

const settle = (family: number, now: string) =>
  settleUnit(database.pool, unitOf(tenant, family), {
    ...{ tenant, now: Date.parse(now), workflowId: 'test', versions: carriers.versions(tenant) },
  });
const ledger = async (family: number) => {
  const { rows } = await database.pool.query<{ line: string }>(
    `select to_char(month, 'MM') || ' ' || kind || ' ' || fen as line from charge where unit = $1 order by id`,
    [unitOf(tenant, family)],
  );
  return rows.map(({ line }) => line);
};
/** Tells the carrier what is due up to the month. Returns the file and its lines of the family. */
async function tell(month: string, family: number): Promise<{ file: number; lines: number[] }> {
  await billing.openBilling({ tenant, month, chunkUnits: 10 });
  await billing.tellCarrier({ tenant, month });
  await billing.balanceBilling({ tenant, month });
  const { rows } = await database.pool.query<{ file: number; fen: number | null; phone: string | null }>(
    `select f.id as file, l.fen, l.phone from charge_file f left join charge_file_line l on l.file_id = f.id and l.phone = $2
    where f.month = $1::date order by l.line`,
    [`${month}-01`, `1390000000${family}`],
  );
  return { file: rows[0]?.file ?? 0, lines: rows.flatMap(({ fen }) => fen ?? []) };
}
const answer = async (file: number, ...results: string[]) =>
  billing.readResults({
    uploadId: await upload(database.pool, file, await resultsFor(database.pool, file, results), tenant),
    maxAttempts: 3,
  });

describe('a refund', () => {
  it('is raised by a cancel learnt later that was said earlier, up to the fee (R6)', async () => {
    await order(database.pool, tenant, 0, '2025-09-05T10:00:00+08:00', YEAR);
    await settle(0, '2025-09-08T10:00:00+08:00');
    await cancel(database.pool, tenant, 0, '2025-11-20T10:00:00+08:00');
    await settle(0, '2025-11-20T10:00:00+08:00');
    expect(await ledger(0)).toEqual(['09 fee 4000', '11 reversal -2666']);
    await cancel(database.pool, tenant, 0, '2025-10-06T10:00:00+08:00', '2025-11-21T10:00:00+08:00');
    await settle(0, '2025-11-21T10:00:00+08:00');
    expect(await ledger(0)).toEqual(['09 fee 4000', '11 reversal -2666', '10 reversal -445']);
    await cancel(database.pool, tenant, 0, '2025-09-06T10:00:00+08:00', '2025-11-22T10:00:00+08:00');
    for (let run = 0; run < 2; run++) await settle(0, '2025-11-22T10:00:00+08:00');
    expect(await ledger(0)).toEqual(['09 fee 4000', '11 reversal -2666', '10 reversal -445', '09 reversal -889']);
  });

  it('of a fee that the carrier refused makes it less, and is never told by itself', async () => {
    await order(database.pool, tenant, 1, '2025-09-05T10:00:00+08:00', YEAR);
    await settle(1, '2025-09-08T10:00:00+08:00');
    const first = await tell('2025-09', 1);
    expect(first.lines).toEqual([4000]);
    await answer(first.file, '失败');
    await cancel(database.pool, tenant, 1, '2025-11-20T10:00:00+08:00');
    await settle(1, '2025-11-20T10:00:00+08:00');
    const owed = await database.pool.query('select fen from arrears where unit = $1', [unitOf(tenant, 1)]);
    expect(owed.rows).toEqual([{ fen: 1334 }]);
    const again = await tell('2025-11', 1);
    expect(again.lines).toEqual([1334]);
    expect(await answer(again.file, '成功')).toMatchObject({ accepted: true, collectedFen: 1334 });
    expect((await tell('2025-12', 1)).lines).toEqual([]);
    expect((await database.pool.query('select from arrears')).rowCount).toBe(0);
  });

  it('of a fee not told yet is set off in its line; one after it was collected is told', async () => {
    await order(database.pool, tenant, 2, '2025-09-05T10:00:00+08:00', YEAR);
    await settle(2, '2025-09-08T10:00:00+08:00');
    await cancel(database.pool, tenant, 2, '2025-11-20T10:00:00+08:00');
    await settle(2, '2025-11-20T10:00:00+08:00');
    const asked = await tell('2026-01', 2);
    expect(asked.lines).toEqual([1334]);
    await answer(asked.file, '成功');
    await cancel(database.pool, tenant, 2, '2025-10-06T10:00:00+08:00', '2026-01-21T10:00:00+08:00');
    await settle(2, '2026-01-21T10:00:00+08:00');
    expect((await tell('2026-02', 2)).lines).toEqual([-445]);
  });
});

describe('a month whose fee was wholly taken back', () => {
  // Findings B11.
  it('is charged anew for a later order, once', async () => {
    await order(database.pool, tenant, 3, '2025-03-05T10:00:00+08:00');
    await settle(3, '2025-03-08T10:00:00+08:00');
    await cancel(database.pool, tenant, 3, '2025-03-06T10:00:00+08:00', '2025-03-09T10:00:00+08:00');
    await settle(3, '2025-03-09T10:00:00+08:00');
    expect(await ledger(3)).toEqual(['03 fee 500', '03 reversal -500']);
    await order(database.pool, tenant, 3, '2025-03-12T10:00:00+08:00');
    for (let run = 0; run < 2; run++) await settle(3, '2025-03-12T10:00:00+08:00');
    expect(await ledger(3)).toEqual(['03 fee 500', '03 reversal -500', '03 fee 500']);
    // The month's run finds it done, whoever's clock is behind.
    await settle(3, '2025-03-07T10:00:00+08:00');
    const cycle = { tenant, month: '2025-03' };
    await billing.openBilling({ ...cycle, chunkUnits: 10 });
    const chunks = { ...cycle, from: 0, to: 10 };
    await new MockActivityEnvironment().run((range: typeof chunks) => billing.chargeChunks(range), chunks);
    expect(await ledger(3)).toEqual(['03 fee 500', '03 reversal -500', '03 fee 500']);
  });
});
