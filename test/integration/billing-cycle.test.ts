import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBillingActivities, type BillingActivities } from '../../activities/billing.ts';
import { settleUnit } from '../../infra/postgres/charge-units.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';
import { addFamilies, ledgerOf, order, cancel, resultsFor, unitOf, upload } from '../support/billing.ts';

const march = { tenant: 'gansu', month: '2026-03' };
let database: TestDatabase;
let billing: BillingActivities;

beforeAll(async () => {
  database = await createTestDatabase();
  billing = createBillingActivities({ pool: database.pool, carriers: loadCarriers() });
});
afterAll(() => database.drop());

const charge = (range = { from: 0, to: 1000 }, cycle = march) =>
  new MockActivityEnvironment().run(
    (input: Parameters<BillingActivities['chargeChunks']>[0]) => billing.chargeChunks(input),
    {
      ...cycle,
      ...range,
    },
  );

describe('charging a month', () => {
  beforeAll(() => addFamilies(database.pool, 'gansu', 8));

  it('writes one line for each unit that owes one, by the rules', async () => {
    await order(database.pool, 'gansu', 0, '2026-02-10T10:00:00+08:00');
    await order(database.pool, 'gansu', 1, '2026-03-05T10:00:00+08:00');
    await order(database.pool, 'gansu', 2, '2026-03-05T10:00:00+08:00');
    await cancel(database.pool, 'gansu', 2, '2026-03-06T10:00:00+08:00');
    await order(database.pool, 'gansu', 3, '2026-03-25T10:00:00+08:00');
    await billing.openBilling({ ...march, chunkUnits: 2 });
    expect(await charge()).toEqual({ fees: 2, reversals: 0 });
    expect(await ledgerOf(database.pool, march)).toEqual([
      { family: 0, kind: 'fee', fen: 800, rule: 'R4' },
      { family: 1, kind: 'fee', fen: 800, rule: 'R1' },
    ]);
  });

  it('changes nothing when it runs again', async () => {
    await billing.openBilling({ ...march, chunkUnits: 2 });
    expect(await charge()).toEqual({ fees: 0, reversals: 0 });
  });

  it('reverses a fee whose cancel came late, once, and only that one (R8)', async () => {
    await cancel(database.pool, 'gansu', 1, '2026-03-06T10:00:00+08:00', '2026-04-02T10:00:00+08:00');
    expect(await charge()).toEqual({ fees: 0, reversals: 1 });
    expect(await charge()).toEqual({ fees: 0, reversals: 0 });
    expect(await ledgerOf(database.pool, march)).toEqual([
      { family: 0, kind: 'fee', fen: 800, rule: 'R4' },
      { family: 1, kind: 'fee', fen: 800, rule: 'R1' },
      { family: 1, kind: 'reversal', fen: -800, rule: 'R8' },
    ]);
  });

  it('charges an order that was recorded late, also of a unit nobody knew before', async () => {
    await order(database.pool, 'gansu', 4, '2026-03-02T10:00:00+08:00');
    expect(await charge()).toEqual({ fees: 1, reversals: 0 });
  });

  it('sees an event whose transaction was open while its chunk was charged', async () => {
    const client = await database.pool.connect();
    await client.query('begin');
    await cancel(client, 'gansu', 4, '2026-03-03T10:00:00+08:00', '2026-04-02T10:00:00+08:00');
    await order(database.pool, 'gansu', 5, '2026-03-02T10:00:00+08:00');
    expect(await charge()).toEqual({ fees: 1, reversals: 0 });
    await client.query('commit');
    client.release();
    expect(await charge()).toEqual({ fees: 0, reversals: 1 });
  });

  it('is told to the carrier without the fees taken back, and adds up', async () => {
    expect(await billing.tellCarrier(march)).toBe(1);
    await billing.balanceBilling(march);
    const { rows } = await database.pool.query('select lines, fen from charge_file');
    expect(rows).toEqual([{ lines: 2, fen: 1600 }]);
    expect(await billing.tellCarrier(march)).toBe(1);
    expect((await database.pool.query('select from charge_file')).rowCount).toBe(1);
  });

  it('takes a wrong results file as a whole or not at all', async () => {
    const right = await resultsFor(database.pool, 1, ['成功', '失败']);
    const id = await upload(database.pool, 1, right.replace('8.00,成功', '5.00,成功'));
    const report = await billing.readResults({ uploadId: id, maxAttempts: 2 });
    expect(report).toMatchObject({ accepted: false, errorCount: 1 });
    expect((await database.pool.query('select from charge_result')).rowCount).toBe(0);
    expect(await billing.markBilling(march)).toBe(1);
  });

  it('counts a right one once: successes open the maintenance phase, failures are arrears', async () => {
    const right = await resultsFor(database.pool, 1, ['成功', '失败']);
    const id = await upload(database.pool, 1, right);
    const report = await billing.readResults({ uploadId: id, maxAttempts: 2 });
    expect(report).toMatchObject({ accepted: true, successes: 1, failures: 1, collectedFen: 800 });
    expect(report.schoolsOpened).toHaveLength(1);
    expect(await billing.readResults({ uploadId: id, maxAttempts: 2 })).toEqual(report);
    const again = await upload(database.pool, 1, right);
    expect(await billing.readResults({ uploadId: again, maxAttempts: 2 })).toMatchObject({
      accepted: false,
      errors: [{ fault: 'already-answered' }],
    });
    const { rows } = await database.pool.query(`select attempt, to_char(retry_month, 'YYYY-MM') as retry from arrears`);
    expect(rows).toEqual([{ attempt: 1, retry: '2026-04' }]);
    expect(await billing.markBilling(march)).toBe(0);
  });

  it('asks for a refused fee again next month, and gives up after the last try', async () => {
    const april = { ...march, month: '2026-04' };
    await billing.openBilling({ ...april, chunkUnits: 2 });
    await charge(undefined, april);
    expect(await billing.tellCarrier(april)).toBe(1);
    await billing.balanceBilling(april);
    await billing.balanceBilling(march);
    const { rows } = await database.pool.query<{ attempt: number; lines: number }>(
      'select attempt, count(*) as lines from charge_file_line where file_id = 2 group by 1 order by 1',
    );
    expect(rows.at(-1)).toEqual({ attempt: 2, lines: 1 });
    const failing = await resultsFor(database.pool, 2, ['失败', '失败', '失败', '失败', '失败', '失败']);
    await billing.readResults({ uploadId: await upload(database.pool, 2, failing), maxAttempts: 2 });
    const arrears = await database.pool.query('select attempt, retry_month from arrears where attempt = 2');
    expect(arrears.rows).toEqual([{ attempt: 2, retry_month: null }]);
  });
});

describe('a year that is changed for another (R6, R7)', () => {
  it('is refunded by its own fee, though the new year is charged in the same month', async () => {
    await addFamilies(database.pool, 'shanxi', 1);
    await order(database.pool, 'shanxi', 0, '2026-03-05T10:00:00+08:00', 'home-school+safety-sms/year');
    await order(database.pool, 'shanxi', 0, '2026-05-20T10:00:00+08:00', 'home-school/year');
    for (const month of ['2026-03', '2026-06']) {
      const cycle = { tenant: 'shanxi', month };
      await billing.openBilling({ ...cycle, chunkUnits: 2 });
      await charge(undefined, cycle);
    }
    const { rows } = await database.pool.query(
      `select back.fen, fee.package from charge back join charge fee on fee.id = back.fee_id
      where back.tenant = 'shanxi'`,
    );
    // Not used: June, September to January; July, August and February are free.
    expect(rows).toEqual([{ fen: -Math.floor((5000 * 6) / 9), package: 'home-school+safety-sms/year' }]);
  });
});

describe('the ledger', () => {
  const count = async () => (await database.pool.query('select from charge')).rowCount;

  beforeEach(async () => expect(await count()).toBeGreaterThan(0));

  it.each([
    ['charge', 'fen'],
    ['charge_file', 'fen'],
    ['charge_file_line', 'fen'],
    ['charge_result', 'outcome'],
    ['charge_results_upload', 'body'],
    ['charge_results_report', 'report'],
  ])('is append-only: %s', async (table, column) => {
    await expect(database.pool.query(`update ${table} set ${column} = ${column}`)).rejects.toThrow('append-only');
    await expect(database.pool.query(`delete from ${table}`)).rejects.toThrow('append-only');
  });

  it('takes one fee per unit and month, and no more back than it, whoever writes', async () => {
    const again = `insert into charge (tenant, unit, month, kind, fee_id, payer_guardian_id, package, fen, rule,
        profile_version, decided_at, reason, inputs, workflow_id, consent_event_id)
      select tenant, unit, month, kind, fee_id, payer_guardian_id, package, fen, rule, profile_version, decided_at,
        reason, inputs, workflow_id, consent_event_id from charge where kind = $1 limit 1`;
    await expect(database.pool.query(again, ['fee'])).rejects.toMatchObject({ constraint: 'charge_one_fee' });
    await expect(database.pool.query(again, ['reversal'])).rejects.toMatchObject({ constraint: 'charge_within_fee' });
  });

  const may = { tenant: 'gansu', month: '2026-05' };
  it('loses to a subscription that writes the same fee at this moment, and finds it when repeated', async () => {
    await order(database.pool, 'gansu', 6, '2026-05-02T10:00:00+08:00');
    await order(database.pool, 'gansu', 7, '2026-05-02T10:00:00+08:00');
    await billing.openBilling({ ...may, chunkUnits: 1000 });
    const client = await database.pool.connect();
    await client.query('begin');
    const settling = {
      tenant: 'gansu',
      workflowId: 'subscription/gansu/6',
      versions: loadCarriers().versions('gansu'),
    };
    await settleUnit(client, unitOf('gansu', 6), { ...settling, now: Date.parse('2026-05-06T10:00:00+08:00') });
    const charged = charge(undefined, may);
    await until('the cycle waits for the subscription', async () => {
      const { rowCount } = await database.pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rowCount === 1;
    });
    await client.query('commit');
    client.release();
    await expect(charged).rejects.toMatchObject({ code: '23505' });
    await charge(undefined, may);
    expect((await ledgerOf(database.pool, may)).filter(({ family }) => family >= 6)).toEqual([
      { family: 6, kind: 'fee', fen: 800, rule: 'R1' },
      { family: 7, kind: 'fee', fen: 800, rule: 'R1' },
    ]);
  });
});
