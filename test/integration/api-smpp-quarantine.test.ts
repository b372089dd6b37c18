import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertRoster, OPS_TOKEN, startApi, TOKENS, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('what no one could read of an SMSC, over HTTP', () => {
  const PATH = '/api/v1/smpp-quarantine';
  let db: TestDatabase;
  let api: TestApi;
  beforeAll(async () => {
    db = await createTestDatabase();
    await insertRoster(db.pool);
    await db.pool.query(`
      insert into smpp_quarantine (tenant, link, command, reason, octets, digest, hour, at) values
        ('gansu', 0, 5, 'ends inside its mandatory fields', '\\x0001ff', 'a', 1, now() - interval '25 hours'),
        ('gansu', 1, 259, 'an optional parameter is longer than the PDU', '\\x02', 'b', 2, now()),
        ('shanxi', null, 5, 'ends inside its mandatory fields', '\\x03', 'c', 3, now());
      insert into account (id, login, tenants, role, password_hash)
        select 'manager', 'manager', '{gansu}', 'carrier-admin', password_hash from account where id = 'admin'`);
    api = await startApi({ pool: db.pool });
  });
  afterAll(async () => {
    await api.close();
    await db.drop();
  });

  const read = async (path: string, who: { token?: string; cookie?: string }) =>
    (await (await api.ask('GET', path, who)).json()) as { pdus: { tenant: string }[]; next?: number };

  it("is there with its reason and octets, newest first, in pages, and only one's own carrier's", async () => {
    const cookie = await api.signIn('manager');
    const first = await read(`${PATH}?limit=1`, { cookie });
    expect(first.pdus).toEqual([
      expect.objectContaining({
        tenant: 'gansu',
        link: 1,
        command: 259,
        octets: '02',
        reason: expect.stringMatching('optional') as string,
      }),
    ]);
    const second = await read(`${PATH}?limit=1&before=${first.next}`, { cookie });
    expect(second.pdus).toEqual([expect.objectContaining({ tenant: 'gansu', link: 0, octets: '0001ff' })]);
    expect((await read(PATH, { cookie })).pdus).toHaveLength(2);
    expect((await read(PATH, { token: TOKENS.ops })).pdus.map(({ tenant }) => tenant)).toEqual([
      'shanxi',
      'gansu',
      'gansu',
    ]);
  });

  it('is not for schools or the hotline', async () => {
    expect((await api.ask('GET', PATH, { token: TOKENS.cs })).status).toBe(403);
    expect((await api.ask('GET', PATH, { cookie: await api.signIn('teacher') })).status).toBe(403);
    expect((await api.ask('GET', PATH)).status).toBe(401);
  });

  it('is counted for a day in the metrics', async () => {
    const metrics = await (await api.ask('GET', '/metrics', { token: OPS_TOKEN })).text();
    expect(metrics).toContain('campusline_quarantined_pdus{tenant="gansu"} 1\n');
    expect(metrics).toContain('campusline_quarantined_pdus{tenant="shanxi"} 1\n');
  });
});
