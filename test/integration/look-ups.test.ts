import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool, inTransaction, type Pool } from '../../infra/postgres/pool.ts';
import { remindOverdue, wasAskedForConsent } from '../../infra/postgres/subscriptions.ts';
import { takeOverdue } from '../../infra/postgres/pending.ts';
import { findTrial } from '../../infra/postgres/trials.ts';
import { writeReport } from '../../infra/postgres/trial-reports.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { hashPassword } from '../../infra/secrets.ts';
import { PASSWORD, startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { walksOf } from '../support/plans.ts';
import { watchStatements } from '../support/statements.ts';

/** What one question may touch of a table that holds ten thousand rows and more. */
const MOST_ROWS = 1_000;
const MESSAGE = [1, 2].map((n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`);
const FEW = '13900000001';
const MANY = '13900000002';

let db: TestDatabase;
let api: TestApi;
let planner: Pool;

beforeAll(async () => {
  db = await createTestDatabase();
  await db.pool.query(await readFile(new URL('../support/deep-data.sql', import.meta.url), 'utf8'));
  await db.pool.query(`update account set password_hash = $1 where id = 'a1'`, [await hashPassword(PASSWORD)]);
  await db.pool.query('vacuum analyze');
  planner = createPool({ databaseUrl: db.url, name: 'planner' });
  api = await startApi({ pool: db.pool });
}, 180_000);
afterAll(async () => {
  await api?.close();
  await planner?.end();
  await db?.drop();
});

/** Does `work`, and finds what any of its statements walked past. */
async function watch(work: () => Promise<unknown>): Promise<{ statements: number; walks: string[] }> {
  const { statements } = await watchStatements(db.pool, work);
  const walks: string[] = [];
  for (const statement of statements) walks.push(...(await walksOf(planner, statement, MOST_ROWS)));
  return { statements: statements.length, walks };
}

/** Asks the API as this account. */
async function ask(account: string, method: string, path: string, body?: unknown): Promise<void> {
  const answer = await api.ask(method, path, { token: `token-of-${account}`, body });
  expect([200, 201, 202], `${answer.status} ${await answer.text()}`).toContain(answer.status);
}

describe('with years of data, a look-up goes by indexes', () => {
  it.each([
    ['helper', `/api/v1/trace?phone=${FEW}`, `/api/v1/trace?phone=${MANY}`],
    ['principal', `/api/v1/trace?phone=${FEW}`, `/api/v1/trace?phone=${MANY}`],
    ['helper', `/api/v1/subscribers/${FEW}`, `/api/v1/subscribers/${MANY}`],
    ['helper', `/api/v1/subscribers/${FEW}/charges?tenant=gansu`, `/api/v1/subscribers/${MANY}/charges?tenant=gansu`],
    ['helper', `/api/v1/subscribers/${FEW}/complaint-pack`, `/api/v1/subscribers/${MANY}/complaint-pack`],
    ['boss', '/api/v1/charges/1/explanation', '/api/v1/charges/2/explanation'],
    ['teacher', `/api/v1/messages/${MESSAGE[0]}`, `/api/v1/messages/${MESSAGE[1]}`],
    ['helper', '/api/v1/trials/c1', '/api/v1/trials/c2'],
    ['helper', '/api/v1/trials/c1/reports', '/api/v1/trials/c2/reports'],
  ])('%s: %s, and as many statements for one with more', async (account, few, many) => {
    const little = await watch(() => ask(account, 'GET', few));
    const much = await watch(() => ask(account, 'GET', many));
    expect([...little.walks, ...much.walks]).toEqual([]);
    expect(much.statements).toBe(little.statements);
    // Two of them are the record of who looked.
    expect(much.statements).toBeLessThanOrEqual(16);
  });

  it.each([
    ['parent', `/api/v1/trace?phone=${MANY}`],
    ['parent', `/api/v1/subscribers/${MANY}`],
    ['teacher', '/api/v1/me'],
    ['principal', '/api/v1/teachers'],
    ['teacher', '/api/v1/classes'],
    ['helper', '/api/v1/uncertain'],
    ['principal', '/api/v1/readers'],
  ])('%s: %s', async (account, path) => {
    expect((await watch(() => ask(account, 'GET', path))).walks).toEqual([]);
  });

  it.each([
    ['teacher', '/api/v1/messages'],
    ['newcomer', '/api/v1/messages'],
    ['principal', '/api/v1/messages'],
    ['principal', '/api/v1/readers/quarantine'],
    ['admin', '/api/v1/readers/quarantine'],
    ['helper', '/api/v1/readers/quarantine'],
    ['ops', '/api/v1/readers/quarantine'],
    ['admin', '/api/v1/smpp-quarantine'],
    ['ops', '/api/v1/smpp-quarantine'],
    ['principal', '/api/v1/trials'],
    ['admin', '/api/v1/trials'],
    ['helper', '/api/v1/trials'],
    ['admin', '/api/v1/audit'],
    ['admin', '/api/v1/audit?account=helper'],
    ['admin', '/api/v1/audit?phone=13900000001'],
    ['admin', '/api/v1/audit/unusual'],
  ])('%s: a page of %s, however little of it is theirs', async (account, path) => {
    expect((await watch(() => ask(account, 'GET', path))).walks).toEqual([]);
  });

  it('the months of a carrier read each refusal once', async () => {
    const { walks } = await watch(() => ask('boss', 'GET', '/api/v1/billing/runs'));
    expect(walks.filter((walk) => walk.includes('of charge_result,'))).toEqual([]);
  });
});

describe('and so does what somebody does', () => {
  const order = { phone: FEW, package: 'home-school', channel: 'customer-service' };
  it.each([
    ['helper', '/api/v1/orders', { ...order, action: 'cancel' }],
    ['helper', '/api/v1/orders', { ...order, action: 'subscribe' }],
    ['helper', '/api/v1/trials/c3/slips', { phone: '13900000003', answer: 'yes', slip: '3' }],
    ['helper', '/api/v1/trials/c3/opinions', { text: '好' }],
    ['principal', '/api/v1/trials/c2/approval', { decision: 'approved' }],
    ['teacher', '/api/v1/messages', { kind: 'homework', audience: { classIds: ['c1'] }, text: '作业' }],
    ['teacher', '/api/v1/classes/c1/demo-message', undefined],
    ['ops', '/api/v1/uncertain/30/decision', { as: 'given-up', note: '核实' }],
  ])('%s: %s %o', async (account, path, body) => {
    expect((await watch(() => ask(account, 'POST', path, body))).walks).toEqual([]);
  });

  it('a parent signs in, and the account’s old sessions go', async () => {
    expect((await watch(() => api.signIn('a1'))).walks).toEqual([]);
  });
});

describe('and so does what runs by itself', () => {
  it.each<[string, (pool: Pool) => Promise<unknown>]>([
    ['the sweep of what waits', (pool) => takeOverdue(pool, { kind: 'inbound-sms', tenants: ['gansu'], limit: 200 })],
    ['the reminder of deadlines', (pool) => remindOverdue(pool, ['gansu'])],
    ['whether consent was asked for', (pool) => wasAskedForConsent(pool, 'gansu', 'h2')],
    [
      'a weekly report',
      async (pool) => {
        const [trial, profile] = [(await findTrial(pool, 'c2'))!, loadCarriers().profile('gansu')];
        await writeReport(pool, trial, { from: new Date('2026-01-01'), until: new Date() }, profile);
      },
    ],
  ])('%s', async (_name, work) => {
    expect((await watch(() => work(db.pool))).walks).toEqual([]);
  });

  it('a text that was routed takes itself off what waits, whatever was planned when nothing did', async () => {
    await inTransaction(db.pool, async (client) => {
      await client.query(
        `insert into mo_outcome (mo_id, route, answered, workflow_id)
        select mo.id, 'help', true, 'mo/' || mo.id from pending p join mo on mo.hash = p.key where p.kind = 'inbound-sms'`,
      );
      const { rows } = await client.query<{ table: string }>(
        `select relname as table from pg_stat_xact_user_tables where relname in ('pending', 'mo') and seq_scan > 1`,
      );
      expect(rows).toEqual([]);
    });
  });
});
