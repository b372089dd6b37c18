import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { giveToken, insertRoster, startApi, TOKENS, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const BOSS = 'token-of-boss';
const OTHER_BOSS = 'token-of-other-boss';
const FAMILY = '13900000001';

let db: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertRoster(db.pool);
  await db.pool.query(`insert into account (id, login, tenants, role) values
    ('boss', 'boss', '{gansu}', 'carrier-admin'), ('otherBoss', 'otherBoss', '{shanxi}', 'carrier-admin')`);
  await giveToken(db.pool, 'boss', BOSS);
  await giveToken(db.pool, 'otherBoss', OTHER_BOSS);
});
beforeEach(async () => {
  await db.pool.query(
    'alter table audit disable trigger user; delete from audit; alter table audit enable trigger user',
  );
  await api?.close();
  api = await startApi({ pool: db.pool });
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

interface Row {
  account_id: string;
  action: string;
  is_change: boolean;
  subject_kind: string;
  subject_id: string;
  reason: string;
  note: string | null;
}
const rows = async () => (await db.pool.query<Row>('select * from audit order by id')).rows;
const trace = (phone: string, query = '', token = TOKENS.csGansu) =>
  api.ask('GET', `/api/v1/trace?phone=${phone}${query}`, { token });

describe('a look', () => {
  it('is recorded with who, whom and why; a program need not say why', async () => {
    expect((await trace(FAMILY)).status).toBe(200);
    expect((await trace(FAMILY, '&reason=not-received')).status).toBe(200);
    expect((await trace(FAMILY, '&reason=curious')).status).toBe(400);
    const look = {
      account_id: 'csGansu',
      action: 'trace',
      is_change: false,
      subject_kind: 'guardian',
      subject_id: 'gu1',
    };
    expect(await rows()).toMatchObject([
      { ...look, reason: 'unstated' },
      { ...look, reason: 'not-received' },
    ]);
    expect(JSON.stringify(await rows())).not.toContain(FAMILY);
    expect(api.logged.join('')).not.toMatch(/gu1|not-received/);
  });

  it('is one however many pages it has or how often it is asked', async () => {
    for (let i = 0; i < 3; i++) await trace(FAMILY, '&limit=1');
    expect(await rows()).toHaveLength(1);
  });

  it('of a phone of two carriers is one at each, of a teacher is the teacher’s, of nobody’s has no phone', async () => {
    await trace('13900000003', '', TOKENS.cs);
    await trace('13800000001', '', TOKENS.cs);
    expect((await trace('13999999999', '', TOKENS.cs)).status).toBe(404);
    const found = await rows();
    expect(found.map(({ subject_kind, subject_id }) => [subject_kind, subject_id])).toEqual([
      ['guardian', 'gu3'],
      ['guardian', 'gu4'],
      ['teacher', 'tg1'],
      ['unknown-phone', expect.stringMatching(/^[0-9a-f]{32}$/)],
    ]);
  });

  it('of parents at their own is nobody else’s affair; of teachers at a family it is', async () => {
    const parent = await api.signIn(FAMILY);
    expect((await api.ask('GET', `/api/v1/trace?phone=${FAMILY}`, { cookie: parent })).status).toBe(200);
    expect(await rows()).toEqual([]);
    const teacher = await api.signIn('teacher');
    expect((await api.ask('GET', `/api/v1/trace?phone=${FAMILY}`, { cookie: teacher })).status).toBe(200);
    expect(await rows()).toMatchObject([{ account_id: 'teacher', subject_id: 'gu1' }]);
  });

  it('and a change are recorded wherever a phone is named', async () => {
    const { paths } = (await (await api.ask('GET', '/api/v1/openapi.json')).json()) as {
      paths: Record<string, Record<string, { operationId: string; parameters?: { name: string }[]; requestBody?: { content: Record<string, { schema: { $ref?: string } }> } }>>; // prettier-ignore
    };
    const { components } = (await (await api.ask('GET', '/api/v1/openapi.json')).json()) as {
      components: { schemas: Record<string, { properties?: object }> };
    };
    const named = Object.values(paths)
      .flatMap((path) => Object.values(path))
      .filter(({ parameters = [], requestBody }) => {
        const name = requestBody?.content['application/json']?.schema.$ref?.split('/').at(-1) ?? '';
        return (
          parameters.some((each) => each.name === 'phone') || 'phone' in (components.schemas[name]?.properties ?? {})
        );
      })
      .map(({ operationId }) => operationId);
    const order = { phone: FAMILY, package: 'home-school', action: 'cancel', channel: 'admin' };
    const ask: Record<string, () => Promise<Response>> = {
      trace: () => trace(FAMILY),
      subscriber: () => api.ask('GET', `/api/v1/subscribers/${FAMILY}`, { token: BOSS }),
      chargesOfSubscriber: () => api.ask('GET', `/api/v1/subscribers/${FAMILY}/charges?tenant=gansu`, { token: BOSS }),
      complaintPack: () =>
        api.ask('GET', `/api/v1/subscribers/${FAMILY}/complaint-pack?reason=complaint`, { token: BOSS }),
      order: () => api.ask('POST', '/api/v1/orders', { token: BOSS, body: order }),
      recordSlip: () => api.ask('POST', '/api/v1/trials/none/slips', { token: TOKENS.agent, body: { phone: FAMILY, answer: 'yes', slip: 'A-1' } }), // prettier-ignore
      listAudit: () => api.ask('GET', `/api/v1/audit?phone=${FAMILY}`, { token: BOSS }),
    };
    expect(Object.keys(ask).sort()).toEqual(named.sort());
    for (const each of Object.values(ask)) await each();
    const found = await rows();
    expect(found.map(({ action }) => action).sort()).toEqual(named);
    expect(new Set(found.map(({ subject_id }) => subject_id))).toEqual(new Set(['gu1']));
    expect(found.filter(({ is_change }) => is_change).map(({ action }) => action)).toEqual(['order', 'recordSlip']);
  });

  it('of a change has the words of whoever made it', async () => {
    await db.pool.query(`insert into account (id, login, tenants, role) values ('gone', 'gone', '{gansu}', 'agent')`);
    const body = { reason: '已离职' };
    expect((await api.ask('POST', '/api/v1/accounts/gone/closing', { token: BOSS, body })).status).toBe(200);
    expect(await rows()).toMatchObject([{ action: 'closeAccount', subject_kind: 'account', subject_id: 'gone', note: '已离职' }]); // prettier-ignore
  });
});

describe('the record', () => {
  it('can’t be changed, shortened or emptied', async () => {
    await trace(FAMILY);
    for (const sql of ['update audit set reason = $$other$$', 'delete from audit', 'truncate audit'])
      await expect(db.pool.query(sql)).rejects.toThrow(/append-only|permission denied/);
    expect(await rows()).toHaveLength(1);
  });

  it('is shown to the admins of the carrier, newest first, by phone and by account', async () => {
    await trace(FAMILY, '&reason=fee');
    await trace('13900000002');
    await trace('13900000003', '', TOKENS.cs);
    const list = async (query: string, token = BOSS) =>
      (await (await api.ask('GET', `/api/v1/audit?${query}`, { token })).json()) as {
        entries: { account: { id: string; role: string }; subject: { id: string }; reason: string; action: string }[];
        next?: string;
      };
    const first = await list('limit=2');
    expect(first.entries.map(({ action, subject }) => [action, subject.id])).toEqual([
      ['listAudit', '*'],
      ['trace', 'gu3'],
    ]);
    const { entries, next } = await list(`limit=2&cursor=${first.next}`);
    expect(entries).toMatchObject([{ subject: { id: 'gu2' } }, { subject: { id: 'gu1' }, reason: 'fee', account: { role: 'customer-service' } }]); // prettier-ignore
    expect(next).toBeUndefined();
    expect((await list(`phone=${FAMILY}&account=csGansu`)).entries).toHaveLength(1);
    expect((await list('account=cs')).entries.map(({ subject }) => subject.id)).toEqual(['gu3']);
    expect((await list('account=cs', OTHER_BOSS)).entries.map(({ subject }) => subject.id)).toEqual(['gu4']);
    for (const token of [TOKENS.cs, TOKENS.ops])
      expect((await api.ask('GET', '/api/v1/audit', { token })).status).toBe(403);
  });
});

describe('looking up one number after another', () => {
  const guess = (i: number, as: { token: string } | { cookie: string }) =>
    api.ask('GET', `/api/v1/trace?phone=${13_700_000_000 + i}`, as);

  it('ends after a hundred that are nobody’s, also for a program and for families then; the carrier’s admin sees it', async () => {
    const as = { token: TOKENS.csGansu };
    const statuses = new Set<number>();
    for (let i = 0; i < 100; i++) statuses.add((await guess(i, as)).status);
    expect(statuses).toEqual(new Set([404]));
    const refused = await guess(100, as);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await trace(FAMILY)).status).toBe(429);
    // What was looked at a moment ago is no new look.
    expect((await guess(7, as)).status).toBe(404);
    expect((await trace('13900000003', '', TOKENS.cs)).status).toBe(200);
    const response = await api.ask('GET', '/api/v1/audit/unusual', { token: BOSS });
    expect(await response.json()).toEqual({
      accounts: [
        {
          account: { id: 'csGansu', login: 'csGansu', role: 'customer-service' },
          people: 0,
          unknown: 100,
          unstated: 0,
        },
      ],
    });
    await db.pool.query(
      `alter table audit disable trigger user; update audit set at = at - interval '61 minutes'; alter table audit enable trigger user`,
    );
    expect((await trace(FAMILY)).status).toBe(200);
  });

  it('of three hundred families ends for a person, and not for a program', async () => {
    await db.pool.query(
      `insert into household (id, tenant) select 'many' || n, 'gansu' from generate_series(1, 302) n`,
    );
    await db.pool.query(
      `insert into guardian (id, tenant, household_id, name, phone)
      select 'many' || n, 'gansu', 'many' || n, '家长', (13600000000 + n)::text from generate_series(1, 302) n`,
    );
    const cookie = await api.signIn('csGansu');
    const look = (i: number, as: { token: string } | { cookie: string }) =>
      api.ask('GET', `/api/v1/subscribers/${13_600_000_000 + i}`, as);
    await db.pool.query(
      `insert into audit (account_id, action, is_change, tenants, subject_kind, subject_id)
      select 'csGansu', 'subscriber', false, '{gansu}', 'guardian', 'many' || n from generate_series(1, 300) n`,
    );
    expect((await look(301, { cookie })).status).toBe(429);
    expect((await look(301, { token: TOKENS.csGansu })).status).toBe(200);
  });
});

describe('a span of time', () => {
  it.each(['/api/v1/audit?', `/api/v1/trace?phone=${FAMILY}&`])('of %s must not end before it begins', async (path) => {
    const span = 'from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z';
    const response = await api.ask('GET', `${path}${span}`, { token: BOSS });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ field: 'to', message: 'must not be before from' }] });
  });
});
