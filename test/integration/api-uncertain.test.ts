import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertRoster, startApi, TOKENS, type AskOptions, type TestApi } from '../support/api.ts';
import { aText, states } from '../support/carrier-link.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { loseTexts } from '../support/uncertain.ts';

interface Listed {
  texts: { id: number; phone: string; workflow: { id: string; url?: string } }[];
  next?: string;
  total: number;
}
const MESSAGE = '11111111-1111-4111-8111-111111111111';
const PHONE = '13900000001';

let db: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertRoster(db.pool);
  await db.pool.query(
    `insert into message (id, tenant, school_id, account_id, teacher_id, request_key, kind, audience, text)
    values ($1, 'gansu', 'g1', 'teacher', 'tg1', 'k', 'homework', '{"classIds":["g1c1"]}', '机密')`,
    [MESSAGE],
  );
  api = await startApi({ pool: db.pool });
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});
// Each test has a list of its own: what is left of the one before is given up, what was to be resent is not.
beforeEach(() =>
  db.pool.query(`
    delete from sms_queue;
    insert into sms_decision (sms_id, attempt, "as", account_id, request_key, note)
    select sms_id, max(attempt), 'given-up', 'ops', 'cleanup', 'x' from sms_part where state = 'UNCERTAIN' group by sms_id
    on conflict do nothing`),
);

const ops: AskOptions = { token: TOKENS.ops };
const list = async (query = '', who = ops) => {
  const response = await api.ask('GET', `/api/v1/uncertain?${query}`, who);
  expect(response.status).toBe(200);
  return (await response.json()) as Listed;
};
const post = async (path: string, body: object, key?: string, who = ops) => {
  const headers = key === undefined ? {} : { 'idempotency-key': key };
  const response = await api.ask('POST', `/api/v1/uncertain/${path}`, { ...who, body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const lose = (count: number, text: Parameters<typeof aText>[0] = {}) =>
  loseTexts(
    db.pool,
    Array.from({ length: count }, () => aText(text)),
  );
const note = '问过运营商';

describe('the list of uncertain texts', () => {
  it('comes in pages with the total, the phone masked and the workflow linked', async () => {
    const ids = await lose(3, { phone: PHONE, messageId: MESSAGE, workflowId: `message/${MESSAGE}` });
    const first = await list('limit=2');
    expect(first).toMatchObject({ total: 3, next: expect.any(String) as string });
    expect(first.texts[0]).toMatchObject({
      ...{ id: ids[0], tenant: 'gansu', kind: 'class-message', messageId: MESSAGE, parts: 1, uncertainParts: 1 },
      ...{ reason: 'the connection broke', phone: '139****0001', expired: false },
      workflow: { id: `message/${MESSAGE}`, url: expect.stringContaining('/workflows/message%2F') as string },
    });
    const second = await list(`limit=2&cursor=${first.next}`);
    expect(second.next).toBeUndefined();
    expect([...first.texts, ...second.texts].map(({ id }) => id)).toEqual(ids);
    expect(JSON.stringify(first)).not.toMatch(/13900000001|作业/);
  });

  it('is narrowed by carrier and message, and keeps to the account’s carriers', async () => {
    await lose(1, { tenant: 'shanxi' });
    const own = await lose(1, { messageId: MESSAGE });
    await lose(1);
    expect((await list()).total).toBe(3);
    expect((await list('tenant=shanxi')).total).toBe(1);
    expect((await list('', { token: TOKENS.csGansu })).total).toBe(2);
    expect((await list(`tenant=gansu&messageId=${MESSAGE}`)).texts.map(({ id }) => id)).toEqual(own);
    const other = await api.ask('GET', '/api/v1/uncertain?tenant=shanxi', { token: TOKENS.csGansu });
    expect(other.status).toBe(404);
  });

  it.each([
    ['nobody', undefined, '', 401],
    ['a teacher', 'teacher', '', 403],
    ['a parent', PHONE, '', 403],
    ['customer service, no message', 'cs', 'messageId=x', 400],
    ['customer service, too long a page', 'cs', 'limit=501', 400],
    ['customer service, a wrong cursor', 'cs', 'cursor=bm9wZQ', 400],
  ])('%s: %s', async (_who, login, query, status) => {
    const who = login === undefined ? {} : { cookie: await api.signIn(login) };
    expect((await api.ask('GET', `/api/v1/uncertain?${query}`, who)).status).toBe(status);
  });
});

describe('a decision', () => {
  it('is taken once, whoever repeats it with its key', async () => {
    const [id] = await lose(1);
    const path = `${id}/decision`;
    const first = await post(path, { as: 'resend', note }, 'once');
    expect(first).toMatchObject({ status: 200, body: { id, as: 'resend', attempt: 1, possibleDuplicates: 1 } });
    expect(await post(path, { as: 'resend', note }, 'once')).toEqual(first);
    expect(await post(path, { as: 'given-up', note }, 'once')).toMatchObject({ status: 422 });
    expect(await post(path, { as: 'given-up', note }, 'other')).toMatchObject({
      status: 409,
      body: { detail: 'It was decided already: resend. It is QUEUED now.' },
    });
    expect(await states(db.pool, [id!])).toEqual(['QUEUED']);
  });

  it('comes too late once a receipt has told, and is refused for what is of no use', async () => {
    const [known, expired] = [await lose(1), await lose(1, { expiresAt: new Date(Date.now() - 1) })].flat();
    await db.pool.query(
      `insert into sms_receipt (tenant, smsc_id, phone, state, sms_id, part) values ('gansu', 'r', 'p', 'DELIVERED', $1, 1)`,
      [known],
    );
    expect(await post(`${known}/decision`, { as: 'resend', note })).toMatchObject({
      status: 409,
      body: { detail: 'It is not uncertain any more: it is DELIVERED.' },
    });
    expect(await post(`${expired}/decision`, { as: 'resend', note })).toMatchObject({ status: 409 });
    expect((await list()).texts).toMatchObject([{ id: expired, expired: true }]);
    expect(await post(`${expired}/decision`, { as: 'delivered', note })).toMatchObject({
      status: 200,
      body: { possibleDuplicates: 0 },
    });
  });

  it.each<[string, string, object, AskOptions, number]>([
    ['an unknown text', '999999', { as: 'resend', note }, ops, 404],
    ['no number', 'x', { as: 'resend', note }, ops, 400],
    ['an unknown word', '1', { as: 'forget', note }, ops, 400],
    ['no note', '1', { as: 'resend' }, ops, 400],
    ['an agent', '1', { as: 'resend', note }, { token: TOKENS.agent }, 403],
  ])('%s is refused', async (_what, id, body, who, status) => {
    expect(await post(`${id}/decision`, body, undefined, who)).toMatchObject({ status });
  });

  it('is not of another carrier’s texts', async () => {
    const [id] = await lose(1, { tenant: 'shanxi' });
    const who = { token: TOKENS.csGansu };
    expect(await post(`${id}/decision`, { as: 'resend', note }, undefined, who)).toMatchObject({ status: 404 });
    const all = { tenant: 'shanxi', before: new Date().toISOString(), as: 'resend', note };
    expect(await post('decisions', all, undefined, who)).toMatchObject({ status: 404 });
    expect((await list('tenant=shanxi')).total).toBe(1);
  });
});

describe('a decision about many', () => {
  it('takes those of a message, as many as asked for, and tells how many are left', async () => {
    await lose(5, { messageId: MESSAGE });
    await lose(2);
    const body = { tenant: 'gansu', messageId: MESSAGE, as: 'resend', note };
    const first = await post('decisions', { ...body, limit: 3 }, 'many');
    expect(first).toEqual({ status: 200, body: { decided: 3, possibleDuplicates: 3, left: 2 } });
    expect(await post('decisions', { ...body, limit: 3 }, 'many')).toEqual(first);
    expect(await post('decisions', body)).toMatchObject({ body: { decided: 2, left: 0 } });
    expect(await post('decisions', body)).toMatchObject({ body: { decided: 0, left: 0 } });
    expect((await list()).total).toBe(2);
  });

  it('takes those that were uncertain before a time; one of the two must be said', async () => {
    await lose(2);
    const body = { tenant: 'gansu', as: 'given-up', note };
    expect(await post('decisions', body)).toMatchObject({ status: 400, body: { errors: [{ field: 'before' }] } });
    expect(await post('decisions', { ...body, before: '2020-01-01T00:00:00Z' })).toMatchObject({
      body: { decided: 0, left: 0 },
    });
    const later = new Date(Date.now() + 120_000).toISOString();
    expect(await post('decisions', { ...body, before: later })).toMatchObject({
      ...{ status: 400, body: { errors: [{ field: 'before', message: 'is in the future' }] } },
    });
    const before = new Date(Date.now() + 60_000).toISOString();
    expect(await post('decisions', { ...body, before })).toEqual({
      status: 200,
      body: { decided: 2, possibleDuplicates: 0, left: 0 },
    });
    expect(await post('decisions', { ...body, before, limit: 10_001 })).toMatchObject({ status: 400 });
  });
});

describe('what others see of it', () => {
  it('its message counts it as uncertain among the submitted, then as what was decided', async () => {
    await lose(2, { messageId: MESSAGE });
    const progress = async () =>
      (await (await api.ask('GET', `/api/v1/messages/${MESSAGE}`, ops)).json()) as {
        counts: Record<string, number>;
        uncertain: number;
      };
    const before = await progress();
    expect(before.uncertain).toBe(2);
    await post('decisions', { tenant: 'gansu', messageId: MESSAGE, as: 'delivered', note });
    const { counts, uncertain } = await progress();
    expect(uncertain).toBe(0);
    expect(counts).toEqual({ ...before.counts, submitted: before.counts['submitted']! - 2, delivered: 2 });
  });

  it('the trace tells it in words; a parent reads them without the note, and a school nothing of texts', async () => {
    const [id] = await lose(1, { phone: PHONE, studentId: 'x' });
    await post(`${id}/decision`, { as: 'given-up', note });
    const eventsFor = async (who: AskOptions) => {
      const response = await api.ask('GET', `/api/v1/trace?phone=${PHONE}`, who);
      const { events } = (await response.json()) as {
        events: { kind: string; outcome: string; reason: string; ids: Record<string, string> }[];
      };
      return events;
    };
    const [text, decision] = (await eventsFor(ops)).filter(({ ids }) => ids['sms'] === String(id));
    expect(text).toMatchObject({ outcome: 'FAILED', reason: expect.stringContaining('不再发送') as string });
    expect(decision).toMatchObject({ kind: 'decision', outcome: 'given-up', ids: { account: 'ops' } });
    expect(decision!.reason).toMatch(/按失败计。.*gave it up.*\(问过运营商\)/);
    const parents = (await eventsFor({ cookie: await api.signIn(PHONE) })).filter(({ kind }) => kind === 'decision');
    expect(parents.at(-1)).toMatchObject({ reason: '人工决定不再发送，按失败计。', ids: {} });
    const schools = await eventsFor({ cookie: await api.signIn('teacher') });
    expect(schools.filter(({ kind }) => ['sms', 'decision', 'receipt'].includes(kind))).toEqual([]);
  });

  it('and no log line holds a phone or a note', () => {
    expect(api.logged.join('')).not.toMatch(/139000|问过/);
  });
});
