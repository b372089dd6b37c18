import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertRoster, startApi, TOKENS, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('the gates over HTTP', () => {
  let db: TestDatabase;
  let api: TestApi;
  beforeAll(async () => {
    db = await createTestDatabase();
    await insertRoster(db.pool);
    await db.pool.query(`
      insert into reader_boot (device_id, boot, first_seq, durable_seq, highest_seq) values ('r1', 'b', 1, 6, 11);
      insert into quarantined_swipe (digest, tenant, school_id, device_id, boot, seq, authentic, reason, payload) values
        ('1', 'gansu', 'g1', 'r1', 'b', 7, true, 'unknown-card', '{"card":"04FF"}'),
        ('2', 'gansu', 'g2', 'r2', null, null, false, 'bad-field:card', '{}'),
        ('3', 'gansu', 'g1', 'r1', 'b', 8, true, 'clock-off', '{}'),
        ('4', 'gansu', null, 'ghost', null, null, false, 'unknown-device', '{}'),
        ('5', 'shanxi', null, 'ghost-of-shanxi', null, null, false, 'unknown-device', '{}');
      insert into reader_alarm (device_id, date, window_from, window_until, raised_at, cleared_at, reason) values
        ('r1', '2026-11-23', '2026-11-23T06:30+08', '2026-11-23T08:30+08', '2026-11-23T08:31+08', '2026-11-23T11:00+08', 'no-swipe'),
        ('r1', '2026-11-24', '2026-11-24T06:30+08', '2026-11-24T08:30+08', '2026-11-24T08:31+08', null, 'unheard');
      insert into account (id, login, tenants, role, password_hash)
        select 'manager', 'manager', '{gansu}', 'carrier-admin', password_hash from account where id = 'admin'`);
    api = await startApi({ pool: db.pool });
  });
  afterAll(async () => {
    await api.close();
    await db.drop();
  });

  const read = async <T>(path: string, who: { token?: string; cookie?: string }) =>
    (await (await api.ask('GET', path, who)).json()) as T;

  it("shows a school its own readers with their gaps, and nobody else's", async () => {
    const cookie = await api.signIn('teacher');
    const { readers } = await read<{ readers: unknown[] }>('/api/v1/readers', { cookie });
    expect(readers).toEqual([
      expect.objectContaining({
        deviceId: 'r1',
        lastSeenAt: null,
        gaps: [{ boot: 'b', durableSeq: 6, highestSeq: 11 }],
        alarms: [
          {
            ...{ date: '2026-11-24', reason: 'unheard', words: '上学时段没有任何上报' },
            ...{ raisedAt: '2026-11-24T00:31:00.000Z', clearedAt: null },
          },
          expect.objectContaining({ date: '2026-11-23', clearedAt: '2026-11-23T03:00:00.000Z' }),
        ],
      }),
    ]);
  });

  it('says when the clock of a reader is wrong, by what it sent last', async () => {
    const clock = async () => {
      const { readers } = await read<{ readers: { deviceId: string; clock: unknown }[] }>('/api/v1/readers', {
        token: TOKENS.csGansu,
      });
      return readers.map((reader) => [reader.deviceId, reader.clock]);
    };
    const swipe = (seq: number, ahead: string) =>
      db.pool.query(`insert into swipe (device_id, boot, seq, card, at, dir)
        values ('r1', 'b', $1, '04FF', now() + $2::interval, 'in')`, [seq, ahead]); // prettier-ignore
    const off = { fault: 'off', words: '时钟相差超过24小时，刷卡不计考勤' };
    expect(await clock()).toEqual([['r1', off], ['r2', null]]); // prettier-ignore
    await swipe(9, '8 hours');
    const ahead = { fault: 'ahead', words: '时钟快8小时，刷卡只记录不发短信' };
    expect((await clock())[0]).toEqual(['r1', ahead]);
    await swipe(10, '-1 second');
    expect((await clock())[0]).toEqual(['r1', null]);
  });

  it('shows what was quarantined and why, newest first, in pages, without what it said', async () => {
    const cookie = await api.signIn('admin');
    const path = '/api/v1/readers/quarantine?limit=1';
    const first = await read<{ records: object[]; next: number }>(path, { cookie });
    expect(first.records).toEqual([
      expect.objectContaining({ seq: 8, reason: 'clock-off', words: '读卡器时钟相差超过24小时' }),
    ]);
    const second = await read<{ records: object[] }>(`${path}&before=${first.next}`, { cookie });
    expect(second.records).toEqual([expect.objectContaining({ seq: 7, reason: 'unknown-card', authentic: true })]);
    expect(JSON.stringify(second)).not.toContain('04FF');
  });

  it("shows a carrier's people all of its schools'", async () => {
    const { records } = await read<{ records: { deviceId: string }[] }>('/api/v1/readers/quarantine', {
      token: TOKENS.csGansu,
    });
    expect(records.map(({ deviceId }) => deviceId)).toEqual(['r1', 'r2', 'r1']);
  });

  it('shows records of devices nobody registered to those who run the platform, each his own, and to no school', async () => {
    const devices = async (who: { token?: string; cookie?: string }) =>
      (
        await read<{ records: { deviceId: string; schoolId: string | null }[] }>('/api/v1/readers/quarantine', who)
      ).records
        .filter(({ schoolId }) => schoolId === null)
        .map(({ deviceId }) => deviceId);
    expect(await devices({ cookie: await api.signIn('manager') })).toEqual(['ghost']);
    expect(await devices({ token: TOKENS.ops })).toEqual(['ghost-of-shanxi', 'ghost']);
    expect(await devices({ token: TOKENS.cs })).toEqual([]);
    for (const school of ['admin', 'teacher']) expect(await devices({ cookie: await api.signIn(school) })).toEqual([]);
  });

  it('is not for parents, nor for nobody', async () => {
    const cookie = await api.signIn('13900000001');
    expect((await api.ask('GET', '/api/v1/readers', { cookie })).status).toBe(403);
    expect((await api.ask('GET', '/api/v1/readers')).status).toBe(401);
  });
});
