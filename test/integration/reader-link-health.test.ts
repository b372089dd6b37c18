import { afterAll, beforeAll, expect, it } from 'vitest';
import { readerHealth } from '../../infra/postgres/readers.ts';
import { parseWithOffset } from '../../workflows/domain/civil-time.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addGate } from '../support/reader.ts';
import { addSchool } from '../support/school.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await addSchool(database.pool);
  await addGate(database.pool);
  await database.pool.query(`
    insert into reader_boot (device_id, boot, first_seq, durable_seq, highest_seq)
      values ('gate-1', 'whole', 1, 9, 9), ('gate-1', 'gap', 1, 6, 11)`);
});
afterAll(() => database.drop());

const health = (time: string, schoolId?: string) =>
  readerHealth(
    database.pool,
    { tenants: ['gansu'], schoolId },
    parseWithOffset(`2026-11-23T${time}+08:00`)!,
    () => 'Asia/Shanghai',
  );

it('tells the gaps of each reader, to its own school only', async () => {
  const readers = await health('08:31:00', 'k1');
  expect(readers.map(({ deviceId, gaps }) => [deviceId, gaps])).toEqual([
    ['gate-1', [{ boot: 'gap', durableSeq: 6, highestSeq: 11 }]],
    ['gate-2', []],
    ['gate-7', []],
  ]);
});
