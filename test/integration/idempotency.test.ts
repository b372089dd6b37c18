import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pool } from '../../infra/postgres/pool.ts';
import { insertRoster, startApi, TOKENS, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** Keys of careless callers: a phone as it is, grouped, and its hash, which gives it away to whoever tries them all. */
const PHONE = '13812345678';
const GIVEAWAYS = [PHONE, '138-1234-5678', createHash('sha256').update(PHONE).digest('hex')];

let db: TestDatabase;
let api: TestApi;
let teacher: string;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertRoster(db.pool);
  api = await startApi({ pool: db.pool });
  teacher = await api.signIn('teacher');
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

const message = { kind: 'homework', audience: { classIds: ['g1c1'] }, text: '请带跳绳' };
const order = { phone: '13900000001', package: 'home-school', action: 'subscribe', channel: 'agent', slip: 'A-1' };
const send = (key: string, body: object = message) =>
  api.ask('POST', '/api/v1/messages', { cookie: teacher, body, headers: { 'idempotency-key': key } });
const place = (key: string, body: object = order) =>
  api.ask('POST', '/api/v1/orders', { token: TOKENS.agent, body, headers: { 'idempotency-key': key } });

/** Where any table but the one of keys has `text` in a row. */
async function tablesWith(pool: Pool, text: string): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  );
  const found = [];
  for (const { name } of rows) {
    const { rowCount } = await pool.query(`select from ${name} t where strpos(t::text, $1) > 0 limit 1`, [text]);
    if (rowCount) found.push(name);
  }
  return found;
}

describe('an Idempotency-Key', () => {
  it('acts once, answers alike, and is told back', async () => {
    const [first, again] = [await send(PHONE), await send(PHONE)];
    expect([first.status, again.status]).toEqual([202, 202]);
    expect(await again.json()).toEqual(await first.json());
    expect(first.headers.get('idempotency-key')).toBe(PHONE);
    const [once, twice] = [await place(PHONE), await place(PHONE)];
    expect([once.status, twice.status]).toEqual([200, 200]);
    expect(await twice.json()).toEqual(await once.json());
    expect((await db.pool.query(`select from subscription_event where type = 'order'`)).rowCount).toBe(1);
    expect((await db.pool.query('select from message')).rowCount).toBe(1);
  });

  it('acts once also when asked many times at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => send('at-once')));
    const ids = await Promise.all(answers.map(async (answer) => ((await answer.json()) as { id: string }).id));
    expect(new Set(ids).size).toBe(1);
  });

  it.each<[string, () => Promise<Response>]>([
    ['another text', () => send(PHONE, { ...message, text: '不用带' })],
    ['another class', () => send(PHONE, { ...message, audience: { studentIds: ['x'] } })],
    ['a cancel after the order', () => place(PHONE, { ...order, action: 'cancel', slip: undefined })],
    ['another slip', () => place(PHONE, { ...order, slip: 'A-2' })],
    ['another kind of request', () => api.ask('POST', '/api/v1/uncertain/1/decision', { token: TOKENS.cs, body: { as: 'delivered', note: 'x' }, headers: { 'idempotency-key': 'used' } })], // prettier-ignore
  ])('used again for %s is refused, not dropped', async (_what, ask) => {
    await api.ask('POST', '/api/v1/orders', {
      token: TOKENS.cs,
      body: { ...order, channel: 'customer-service', phone: '13900000002', slip: undefined },
      headers: { 'idempotency-key': 'used' },
    });
    const response = await ask();
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ field: 'Idempotency-Key' }] });
  });

  it('is each caller’s own', async () => {
    const other = await api.ask('POST', '/api/v1/messages', {
      cookie: await api.signIn('admin'),
      body: { ...message, text: '别人的' },
      headers: { 'idempotency-key': PHONE },
    });
    expect(other.status).toBe(202);
  });

  it('that holds a phone leaves it in no id, no row and no line of the log, nor its hash but where keys are kept', async () => {
    await send('138-1234-5678');
    for (const giveaway of GIVEAWAYS) {
      expect((await tablesWith(db.pool, giveaway)).filter((name) => name !== 'request_key')).toEqual([]);
      expect(api.logged.join('')).not.toContain(giveaway);
    }
    expect(await tablesWith(db.pool, PHONE)).toEqual([]);
  });

  it('is forgotten after a month', async () => {
    await send('old');
    await db.pool.query(`update request_key set used_at = now() - interval '31 days'`);
    await send('new');
    expect((await db.pool.query(`select from request_key where account_id = 'teacher'`)).rowCount).toBe(1);
  });
});

describe('keys used before they stood for ids', () => {
  it('act once still, over the deploy', async () => {
    const [up, down] = readFileSync('infra/postgres/migrations/0040_request_key.sql', 'utf8').split(
      '-- Down Migration',
    );
    await db.pool.query(`delete from request_key; ${down}`);
    const { rows } = await db.pool.query<{ id: string }>(
      `insert into message (tenant, school_id, account_id, teacher_id, request_key, kind, audience, text)
      values ('gansu', 'g1', 'teacher', 'tg1', 'before', 'homework', '{"classIds":["g1c1"]}', '请带跳绳') returning id`,
    );
    await db.pool.query(up!);
    expect(await (await send('before')).json()).toEqual({ id: rows[0]!.id });
  });
});
