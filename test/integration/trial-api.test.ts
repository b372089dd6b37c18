import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTransaction } from '../../infra/postgres/pool.ts';
import { writeReport } from '../../infra/postgres/trial-reports.ts';
import { findTrial, issueNotice1, lockTrial } from '../../infra/postgres/trials.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { giveToken, startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addTrialClass, familyStates, joinTrialClass, textClass } from '../support/trial.ts';

const DAY = 86_400_000;
/** The date so many days from today, in China. */
const dateOf = (days: number) => new Date(Date.now() + days * DAY + 8 * 3_600_000).toISOString().slice(0, 10);
const TENANTS = { agent: '{shanxi}', elsewhere: '{gansu}' };
let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await createTestDatabase();
  await addTrialClass(database.pool);
  await textClass(database.pool, Date.now() - 40 * DAY);
  for (const [id, tenants] of Object.entries(TENANTS))
    await database.pool.query(`insert into account (id, tenants, role, login) values ($1, $2, 'agent', $1)`, [
      id,
      tenants,
    ]);
  for (const id of [...Object.keys(TENANTS), 'principal', 'xa']) await giveToken(database.pool, id, id);
  // Its engine is out of reach: what is recorded is answered, and waits for the sweep.
  api = await startApi({ pool: database.pool });
});
afterAll(async () => {
  await api?.close();
  await database?.drop();
});

const get = (path: string, token = 'agent') => api.ask('GET', path, { token });
const post = (path: string, body: unknown, token = 'agent', key = randomUUID() as string) =>
  api.ask('POST', path, { token, body, headers: { 'idempotency-key': key } });
const approve = (decision: string, token = 'principal') => post('/api/v1/trials/xc/approval', { decision }, token);
const slip = (body: object, token?: string, key?: string) =>
  post('/api/v1/trials/xc/slips', { answer: 'yes', slip: 'R-1', ...body }, token, key);

describe('who may see a trial', () => {
  it('its school and its carrier', async () => {
    for (const token of ['principal', 'xa', 'agent']) {
      const response = await get('/api/v1/trials/xc', token);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({
        ...{ id: 'xc', round: 1, school: { id: 'x1', name: '迎泽小学' }, decision: null },
        events: [{ type: 'started' }],
        // Four families: of so few the school is told no numbers.
        ...(token === 'agent'
          ? { families: { unanswered: 5, confirmed: 0 }, next: { do: 'report' } }
          : { families: null, next: null }),
      });
    }
    expect(await (await get('/api/v1/trials')).json()).toMatchObject({ trials: [{ id: 'xc' }] });
  });

  it('nobody else', async () => {
    expect((await get('/api/v1/trials/xc', 'elsewhere')).status).toBe(404);
    expect(await (await get('/api/v1/trials', 'elsewhere')).json()).toEqual({ trials: [] });
    expect((await get('/api/v1/trials/none')).status).toBe(404);
    expect((await get('/api/v1/trials/xc/reports', 'xa')).status).toBe(403);
    expect((await get('/api/v1/trials/xc/notice', 'xa')).status).toBe(403);
  });
});

describe('bad input', () => {
  it.each<[string, object, number]>([
    ['no phone', {}, 400],
    ['an unknown phone', { phone: '13911111111' }, 404],
    ['a phone of no family on trial', { phone: '13900000005' }, 409],
    ['a package the carrier does not sell', { phone: '13900000001', package: 'gold' }, 400],
    ['an answer that is none', { phone: '13900000001', answer: 'perhaps' }, 400],
    ['no paper', { phone: '13900000001', slip: ' ' }, 400],
    ['a date to come', { phone: '13900000001', signedOn: '2999-01-01' }, 400],
    ['a date of long ago', { phone: '13900000001', signedOn: '2019-01-01' }, 400],
    ['a day that is none', { phone: '13900000001', signedOn: '2026-02-30' }, 400],
  ])('%s', async (_name, body, status) => {
    expect((await slip(body)).status).toBe(status);
  });

  it('changes nothing', async () => {
    expect(Object.values(await familyStates(database.pool))).toEqual(Array<string>(5).fill('unanswered'));
  });
});

describe('the way of a trial', () => {
  it('the demonstration shows the first text and sends nothing', async () => {
    const before = await database.pool.query('select from sms');
    const response = await post('/api/v1/classes/xc/demo-message', {}, 'xa');
    expect(await response.json()).toMatchObject({ recipients: 6 });
    expect((await post('/api/v1/classes/none/demo-message', {}, 'xa')).status).toBe(404);
    expect((await database.pool.query('select from sms')).rowCount).toBe(before.rowCount);
    expect((await database.pool.query('select from trial_demo')).rowCount).toBe(1);
  });

  it('only the principal decides, once; recorded though the engine is out of reach', async () => {
    expect((await approve('approved', 'agent')).status).toBe(403);
    expect((await approve('approved', 'xa')).status).toBe(403);
    expect((await approve('perhaps')).status).toBe(400);
    expect((await approve('approved')).status).toBe(200);
    expect((await database.pool.query(`select from pending where kind = 'trial' and key = 'xc'`)).rowCount).toBe(1);
    expect((await approve('refused')).status).toBe(409);
    expect(await findTrial(database.pool, 'xc')).toMatchObject({ decision: 'approved' });
    const { rows } = await database.pool.query(`select type, actor from trial_event where type = 'approved'`);
    expect(rows).toEqual([{ type: 'approved', actor: 'principal' }]);
  });

  it('slips are recorded once by their key, a no for the whole household', async () => {
    expect((await get('/api/v1/trials/xc/notice')).status).toBe(409);
    await inTransaction(database.pool, async (db) =>
      issueNotice1(db, (await lockTrial(db, 'xc'))!, new Date(Date.now() - 5 * DAY)),
    );
    for (let i = 0; i < 2; i++) {
      expect((await slip({ phone: '13900000001', answer: 'no' }, 'agent', 'no-1')).status).toBe(202);
      const yes = { phone: '13900000003', package: 'home-school+safety-sms', slip: 'R-3' };
      expect((await slip(yes, 'agent', 'yes-3')).status).toBe(202);
    }
    expect((await slip({ phone: '13900000004' }, 'xa')).status).toBe(403);
    expect((await slip({ phone: '13900000004' }, 'elsewhere')).status).toBe(404);
    expect(await familyStates(database.pool)).toEqual({
      ...{ p1: 'declined', p2: 'declined', p3: 'awaiting-order', p4: 'unanswered', p6: 'unanswered' },
    });
    const { rows } = await database.pool.query<{ unit: string; evidence: object }>(
      `select unit, actor, evidence from trial_event where type = 'answer' order by unit`,
    );
    expect(rows).toMatchObject([{ unit: 'p1' }, { unit: 'p2' }, { unit: 'p3' }]);
    expect(rows[2]!.evidence).toMatchObject({ slip: 'R-3', channel: 'agent', package: 'home-school+safety-sms' });
  });

  it('a paper is one family’s, and what is recorded of it once more replaces what it said', async () => {
    const taken = await slip({ phone: '13900000004', slip: 'R-3' }, 'agent', 'taken');
    expect(taken.status).toBe(409);
    expect(await taken.json()).toMatchObject({ errors: [{ field: 'slip' }] });
    expect(await familyStates(database.pool)).toMatchObject({ p4: 'unanswered' });
    const again = { phone: '13900000003', package: 'home-school', slip: 'R-3' };
    expect((await slip(again, 'agent', 'corrected')).status).toBe(202);
    const said = `select answer, package from trial_family where unit = 'p3'`;
    expect((await database.pool.query(said)).rows).toEqual([{ answer: 'yes', package: 'home-school' }]);
    expect((await slip({ ...again, answer: 'no' }, 'agent', 'a-no')).status).toBe(202);
    expect(await familyStates(database.pool)).toMatchObject({ p3: 'declined' });
    const dearer = { ...again, answer: 'yes', package: 'home-school+safety-sms' };
    expect((await slip({ ...dearer, signedOn: dateOf(-35) }, 'agent', 'a-yes')).status).toBe(202);
    expect(await familyStates(database.pool)).toMatchObject({ p3: 'awaiting-order' });
  });

  it('each slip is told to the phones that it is of', async () => {
    const { rows } = await database.pool.query<{ guardian: string; body: string }>(
      `select guardian_id as guardian, body from sms where origin like 'slip/%' order by id`,
    );
    expect(rows.map(({ guardian }) => guardian)).toEqual(['p1', 'p2', 'p3', 'p3', 'p3', 'p3']);
    expect(rows[0]!.body).toContain('不订制校讯通');
    expect(rows[2]!.body).toMatch(/订制家校互动\+平安签到.*7元.*发送QXJX到1065827031退订/);
    expect(rows[3]!.body).toMatch(/订制家校互动[,，]/);
  });

  it('notice 1 is a page with a slip for each family that has not answered', async () => {
    const response = await get('/api/v1/trials/xc/notice');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(/style-src 'sha256-/);
    const page = await response.text();
    expect(page.match(/class="slip"/g)).toHaveLength(2);
    expect(page).toContain('刘小');
    expect(page).not.toContain('王小兵');
  });

  it('reports are pages, opinions in them', async () => {
    expect((await post('/api/v1/trials/xc/opinions', { text: '很<好>' }, 'agent', 'opinion')).status).toBe(201);
    expect((await post('/api/v1/trials/xc/opinions', { text: '很<好>' }, 'agent', 'opinion')).status).toBe(201);
    const week = { from: new Date(Date.now() - 7 * DAY), until: new Date(Date.now() + DAY) };
    await inTransaction(database.pool, async (db) =>
      writeReport(db, (await lockTrial(db, 'xc'))!, week, loadCarriers().profile('shanxi')),
    );
    expect(await (await get('/api/v1/trials/xc/reports')).json()).toMatchObject({ reports: [{ number: 1 }] });
    expect(await (await get('/api/v1/trials/xc/reports', 'principal')).json()).toEqual({ reports: [] });
    const page = await (await get('/api/v1/trials/xc/reports/1')).text();
    expect(page.match(/很&#60;好&#62;/g)).toHaveLength(1);
    expect((await get('/api/v1/trials/xc/reports/2')).status).toBe(404);
    expect((await get('/api/v1/trials/xc/reports/x')).status).toBe(400);
  });

  it("a parent's order on the web before the end is a confirmation, and orders nothing yet", async () => {
    await joinTrialClass(database.pool, 'late', '13900000009');
    expect(await textClass(database.pool, Date.now())).toEqual(['xc:2']);
    await database.pool.query(
      `insert into account (id, tenants, role, login, guardian_id)
      values ('parent', '{shanxi}', 'parent', '13900000009', 'late')`,
    );
    await giveToken(database.pool, 'parent', 'parent');
    const order = { phone: '13900000009', package: 'home-school', action: 'subscribe', channel: 'web' };
    for (let i = 0; i < 2; i++) expect((await post('/api/v1/orders', order, 'parent', 'web-order')).status).toBe(200);
    expect(await familyStates(database.pool, 'xc:2')).toEqual({ late: 'awaiting-order' });
    expect((await database.pool.query('select from subscription_event')).rowCount).toBe(0);
  });

  it('a complaint pack has the trial: who decided what, and what the family answered by which proof', async () => {
    await database.pool.query(
      `insert into account (id, tenants, role, login) values ('cs', '{shanxi}', 'customer-service', 'cs')`,
    );
    await giveToken(database.pool, 'cs', 'cs');
    const pack = '/api/v1/subscribers/13900000003/complaint-pack';
    const { carriers } = (await (await get(pack, 'cs')).json()) as { carriers: { trial: object[] }[] };
    expect(carriers[0]!.trial).toMatchObject([
      { type: 'started' },
      { type: 'approved', actor: 'principal' },
      { type: 'notice-1' },
      { type: 'answer', actor: 'agent', evidence: { answer: 'yes', slip: 'R-3', package: 'home-school+safety-sms' } },
      { type: 'answer', evidence: { answer: 'yes', package: 'home-school' } },
      { type: 'answer', evidence: { answer: 'no' } },
      { type: 'answer', evidence: { answer: 'yes', signedOn: dateOf(-35) } },
    ]);
    const page = await (await get(`${pack}?format=html`, 'cs')).text();
    for (const words of ['试用与答复', '答复：订制；渠道：代理商', '回执编号：R-3']) expect(page).toContain(words);
  });

  it('logs nobody', () => {
    expect(api.logged.join('\n')).not.toMatch(/1390000000|王小兵|R-[13]/);
  });
});
