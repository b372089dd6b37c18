import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { joinReceipts, storeReceipts } from '../../activities/carrier-receipts.ts';
import { listUncertain } from '../../infra/postgres/uncertain.ts';
import type { ReceiptState } from '../../infra/smpp/receipt.ts';
import { aText, states } from '../support/carrier-link.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { loseTexts } from '../support/uncertain.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  // A text's time is changed here, which nothing else may do.
  await database.pool.query('alter table sms disable trigger append_only');
});
afterEach(() => database.drop());

const PHONE = '13900000001';
const ago = (minutes: number) => `now() - interval '${minutes} minutes'`;
let receipts = 0;

/** Texts to one phone whose fate is lost, written so many minutes ago. */
async function lost(minutes: number, ...segments: number[]): Promise<number[]> {
  const ids = await loseTexts(
    database.pool,
    segments.map((count) => aText({ phone: PHONE, body: '长'.repeat(count === 1 ? 10 : count * 60) })),
  );
  await database.pool.query(`update sms set created_at = ${ago(minutes)} where id = any ($1)`, [ids]);
  return ids;
}

/** Receipts that name no text that is known, so many minutes ago. */
async function receipted(minutes: number, ...of: ReceiptState[]): Promise<void> {
  const smscIds = of.map(() => `r${++receipts}`);
  await storeReceipts(
    database.pool,
    of.map((state, i) => ({
      ...{ tenant: 'gansu', phone: PHONE, destination: '10657099', smscId: smscIds[i]!, state },
      error: state === 'FAILED' ? 'UNDELIV' : null,
    })),
  );
  await database.pool.query(`update sms_receipt set received_at = ${ago(minutes)} where smsc_id = any ($1)`, [smscIds]);
}

async function swept(ids: number[]): Promise<string[]> {
  for (let sweep = 0; sweep < 3; sweep++) await joinReceipts(database.pool, 'gansu');
  return states(database.pool, ids);
}

describe('two UNCERTAIN texts of one phone', () => {
  it.each<[string, number[], ReceiptState[], string]>([
    ['have as many receipts of one end: it makes no difference whose', [1, 1], ['DELIVERED', 'DELIVERED'], 'DELIVERED'],
    ['both failed', [1, 1], ['FAILED', 'FAILED'], 'FAILED'],
    ['of one and of two parts', [1, 2], ['DELIVERED', 'DELIVERED', 'DELIVERED'], 'DELIVERED'],
    ['are left where one arrived and one did not', [1, 1], ['DELIVERED', 'FAILED'], 'UNCERTAIN'],
    ['are left where a receipt is missing', [1, 1], ['DELIVERED'], 'UNCERTAIN'],
    ['are left where there is a receipt too many', [1, 1], ['DELIVERED', 'DELIVERED', 'DELIVERED'], 'UNCERTAIN'],
    ['are left while both are on their way', [1, 1], ['BUFFERED', 'BUFFERED'], 'UNCERTAIN'],
  ])('%s', async (_what, segments, of, state) => {
    const ids = await lost(10, ...segments);
    await receipted(5, ...of);
    expect(await swept(ids)).toEqual(ids.map(() => state));
  });

  it('are told apart by when they were written', async () => {
    const [first] = await lost(10, 1);
    const [second] = await lost(6, 1);
    await receipted(8, 'FAILED');
    await receipted(5, 'DELIVERED');
    expect(await swept([first!, second!])).toEqual(['FAILED', 'DELIVERED']);
  });

  it('are joined when the last receipt comes, hours after the first', async () => {
    const ids = await lost(300, 1, 1);
    await receipted(200, 'DELIVERED');
    expect(await swept(ids)).toEqual(['UNCERTAIN', 'UNCERTAIN']);
    await receipted(1, 'DELIVERED');
    expect(await swept(ids)).toEqual(['DELIVERED', 'DELIVERED']);
  });

  it('are shown to a person with the receipts that may be theirs, and no others', async () => {
    await receipted(20, 'DELIVERED');
    const ids = await lost(10, 1, 1);
    await receipted(5, 'DELIVERED', 'FAILED');
    await swept(ids);
    const { rows } = await listUncertain(database.pool, { tenants: ['gansu'] }, undefined, 10);
    expect(rows.map((row) => row.receipts.map(({ state, error }) => ({ state, error })))).toEqual(
      ids.map(() => [
        { state: 'DELIVERED', error: null },
        { state: 'FAILED', error: 'UNDELIV' },
      ]),
    );
  });
});
