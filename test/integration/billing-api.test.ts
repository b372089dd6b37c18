import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBillingActivities } from '../../activities/billing.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { TASK_QUEUE } from '../../workflows/ids.ts';
import { giveToken, startApi, type TestApi } from '../support/api.ts';
import { addFamilies, cancel, order, resultsFor } from '../support/billing.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';
import { localTemporal, runWorker } from '../support/temporal.ts';

const carriers = loadCarriers();
const march = { tenant: 'gansu', month: '2026-03' };
let db: TestDatabase;
let api: TestApi;
let environment: TestWorkflowEnvironment;
let stopWorker: () => Promise<void>;

beforeAll(async () => {
  db = await createTestDatabase();
  await addFamilies(db.pool, 'gansu', 6);
  await order(db.pool, 'gansu', 0, '2026-02-10T10:00:00+08:00');
  await order(db.pool, 'gansu', 1, '2026-03-05T10:00:00+08:00');
  await order(db.pool, 'gansu', 2, '2026-03-05T10:00:00+08:00');
  await cancel(db.pool, 'gansu', 2, '2026-03-06T10:00:00+08:00', '2026-03-20T10:00:00+08:00');
  for (const [id, role, tenants] of [
    ['admin', 'carrier-admin', ['gansu']],
    ['cs', 'customer-service', ['gansu']],
    ['other', 'carrier-admin', ['shanxi']],
    ['teacher', 'agent', ['gansu']],
  ]) {
    await db.pool.query('insert into account (id, login, tenants, role) values ($1, $1, $2, $3)', [id, tenants, role]);
    await giveToken(db.pool, id as string, `token-${id as string}`);
  }
  environment = await localTemporal();
  stopWorker = await runWorker(environment, {
    taskQueue: TASK_QUEUE.core,
    workflows: 'workflows/billing-cycle.ts',
    activities: createBillingActivities({ pool: db.pool, carriers }),
  });
  api = await startApi({ pool: db.pool, temporal: environment.client });
});
afterAll(async () => {
  await api?.close();
  await stopWorker?.();
  await environment?.teardown();
  await db?.drop();
});

const as = (who: string) => ({ token: `token-${who}` });
async function json<T>(response: Response, status: number): Promise<T> {
  const text = await response.text();
  expect(`${response.status} ${response.status === status ? '' : text}`.trim()).toBe(`${status}`);
  return JSON.parse(text) as T;
}
const post = (path: string, body: unknown, who = 'admin', headers = {}) =>
  api.ask('POST', `/api/v1${path}`, { ...as(who), body, headers });
const get = (path: string, who = 'cs') => api.ask('GET', `/api/v1${path}`, as(who));
interface Problem {
  errors: { field: string; message: string }[];
}
const fieldsOf = async (response: Response, status: number) =>
  (await json<Problem>(response, status)).errors.map(({ field }) => field);

describe('billing on paper', () => {
  it('previews a month and writes nothing', async () => {
    const preview = await json<{ lines: { fen: number }[] }>(await post('/billing/preview', march, 'cs'), 200);
    expect(preview).toMatchObject({ families: 3, fees: 3, freeLines: 0, reversals: 1, fen: 1600 });
    expect(preview.lines).toHaveLength(4);
    expect((await db.pool.query('select from charge')).rowCount).toBe(0);
  });

  it('backtests a changed tariff: totals and each family that differs', async () => {
    const { packages } = carriers.profile('gansu');
    const dearer = packages.map((each) => ({ ...each, fen: each.fen && each.fen + 100 }));
    const body = { tenant: 'gansu', from: '2026-02', to: '2026-03', profile: { packages: dearer } };
    expect(await json(await post('/billing/backtest', body), 200)).toMatchObject({
      families: 3,
      familiesChanged: 2,
      beforeFen: 2400,
      afterFen: 2700,
      months: [
        { month: '2026-02', beforeFen: 800, afterFen: 900, familiesChanged: 1 },
        { month: '2026-03', beforeFen: 1600, afterFen: 1800, familiesChanged: 2 },
      ],
    });
  });

  it.each<[string, string, object, number, string[]]>([
    ['no month', '/billing/preview', { tenant: 'gansu' }, 400, ['month']],
    ['a month that is none', '/billing/preview', { tenant: 'gansu', month: '2026-13' }, 400, ['month']],
    ['a year that is none', '/billing/runs', { tenant: 'gansu', month: '0000-01' }, 400, ['month']],
    ['results that are no text', '/billing/gansu/files/1/results', { csv: '行\0' }, 400, ['csv']],
    ['another carrier', '/billing/preview', { tenant: 'shanxi', month: '2026-03' }, 404, ['tenant']],
    ['no carrier at all', '/billing/preview', { tenant: 'mars', month: '2026-03' }, 404, ['tenant']],
    ['months backwards', '/billing/backtest', { tenant: 'gansu', from: '2026-03', to: '2026-02', profile: {} }, 400, ['to']], // prettier-ignore
    ['a wrong profile', '/billing/backtest', { tenant: 'gansu', from: '2026-03', to: '2026-03', profile: { freeMonths: [13] } }, 400, ['profile.freeMonths.0']], // prettier-ignore
    ['packages gone', '/billing/backtest', { tenant: 'gansu', from: '2026-03', to: '2026-03', profile: { packages: [{ id: 'x', name: 'x', services: ['home-school'], fen: 1, period: 'month' }] } }, 422, ['profile.packages']], // prettier-ignore
    ['a month that has not ended', '/billing/runs', { tenant: 'gansu', month: '2099-01' }, 400, ['month']],
    ['a month before any tariff', '/billing/runs', { tenant: 'gansu', month: '1999-11' }, 400, ['month']],
    ['a preview of such a month', '/billing/preview', { tenant: 'gansu', month: '2019-06' }, 400, ['month']],
    ['a backtest from such a month', '/billing/backtest', { tenant: 'gansu', from: '2019-06', to: '2019-08', profile: {} }, 400, ['from']], // prettier-ignore
  ])('refuses %s, naming the field', async (_name, path, body, status, fields) => {
    expect(await fieldsOf(await post(path, body), status)).toEqual(fields);
  });
});

describe('billing for real', () => {
  it('is for carrier admins', async () => {
    expect((await post('/billing/runs', march, 'cs')).status).toBe(403);
    expect((await post('/billing/runs', march, 'teacher')).status).toBe(403);
    expect((await api.ask('POST', '/api/v1/billing/runs', { body: march })).status).toBe(401);
  });

  it('charges the month, shows its balance and gives the charge file', async () => {
    const { workflow } = await json<{ workflow: { id: string } }>(await post('/billing/runs', march), 202);
    expect(workflow.id).toBe('billing/gansu/2026-03');
    const run = await until('the month adds up', async () => {
      const { runs } = await json<{ runs: { balance: object | null }[] }>(await get('/billing/runs'), 200);
      return runs[0]?.balance ? runs[0] : undefined;
    });
    expect(run).toMatchObject({
      balance: { charges: 2400, reversals: 800, fileLines: 1600, held: 0, balanced: true },
      files: [{ id: 1, lines: 2, fen: 1600, answered: false }],
    });
    const file = await get('/billing/gansu/files/1', 'admin');
    expect(file.headers.get('content-type')).toContain('text/csv');
    expect((await file.arrayBuffer()).byteLength).toBeGreaterThan(0);
    expect(await (await get('/billing/gansu/files/1', 'admin')).text()).toContain(
      '家校互动,8.00,13900000001,2026-03-08 10:00:00,首次订制,2\r\n',
    );
    expect((await get('/billing/gansu/files/9', 'admin')).status).toBe(404);
    expect((await get('/billing/gansu/files/1', 'other')).status).toBe(404);
  });

  it('takes results, wrong ones as a report of each row and none of it counted', async () => {
    const csv = await resultsFor(db.pool, 1, ['成功', '失败']);
    const wrong = csv.replace('2,13900000001', '7,13900000001');
    const path = '/billing/gansu/files/1/results';
    expect(await fieldsOf(await post(path, { csv: wrong }), 422)).toEqual(['csv.row 3', 'csv', 'csv']);
    const key = { 'idempotency-key': 'results-1' };
    const counted = { successes: 1, failures: 1, collectedFen: 800, schoolsOpened: ['s-gansu'] };
    expect(await json(await post(path, { csv }, 'admin', key), 200)).toEqual(counted);
    expect(await json(await post(path, { csv }, 'admin', key), 200)).toEqual(counted);
    await until('the month is settled', async () => {
      const { runs } = await json<{ runs: { state: string }[] }>(await get('/billing/runs'), 200);
      return runs[0]?.state === 'settled';
    });
    expect((await post(path, { csv }, 'admin')).status).toBe(422);
    expect(await fieldsOf(await post(path, { csv: wrong }, 'admin', key), 422)).toEqual(['Idempotency-Key']);
  });
});

describe('answers for customer service', () => {
  it('explains a fee in both languages, with timers, events and workflows', async () => {
    const { rows } = await db.pool.query<{ id: number }>(
      `select id from charge c where rule = 'R1' and not exists (select from charge where fee_id = c.id)`,
    );
    const explained = await json<{ text: { zh: string; en: string } }>(
      await get(`/charges/${rows[0]!.id}/explanation`),
      200,
    );
    expect(explained).toMatchObject({
      rule: 'R1',
      profileVersion: 'gansu-2019-07',
      fen: 800,
      timers: [{ name: 'waiver', from: '2026-03-05T02:00:00.000Z', until: '2026-03-08T02:00:00.000Z' }],
      inputs: { events: [{ type: 'order', channel: 'sms' }] },
      collection: [{ attempt: 1, outcome: 'failure', retryMonth: '2026-04' }],
      workflows: { decidedBy: { id: 'billing/gansu/2026-03' } },
    });
    expect(explained.text.zh).toContain('您于2026年3月5日10:00首次订制，72小时内退订免费');
    expect(explained.text.zh).toContain('运营商扣费未成功，尚未收取。');
    expect(explained.text.en).toContain('ordered on 2026-03-05 at 10:00');
  });

  it('explains a reversal by the cancel it honours', async () => {
    const { rows } = await db.pool.query<{ id: number }>(`select id from charge where kind = 'reversal'`);
    const explained = await json<{ text: { zh: string } }>(await get(`/charges/${rows[0]!.id}/explanation`), 200);
    expect(explained).toMatchObject({ rule: 'R8', fen: -800 });
    expect(explained.text.zh).toContain('您于2026年3月6日10:00发出的退订在记账后才到达');
    expect(explained.text.zh).toContain('此前没有向您收取，无需退费');
  });

  it('tells no charge of another carrier', async () => {
    expect((await get('/charges/1/explanation', 'other')).status).toBe(404);
    expect(await fieldsOf(await get('/charges/x/explanation'), 400)).toEqual(['id']);
  });

  it('tells what a phone has, since when, what it owes and what comes', async () => {
    const { subscriptions } = await json<{ subscriptions: object[] }>(await get('/subscribers/13900000001'), 200);
    expect(subscriptions).toMatchObject([
      {
        tenant: 'gansu',
        state: 'active',
        package: { id: 'home-school', name: '家校互动', fen: 800 },
        since: '2026-03-05T02:00:00.000Z',
        arrears: [{ month: '2026-03', fen: 800, attempt: 1, retryMonth: '2026-04' }],
        // Months that nobody has billed since, and the one to come.
        next: expect.arrayContaining([expect.objectContaining({ what: 'fee', fen: 800, rule: 'R4' })]) as unknown,
      },
    ]);
    expect(await fieldsOf(await get('/subscribers/13912345678'), 404)).toEqual(['phone']);
    expect((await get('/subscribers/13900000001', 'teacher')).status).toBe(403);
  });

  it('packs consent, texts and charges of a phone into one file', async () => {
    const response = await get('/subscribers/13900000002/complaint-pack');
    expect(response.headers.get('content-disposition')).toContain('attachment');
    expect(await json(response, 200)).toMatchObject({
      phone: '13900000002',
      carriers: [
        {
          consent: [{ type: 'order' }, { type: 'cancel', receivedAt: '2026-03-20T02:00:00.000Z' }],
          charges: [{ kind: 'reversal' }, { kind: 'fee' }],
        },
      ],
    });
  });

  it('packs them into a page to be printed as well', async () => {
    const response = await get('/subscribers/13900000002/complaint-pack?format=html');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain(`default-src 'none'`);
    const page = await response.text();
    for (const words of [
      '投诉材料',
      '13900000002',
      '订制 order：家校互动',
      '甘肃移动',
      '2026-03-20 10:00:00',
      '-8',
      '无需退费',
    ])
      expect(page).toContain(words);
    expect((await get('/subscribers/13900000002/complaint-pack?format=pdf')).status).toBe(400);
  });
});
