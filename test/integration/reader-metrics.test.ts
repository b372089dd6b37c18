import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMetrics } from '../../infra/telemetry/metrics.ts';
import { readerLinkId } from '../../workflows/ids.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addGate } from '../support/reader.ts';
import { addSchool } from '../support/school.ts';

let database: TestDatabase;
/** What each link's part of /readyz says; a link without a part answers nothing. */
let parts: { name: string; status: string }[];
beforeAll(async () => {
  database = await createTestDatabase();
  await addSchool(database.pool);
  await addGate(database.pool);
  await database.pool.query(`
    update reader set last_seen_at = now() - interval '100 s' where device_id = 'gate-1';
    update reader set last_seen_at = now() - interval '5000 s' where device_id = 'gate-2';
    insert into reader_boot (device_id, boot, first_seq, durable_seq, highest_seq)
      values ('gate-1', 'whole', 1, 9, 9), ('gate-1', 'gap', 1, 6, 11), ('gate-9', 'gap', 1, 6, 11);
    insert into reader_alarm (device_id, date, window_from, window_until, cleared_at, reason)
      select device_id, at::date, at - interval '2 hours', at, cleared, 'unheard' from (values
        ('gate-1', now() - interval '1 hour', null), ('gate-2', now() - interval '1 hour', now()),
        ('gate-9', now() - interval '1 hour', null), ('gate-9', now() - interval '25 hours', null)) a (device_id, at, cleared)`);
});
afterAll(() => database.drop());

async function scraped(): Promise<string[]> {
  const text = await createMetrics(database.pool, () => Promise.resolve({ parts })).scrape();
  return text.split('\n').filter((line) => line.startsWith('campusline_reader_'));
}

it('tells how the gates are: by carrier and link, never by reader', async () => {
  parts = [{ name: readerLinkId('gansu', '0'), status: 'ok' }];
  const lines = await scraped();
  expect(lines.filter((line) => !line.includes('last_seen')).toSorted()).toEqual([
    'campusline_reader_alarms{tenant="gansu"} 2',
    'campusline_reader_gaps{tenant="gansu"} 2',
    'campusline_reader_link_up{tenant="gansu",shard="0"} 1',
    'campusline_reader_link_up{tenant="gansu",shard="7"} 0',
  ]);
  const [seen, ...more] = lines.filter((line) => line.includes('last_seen'));
  expect(more).toEqual([]);
  const [, seconds] = /^campusline_reader_last_seen_seconds\{tenant="gansu"\} ([\d.]+)$/.exec(seen!)!;
  expect(Number(seconds)).toBeGreaterThanOrEqual(5_000);
  expect(Number(seconds)).toBeLessThan(5_060);
});

it('says none with a number: an alert must see it go back', async () => {
  parts = [{ name: readerLinkId('gansu', '0'), status: 'down' }];
  await database.pool.query(
    'update reader_boot set durable_seq = highest_seq; update reader_alarm set cleared_at = now()',
  );
  expect((await scraped()).filter((line) => !line.includes('last_seen')).toSorted()).toEqual([
    'campusline_reader_alarms{tenant="gansu"} 0',
    'campusline_reader_gaps{tenant="gansu"} 0',
    'campusline_reader_link_up{tenant="gansu",shard="0"} 0',
    'campusline_reader_link_up{tenant="gansu",shard="7"} 0',
  ]);
});
