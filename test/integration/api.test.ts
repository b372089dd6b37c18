import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertRoster, OPS_TOKEN, PASSWORD, startApi, TOKENS, type AskOptions, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

interface ProblemBody {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors: { field: string; code: string; message: string }[];
}

let db: TestDatabase;
let api: TestApi;
let teacher: string;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertRoster(db.pool);
  api = await startApi({ pool: db.pool, signIn: { perLogin: 5, perAddress: 40 } });
  teacher = await api.signIn('teacher');
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

async function problemOf(response: Response, status: number): Promise<ProblemBody> {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const problem = (await response.json()) as ProblemBody;
  expect(problem).toMatchObject({ status, type: 'about:blank' });
  expect(problem.title).not.toBe('');
  expect(Array.isArray(problem.errors)).toBe(true);
  expect(JSON.stringify(problem)).not.toMatch(/select |insert | at .*\.ts/i);
  return problem;
}

const good = { kind: 'homework', audience: { classIds: ['g1c1'] }, text: '请带跳绳' };
const order = { phone: '13900000001', package: 'home-school', action: 'subscribe', channel: 'customer-service' };

describe('a message that is wrong', () => {
  const send = async (body: unknown, options: AskOptions = {}) =>
    api.ask('POST', '/api/v1/messages', { cookie: teacher, body, ...options });

  it.each<[string, unknown, string]>([
    ['no kind', { ...good, kind: undefined }, 'kind'],
    ['an unknown kind', { ...good, kind: 'gossip' }, 'kind'],
    ['a kind that is no text', { ...good, kind: 7 }, 'kind'],
    ['a kind of another school type', { ...good, kind: 'careers' }, 'kind'],
    ['no audience', { ...good, audience: undefined }, 'audience'],
    ['an empty audience', { ...good, audience: {} }, 'audience'],
    ['two audiences', { ...good, audience: { classIds: ['g1c1'], schoolId: 'g1' } }, 'audience'],
    ['no class at all', { ...good, audience: { classIds: [] } }, 'audience.classIds'],
    ['a class that is no text', { ...good, audience: { classIds: [7] } }, 'audience.classIds.0'],
    ['a class with NUL', { ...good, audience: { classIds: ['g1\0'] } }, 'audience.classIds.0'],
    [
      '201 classes',
      { ...good, audience: { classIds: Array.from({ length: 201 }, (_, i) => `c${i}`) } },
      'audience.classIds',
    ],
    ['an audience of another word', { ...good, audience: { classes: ['g1c1'] } }, 'audience.classes'],
    ['no text', { ...good, text: undefined }, 'text'],
    ['an empty text', { ...good, text: '' }, 'text'],
    ['blanks alone', { ...good, text: ' \n　' }, 'text'],
    ['nothing to see', { ...good, text: '\u202e\u200b' }, 'text'],
    ['a C1 control', { ...good, text: 'a\u0085b' }, 'text'],
    ['a text that is a number', { ...good, text: 1 }, 'text'],
    ['1,001 characters', { ...good, text: '长'.repeat(1001) }, 'text'],
    ['100,000 characters', { ...good, text: '长'.repeat(100_000) }, 'text'],
    ['NUL in the text', { ...good, text: 'a\0b' }, 'text'],
    ['half a surrogate pair', { ...good, text: 'a\ud83d' }, 'text'],
    ['a time without offset', { ...good, sendAt: '2026-11-24T08:00:00' }, 'sendAt'],
    ['a time past', { ...good, sendAt: new Date(Date.now() - 6 * 60_000).toISOString() }, 'sendAt'],
    ['a time years ahead', { ...good, sendAt: '2126-11-24T08:00:00+08:00' }, 'sendAt'],
    ['a field nobody knows', { ...good, urgent: true }, 'urgent'],
    ['an array', [good], 'body'],
    ['no JSON', '{"kind":', 'body'],
    ['JSON that is no object', '"hello"', 'body'],
  ])('with %s names the field', async (_what, body, field) => {
    const { errors } = await problemOf(await send(body), 400);
    expect(errors.map((each) => each.field)).toContain(field);
  });

  it('names every field that is wrong at once', async () => {
    const { errors } = await problemOf(await send({ kind: 'x', text: '' }), 400);
    expect(errors.map(({ field }) => field).toSorted()).toEqual(['audience', 'kind', 'text']);
  });

  it.each<[string, AskOptions, number]>([
    ['nothing at all', { body: undefined }, 400],
    ['a form', { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
    ['another charset', { body: '{}', headers: { 'content-type': 'application/json; charset=gbk' } }, 415],
    ['two megabytes', { body: { ...good, text: 'x'.repeat(2_000_000) } }, 413],
    ['a strange key', { body: good, headers: { 'idempotency-key': 'k'.repeat(201) } }, 400],
  ])('as %s is refused', async (_what, options, status) => {
    await problemOf(await send(options.body, options), status);
  });

  it.each<[string, object, number]>([
    ['an unknown class', { classIds: ['g1c1', 'nowhere'] }, 404],
    ['an unknown student', { studentIds: ['nobody'] }, 404],
    ['an unknown school', { schoolId: 'none' }, 404],
    ["another school's class", { classIds: ['g1c1', 'g2c1'] }, 404],
    ["another carrier's class", { classIds: ['s1c1'] }, 404],
    ["another school's student", { studentIds: ['z'] }, 404],
    ['another school', { schoolId: 'g2' }, 404],
  ])('to %s is refused, the field named', async (_what, audience, status) => {
    const { errors } = await problemOf(await send({ ...good, audience }), status);
    expect(errors[0]!.field).toMatch(/^audience\./);
  });

  it('is recorded nowhere', async () => {
    const { rowCount } = await db.pool.query('select from message');
    expect(rowCount).toBe(0);
  });
});

describe('a message whose time is past', () => {
  it('is refused, and taken where it was first asked for in time', async () => {
    const body = { ...good, sendAt: new Date(Date.now() - 3_600_000).toISOString() };
    const ask = () =>
      api.ask('POST', '/api/v1/messages', { cookie: teacher, body, headers: { 'idempotency-key': 'late' } });
    const { errors } = await problemOf(await ask(), 400);
    expect(errors).toEqual([{ field: 'sendAt', code: 'past', message: 'is past' }]);
    await db.pool.query(`update request_key set used_at = used_at - interval '2 hours' where account_id = 'teacher'`);
    expect((await ask()).status).toBe(202);
    await db.pool.query('delete from pending');
  });
});

describe('an order that is wrong', () => {
  it.each<[string, object, number, string]>([
    ['no phone', { phone: undefined }, 400, 'phone'],
    ['a phone with +86', { phone: '+8613900000001' }, 400, 'phone'],
    ['a phone that is a number', { phone: 13900000001 }, 400, 'phone'],
    ['an unknown phone', { phone: '13999999999' }, 404, 'phone'],
    ['no package', { package: undefined }, 400, 'package'],
    ['an unknown package', { package: 'gold' }, 400, 'package'],
    ["another carrier's package", { package: 'home-school/year' }, 400, 'package'],
    ['no action', { action: undefined }, 400, 'action'],
    ['an unknown action', { action: 'steal' }, 400, 'action'],
    ['an unknown channel', { channel: 'pigeon' }, 400, 'channel'],
    ["the parent's own channel", { channel: 'web' }, 403, 'channel'],
    ["the parent's phone, though it is a cancel", { channel: 'sms', action: 'cancel' }, 403, 'channel'],
    ["another's channel", { channel: 'agent' }, 403, 'channel'],
    ["the admin's channel", { channel: 'admin', action: 'cancel' }, 403, 'channel'],
    ['the channel of an import', { channel: 'import' }, 403, 'channel'],
    ['a date of no slip', { signedOn: '2026-11-01' }, 400, 'signedOn'],
    ['a slip of tomorrow', { slip: 'S-1', signedOn: '2999-01-01' }, 400, 'signedOn'],
    ['a slip of a day that is none', { slip: 'S-1', signedOn: '2026-02-30' }, 400, 'signedOn'],
    ['a phone of two carriers', { phone: '13900000003' }, 409, 'tenant'],
    ['a carrier that is not', { tenant: 'atlantis' }, 404, 'tenant'],
  ])('with %s names the field', async (_what, wrong, status, field) => {
    const response = await api.ask('POST', '/api/v1/orders', { token: TOKENS.cs, body: { ...order, ...wrong } });
    const { errors } = await problemOf(response, status);
    expect(errors.map((each) => each.field)).toContain(field);
  });

  it("of another carrier's phone is not known, and the carrier not one's own", async () => {
    const body = { ...order, phone: '13900000003', tenant: 'shanxi' };
    await problemOf(await api.ask('POST', '/api/v1/orders', { token: TOKENS.csGansu, body }), 404);
  });

  it("of a parent for another's phone is refused", async () => {
    const cookie = await api.signIn('13900000001');
    const body = { ...order, channel: 'web', phone: '13900000002' };
    await problemOf(await api.ask('POST', '/api/v1/orders', { cookie, body }), 404);
  });
});

describe('who asks', () => {
  it.each([
    ['POST', '/api/v1/messages'],
    ['GET', '/api/v1/messages'],
    ['GET', '/api/v1/messages/00000000-0000-0000-0000-000000000000'],
    ['POST', '/api/v1/messages/00000000-0000-0000-0000-000000000000/cancel'],
    ['GET', '/api/v1/classes'],
    ['POST', '/api/v1/orders'],
    ['GET', '/api/v1/trace?phone=13900000001'],
    ['GET', '/api/v1/me'],
  ])('%s %s needs a session', async (method, path) => {
    const response = await api.ask(method, path, method === 'POST' ? { body: {} } : {});
    await problemOf(response, 401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  it.each(['wrong', '', 'x'.repeat(5000), "' or 1=1"])('the token %j opens nothing', async (token) => {
    await problemOf(await api.ask('GET', '/api/v1/trace?phone=13900000001', { token }), 401);
  });

  it('a role that may not is told so', async () => {
    await problemOf(await api.ask('POST', '/api/v1/messages', { token: TOKENS.cs, body: good }), 403);
    await problemOf(await api.ask('POST', '/api/v1/orders', { cookie: teacher, body: order }), 403);
    await problemOf(await api.ask('GET', '/api/v1/trace?phone=13900000001', { token: TOKENS.agent }), 403);
  });

  it('a session lasts until signing out, and its token is not in the database', async () => {
    const response = await api.ask('POST', '/api/v1/sessions', { body: { login: 'admin', password: PASSWORD } });
    expect(response.status).toBe(204);
    const [cookie, ...attributes] = response.headers.getSetCookie()[0]!.split('; ');
    expect(attributes).toEqual(expect.arrayContaining(['HttpOnly', 'SameSite=Strict', 'Path=/']));
    expect(await (await api.ask('GET', '/api/v1/me', { cookie: cookie! })).json()).toMatchObject({
      role: 'school-admin',
    });
    const { rowCount } = await db.pool.query('select from session where token_hash = $1', [cookie!.split('=')[1]]);
    expect(rowCount).toBe(0);
    expect((await api.ask('DELETE', '/api/v1/sessions', { cookie: cookie! })).status).toBe(204);
    await problemOf(await api.ask('GET', '/api/v1/me', { cookie: cookie! }), 401);
  });

  it('a cookie is Secure behind TLS, and an expired session opens nothing', async () => {
    const response = await api.ask('POST', '/api/v1/sessions', {
      body: { login: 'teacher3', password: PASSWORD },
      headers: { 'x-forwarded-proto': 'https' },
    });
    expect(response.headers.get('set-cookie')).toContain('Secure');
    const cookie = response.headers.get('set-cookie')!.split(';')[0]!;
    await db.pool.query(`update session set expires_at = now() where account_id = 'teacher3'`);
    await problemOf(await api.ask('GET', '/api/v1/classes', { cookie }), 401);
  });

  it("a page of another site can't ask in a person's name", async () => {
    const headers = { 'sec-fetch-site': 'cross-site' };
    await problemOf(await api.ask('POST', '/api/v1/messages', { cookie: teacher, body: good, headers }), 403);
  });

  it.each<[string, unknown]>([
    ['no password', { login: 'teacher' }],
    ['a password that is a number', { login: 'teacher', password: 1 }],
    ['NUL', { login: 'a\0', password: 'b' }],
    ['a long login', { login: 'x'.repeat(101), password: 'b' }],
  ])('signing in with %s names the field', async (_what, body) => {
    const { errors } = await problemOf(await api.ask('POST', '/api/v1/sessions', { body }), 400);
    expect(errors[0]!.field).toMatch(/^(login|password)$/);
  });

  it('wrong passwords are refused, then slowed per login, whoever else signs in', async () => {
    const guess = (login: string) => api.ask('POST', '/api/v1/sessions', { body: { login, password: 'guess' } });
    for (let tries = 0; tries < 5; tries++) await problemOf(await guess('nobody'), 401);
    const slowed = await guess('nobody');
    await problemOf(slowed, 429);
    expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0);
    await api.signIn('teacher2');
    // Other logins from the same address: slowed as one.
    const statuses = [];
    for (let tries = 0; tries < 45; tries++) statuses.push((await guess(`nobody${tries}`)).status);
    expect(statuses[0]).toBe(401);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('the edges of HTTP', () => {
  it.each([
    ['GET', '/nowhere', 404],
    ['GET', '/api/v1/nowhere', 404],
    ['PUT', '/api/v1/messages', 405],
    ['DELETE', '/healthz', 405],
    ['GET', '/api/v1/messages/%E0%A4%A', 400],
    ['GET', '/api/v1/messages/not-an-id', 404],
    ['GET', '/api/v1/messages/00000000-0000-0000-0000-000000000000', 404],
    ['GET', '/api/v1/messages?limit=0', 400],
    ['GET', '/api/v1/messages?cursor=abc', 400],
    ['GET', '/api/v1/messages?page=2', 400],
  ])('%s %s answers %i', async (method, path, status) => {
    await problemOf(await api.ask(method, path, { cookie: teacher }), status);
  });

  it('says what is wrong in the caller’s language, under a code that stays', async () => {
    const ask = async (language?: string) => {
      const headers = language === undefined ? {} : { 'accept-language': language };
      const response = await api.ask('GET', '/api/v1/trace?phone=abc&limit=0', { token: TOKENS.cs, headers });
      expect(response.headers.get('vary')).toBe('accept-language');
      return (await response.json()) as ProblemBody & { code: string };
    };
    const [none, zh, en] = [await ask(), await ask('zh-CN,zh;q=0.9,en;q=0.8'), await ask('en-GB, zh;q=0.5')];
    expect(none).toEqual(en);
    expect(en).toMatchObject({ title: 'Bad Request', code: 'not-valid', detail: 'Not valid: phone, limit' });
    expect(zh).toMatchObject({ title: '请求有误', code: 'not-valid', detail: '填写有误：手机号、limit' });
    expect(zh.errors.map(({ code, message }) => [code, message])).toEqual([
      ['not-a-phone', '必须是5到15位数字，不带+86'],
      ['out-of-range', '必须在1到1000之间'],
    ]);
    expect(en.errors.map(({ code }) => code)).toEqual(zh.errors.map(({ code }) => code));
  });

  it('says which methods a path has', async () => {
    const response = await api.ask('PUT', '/api/v1/messages', {});
    expect(response.headers.get('allow')).toBe('POST, GET');
  });

  it('lists what the carriers of the session sell, and nobody else’s', async () => {
    const response = await api.ask('GET', '/api/v1/carriers', { token: TOKENS.csGansu });
    expect(await response.json()).toMatchObject({
      carriers: [{ id: 'gansu', packages: expect.arrayContaining([expect.objectContaining({ fen: 800 })]) as unknown }],
    });
    await problemOf(await api.ask('GET', '/api/v1/carriers', { cookie: teacher }), 403);
  });

  it('describes every route, each with an operation of its own', async () => {
    const document = (await (await api.ask('GET', '/api/v1/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string; responses: object; security: object[] }>>;
    };
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    const names = operations.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/sessions',
        '/api/v1/messages',
        '/api/v1/messages/{id}',
        '/api/v1/messages/{id}/cancel',
        '/api/v1/classes',
        '/api/v1/orders',
        '/api/v1/trace',
        '/healthz',
        '/readyz',
        '/metrics',
      ]),
    );
    expect(document.paths['/api/v1/messages']!['post']).toMatchObject({
      requestBody: { required: true },
      parameters: [expect.objectContaining({ in: 'header', name: 'idempotency-key' })],
    });
    for (const { responses } of operations)
      expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '500']));
  });

  it('lives without its engine, says it is not ready, and counts what it did', async () => {
    expect((await api.ask('GET', '/healthz')).status).toBe(200);
    const ready = await api.ask('GET', '/readyz', { token: OPS_TOKEN });
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      ready: false,
      parts: [
        { name: 'postgres', status: 'ok' },
        { name: 'temporal', status: 'down', advice: expect.stringContaining('照常接收') as string },
        // Known from the database alone.
        { name: 'reader-link/gansu/0', status: 'unknown' },
      ],
    });
    const metrics = await (await api.ask('GET', '/metrics', { token: OPS_TOKEN })).text();
    expect(metrics).toMatch(
      /campusline_http_requests_total\{method="POST",route="\/api\/v1\/messages",status="400"\} \d+/,
    );
  });

  it('lets no script of others run', async () => {
    const { headers } = await api.ask('GET', '/healthz');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('a message is taken while the engine is out of reach, and waits for the sweep', async () => {
    const response = await api.ask('POST', '/api/v1/messages', {
      cookie: teacher,
      body: good,
      headers: { 'idempotency-key': 'again' },
    });
    expect(response.status).toBe(202);
    expect(response.headers.get('idempotency-key')).toBe('again');
    const { rowCount } = await db.pool.query(
      `select from message m join pending p on p.kind = 'message' and p.key = m.id::text where m.account_id = 'teacher'`,
    );
    expect(rowCount).toBe(1);
  });

  it('logs no phone, name, text, password or token', () => {
    const all = api.logged.join('');
    expect(all).toContain('/api/v1/trace');
    for (const secret of ['139000', '138000', '请带', '王', PASSWORD, 'guess', 'nobody', ...Object.values(TOKENS)]) {
      expect(all).not.toContain(secret);
    }
  });
});
