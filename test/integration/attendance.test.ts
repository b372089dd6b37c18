import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAttendanceActivities } from '../../activities/attendance.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { formatTime } from '../../workflows/domain/civil-time.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addGate } from '../support/reader.ts';
import { addSchool, guardianPhone, textsOf } from '../support/school.ts';

const MINUTE = 60_000;

describe('what a swipe means', () => {
  let database: TestDatabase;
  let activities: ReturnType<typeof createAttendanceActivities>;
  let seq: number;

  beforeEach(async () => {
    database = await createTestDatabase();
    await addSchool(database.pool);
    await addGate(database.pool);
    activities = createAttendanceActivities({ pool: database.pool, carriers: loadCarriers() });
    seq = 0;
  });
  afterEach(() => database.drop());

  /** A stored swipe, `agoMs` old, still to be recorded. */
  async function stored(card: string, { dir = 'in', agoMs = 0, deviceId = 'gate-1' } = {}) {
    const key = { deviceId, boot: 'b1', seq: ++seq };
    const at = new Date(Date.now() - agoMs);
    await database.pool.query(
      'insert into swipe (device_id, boot, seq, card, at, dir) values ($1, $2, $3, $4, $5, $6)',
      [...[key.deviceId, key.boot, key.seq, card, at, dir]],
    );
    return { key, at };
  }
  async function swiped(card: string, options?: Parameters<typeof stored>[1]) {
    return activities.recordAttendance((await stored(card, options)).key);
  }
  const texts = () => textsOf(database.pool, 'swipe/');
  const suppressed = async () =>
    (await database.pool.query('select phone, reason from sms_suppression order by id')).rows as object[];
  const count = async (table: string) =>
    (await database.pool.query<{ n: number }>(`select count(*) as n from ${table}`)).rows[0]!.n;

  it('texts the guardian from the short code, with the time, and is useful for two hours', async () => {
    const { key, at } = await stored('CARD1');
    expect(await activities.recordAttendance(key)).toBe('texted');
    const time = formatTime(at.getTime(), 'Asia/Shanghai');
    expect(await texts()).toEqual([
      {
        origin: 'swipe/gate-1/b1/1/g1',
        phone: guardianPhone(1),
        source: '10657099',
        body: `【城关小学】您的孩子王小兵已于${time}到校。`,
        kind: 'safety',
      },
    ]);
    const { rows } = await database.pool.query<{ expires_at: Date }>('select expires_at from sms');
    expect(rows[0]!.expires_at.getTime()).toBe(at.getTime() + 120 * MINUTE);
    expect(await count('pending')).toBe(0);
    expect(await count('attendance')).toBe(1);
  });

  it('records once however often it is run, side by side too', async () => {
    const { key } = await stored('CARD1');
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => activities.recordAttendance(key)));
    expect(outcomes.toSorted()).toEqual([...Array<string>(4).fill('recorded-before'), 'texted']);
    expect(await texts()).toHaveLength(1);
    expect(await count('attendance')).toBe(1);
  });

  it('tells two guardians, and siblings each by name on the phone they share', async () => {
    await database.pool.query(`insert into guardianship values ('s2', 'g1')`);
    await swiped('CARD2');
    await swiped('CARD3');
    const told = (await texts()).map(({ phone, body }) => [phone, /孩子(..)/.exec(body)![1]]);
    expect(told).toEqual([
      [guardianPhone(1), '陈一'],
      [guardianPhone(2), '陈一'],
      [guardianPhone(2), '陈二'],
    ]);
  });

  it.each([
    ['not subscribed', 'CARD6', `select`],
    ['cancelled', 'CARD1', `update subscription set state = 'cancelled' where unit = 'h1'`],
    ['without the service', 'CARD1', `update subscription set services = '{home-school}' where unit = 'h1'`],
    ['waiting for consent', 'CARD1', `update subscription set state = 'pending' where unit = 'h1'`],
  ])('does not text who is %s, and says why', async (_what, card, change) => {
    await database.pool.query(change);
    expect(await swiped(card)).toBe('texted');
    expect(await texts()).toEqual([]);
    expect(await suppressed()).toEqual([{ phone: guardianPhone(card === 'CARD6' ? 4 : 1), reason: '未订制平安短信' }]);
  });

  it('texts on trial', async () => {
    await database.pool.query(`update subscription set state = 'trial'`);
    await swiped('CARD1');
    expect(await texts()).toHaveLength(1);
  });

  it('bills by phone where the carrier does: a guardian of the same household pays for themselves', async () => {
    await database.pool.query(`
      update reader set tenant = 'shanxi'; delete from guardianship where student_id = 's2';
      insert into household (id, tenant) values ('hx', 'shanxi');
      insert into guardian (id, tenant, household_id, name, phone) values
        ('gx', 'shanxi', 'hx', '父', '13900000091'), ('gy', 'shanxi', 'hx', '母', '13900000092');
      insert into guardianship (guardian_id, student_id) values ('gx', 's2'), ('gy', 's2');
      insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
        values ('shanxi', 'gx', 'gx', 'home-school+safety-sms', '{home-school,safety-sms}', 'active', now())`);
    await swiped('CARD2');
    expect((await texts()).map(({ phone, source }) => [phone, source])).toEqual([['13900000091', '1065827031']]);
    expect(await suppressed()).toHaveLength(1);
  });

  it('debounces the same card in the same direction, at any gate, and nothing else', async () => {
    expect(await swiped('CARD1', { agoMs: 50_000 })).toBe('texted');
    expect(await swiped('CARD1', { deviceId: 'gate-2' })).toBe('debounced');
    expect(await swiped('CARD1', { dir: 'out' })).toBe('texted');
    expect(await swiped('CARD2')).toBe('texted');
    expect(await swiped('CARD1', { agoMs: 120_000 })).toBe('texted');
    expect(await suppressed()).toEqual([{ phone: guardianPhone(1), reason: '一分钟内重复刷卡，只记录' }]);
  });

  it('debounces two swipes decided at the same moment', async () => {
    const keys = await Promise.all(Array.from({ length: 6 }, () => stored('CARD1')));
    const outcomes = await Promise.all(keys.map(({ key }) => activities.recordAttendance(key)));
    expect(outcomes.toSorted()).toEqual([...Array<string>(5).fill('debounced'), 'texted']);
    expect(await texts()).toHaveLength(1);
  });

  it('says of a late one that it is late, and of a stale one nothing', async () => {
    expect(await swiped('CARD1', { agoMs: 10 * MINUTE })).toBe('late');
    expect((await texts())[0]!.body).toMatch(/^【.+】【迟到通知】您的孩子王小兵已于.*\d\d:\d\d到校。/);
    expect(await swiped('CARD2', { agoMs: 121 * MINUTE })).toBe('stale');
    expect(await suppressed()).toEqual([{ phone: guardianPhone(2), reason: '补传超过2小时，只记录' }]);
  });

  it('records what a clock that is ahead dates in the future, texts nobody of it and debounces nothing by it', async () => {
    expect(await swiped('CARD1', { agoMs: -8 * 60 * MINUTE })).toBe('ahead');
    expect(await suppressed()).toEqual([{ phone: guardianPhone(1), reason: '读卡器时钟超前，时间不可信，只记录' }]);
    expect(await texts()).toEqual([]);
    expect(await count('pending')).toBe(0);
    expect(await swiped('CARD2', { agoMs: -2.1 * MINUTE })).toBe('ahead');
    expect(await swiped('CARD2', { agoMs: -1.9 * MINUTE, deviceId: 'gate-2' })).toBe('texted');
  });

  it('quarantines a swipe whose card was taken away meanwhile', async () => {
    const { key } = await stored('CARD1');
    await database.pool.query(`delete from card where number = 'CARD1'`);
    expect(await activities.recordAttendance(key)).toBe('unknown-card');
    expect(await count('quarantined_swipe')).toBe(1);
    expect(await count('pending')).toBe(0);
    expect(await texts()).toEqual([]);
  });

  it('leaves a swipe nobody knows alone', async () => {
    expect(await activities.recordAttendance({ deviceId: 'gate-1', boot: 'b1', seq: 99 })).toBe('no-such-swipe');
  });
});
