import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReaderAlarmActivities } from '../../activities/reader-alarms.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { readerHealth } from '../../infra/postgres/readers.ts';
import { parseWithOffset } from '../../workflows/domain/civil-time.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addGate } from '../support/reader.ts';
import { addSchool } from '../support/school.ts';

/** Both schools expect swipes from 06:30 until 08:30. 2026-11-23 is a Monday. */
const MONDAY = '2026-11-23';
const SUNDAY = '2026-11-29';
const on = (date: string, time: string) => parseWithOffset(`${date}T${time}+08:00`)!;

let database: TestDatabase;
let boot = 0;
beforeEach(async () => {
  database = await createTestDatabase();
  await addSchool(database.pool);
  await addGate(database.pool);
  await database.pool.query(`update reader set registered_at = '2026-11-01' where device_id <> 'gate-7';
    update reader set registered_at = '2026-11-23T09:00:00+08:00' where device_id = 'gate-7'`);
});
afterEach(() => database.drop());

const activities = () => createReaderAlarmActivities({ pool: database.pool, carriers: loadCarriers() });
async function sweep(after: number, until: number) {
  await database.pool.query(
    `insert into reader_alarm_sweep values ('gansu', $1) on conflict (tenant) do update set looked_until = $1`,
    [new Date(after)],
  );
  return activities().sweepReaderAlarms({ tenant: 'gansu', until });
}
const morning = (date: string) => sweep(on(date, '08:28:00'), on(date, '08:32:00'));
/** A swipe that is stored when it says it is. */
async function swipe(deviceId: string, at: number, storedAt = at + 1_000) {
  await database.pool.query(`insert into swipe (device_id, boot, seq, card, at, dir, received_at)
    values ($1, $2, 1, 'CARD1', $3, 'in', $4)`, [deviceId, `b${++boot}`, new Date(at), new Date(storedAt)]); // prettier-ignore
}
async function alarms() {
  const { rows } = await database.pool.query<{
    device_id: string;
    date: string;
    reason: string;
    cleared_at: Date | null;
  }>('select device_id, date::text, reason, cleared_at from reader_alarm order by date, device_id');
  return rows.map((row) => [row.device_id, row.date, row.reason, row.cleared_at]);
}

describe('a gate in the morning', () => {
  it('is silent at the end of its window when no swipe of it is stored, and told of once', async () => {
    await swipe('gate-1', on(MONDAY, '07:31:00'));
    await sweep(on(MONDAY, '08:20:00'), on(MONDAY, '08:29:59'));
    expect(await alarms()).toEqual([]);
    expect(await morning(MONDAY)).toEqual({ raised: 2, cleared: 0 });
    expect(await morning(MONDAY)).toEqual({ raised: 0, cleared: 0 });
    // gate-7 was registered after it.
    expect(await alarms()).toEqual([
      ['gate-2', MONDAY, 'unheard', null],
      ['gate-9', MONDAY, 'unheard', null],
    ]);
  });

  it('is silent though it was heard, by what does not count and by yesterday’s upload', async () => {
    await database.pool.query(`
      update reader set last_seen_at = '2026-11-23T07:31:00+08:00';
      insert into quarantined_swipe (digest, tenant, school_id, device_id, boot, seq, authentic, reason, payload, received_at)
        values ('q', 'gansu', 'k1', 'gate-1', 'b', 1, true, 'unknown-card', '{}', '2026-11-23T07:31:00+08:00')`);
    await swipe('gate-2', on('2026-11-22', '17:00:00'), on(MONDAY, '07:31:00'));
    await swipe('gate-9', on(MONDAY, '06:29:59'));
    await morning(MONDAY);
    expect(await alarms()).toEqual(['gate-1', 'gate-2', 'gate-9'].map((gate) => [gate, MONDAY, 'no-swipe', null]));
  });

  it('stays so when a swipe comes after the window', async () => {
    await swipe('gate-1', on(MONDAY, '08:30:00'));
    await morning(MONDAY);
    await swipe('gate-1', on(MONDAY, '08:40:00'));
    expect(await sweep(on(MONDAY, '08:32:00'), on(MONDAY, '08:45:00'))).toEqual({ raised: 0, cleared: 0 });
    expect((await alarms())[0]).toEqual(['gate-1', MONDAY, 'unheard', null]);
  });

  it('is cleared by what it uploads later of the window, at that time and once', async () => {
    await morning(MONDAY);
    const uploaded = on(MONDAY, '11:00:00');
    await swipe('gate-1', on(MONDAY, '07:31:00'), uploaded);
    expect(await sweep(on(MONDAY, '10:58:00'), on(MONDAY, '11:02:00'))).toEqual({ raised: 0, cleared: 1 });
    const cleared = ['gate-1', MONDAY, 'unheard', new Date(uploaded)];
    expect((await alarms())[0]).toEqual(cleared);
    await swipe('gate-1', on(MONDAY, '07:32:00'), on(MONDAY, '12:00:00'));
    expect(await sweep(on(MONDAY, '11:58:00'), on(MONDAY, '12:02:00'))).toEqual({ raised: 0, cleared: 0 });
    expect((await alarms())[0]).toEqual(cleared);
  });

  it('was silent when its swipes came a second too late, and is cleared at once', async () => {
    await swipe('gate-1', on(MONDAY, '08:29:00'), on(MONDAY, '08:30:01'));
    expect(await morning(MONDAY)).toEqual({ raised: 3, cleared: 1 });
    expect((await alarms())[0]).toEqual(['gate-1', MONDAY, 'unheard', new Date(on(MONDAY, '08:30:01'))]);
  });

  it('is silent though a clock that was ahead dated last night’s swipes into the window, which clear nothing', async () => {
    await swipe('gate-1', on(MONDAY, '07:31:00'), on('2026-11-22', '23:31:00'));
    await swipe('gate-2', on(MONDAY, '07:31:00'), on(MONDAY, '07:29:00'));
    expect(await morning(MONDAY)).toEqual({ raised: 2, cleared: 0 });
    expect((await alarms()).map(([gate]) => gate)).toEqual(['gate-1', 'gate-9']);
  });

  it('is not expected at weekends, and found after an outage', async () => {
    await morning(SUNDAY);
    expect(await alarms()).toEqual([]);
    // From Friday afternoon to Monday noon nobody looked.
    await sweep(on('2026-11-27', '15:00:00'), on('2026-11-30', '12:00:00'));
    expect((await alarms()).map(([gate, date]) => [gate, date])).toEqual(
      ['gate-1', 'gate-2', 'gate-7', 'gate-9'].map((gate) => [gate, '2026-11-30']),
    );
  });

  it('is judged once: each look begins where the last one ended, the first a day before', async () => {
    const look = (time: string) => activities().sweepReaderAlarms({ tenant: 'gansu', until: on(MONDAY, time) });
    expect(await Promise.all([look('08:32:00'), look('08:32:00')])).toContainEqual({ raised: 3, cleared: 0 });
    // The school begins later from now on: this morning was judged by the window it had.
    await database.pool.query(`truncate reader_alarm; update school set arrival_until = '08:00'`);
    expect(await look('08:34:00')).toEqual({ raised: 0, cleared: 0 });
    expect(await look('08:33:00')).toEqual({ raised: 0, cleared: 0 });
    const { rows } = await database.pool.query('select looked_until from reader_alarm_sweep');
    expect(rows).toEqual([{ looked_until: new Date(on(MONDAY, '08:34:00')) }]);
  });

  it('is another carrier’s matter in another carrier', async () => {
    await activities().sweepReaderAlarms({ tenant: 'shanxi', until: on(MONDAY, '08:32:00') });
    expect(await alarms()).toEqual([]);
  });
});

describe('the list of readers', () => {
  const health = async (date: string, time: string) => {
    const readers = await readerHealth(database.pool, { tenants: ['gansu'] }, on(date, time), () => 'Asia/Shanghai');
    return Object.fromEntries(readers.map(({ deviceId, silent, alarms: all }) => [deviceId, { silent, alarms: all }]));
  };

  it('shows today’s alarm as silent until it is cleared, and keeps the days before', async () => {
    await swipe('gate-2', on(MONDAY, '07:31:00'));
    await morning(MONDAY);
    const open = await health(MONDAY, '08:40:00');
    expect(open['gate-1']).toEqual({
      silent: true,
      alarms: [{ date: MONDAY, reason: 'unheard', raisedAt: expect.any(Date) as Date, clearedAt: null }],
    });
    expect(open['gate-2']).toEqual({ silent: false, alarms: [] });
    expect((await health('2026-11-24', '05:00:00'))['gate-1']).toMatchObject({
      silent: false,
      alarms: [{ date: MONDAY }],
    });

    const uploaded = on(MONDAY, '11:00:00');
    await swipe('gate-1', on(MONDAY, '07:31:00'), uploaded);
    await sweep(on(MONDAY, '10:58:00'), on(MONDAY, '11:02:00'));
    expect((await health(MONDAY, '11:03:00'))['gate-1']).toMatchObject({
      ...{ silent: false, alarms: [{ clearedAt: new Date(uploaded) }] },
    });
  });
});
