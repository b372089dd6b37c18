import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tokenHash } from '../../infra/secrets.ts';
import { insertRoster, PASSWORD, startApi, TOKENS, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertRoster(db.pool);
  await db.pool.query(`update account set role = 'carrier-admin' where id = 'ops'`);
});
beforeEach(async () => {
  await api?.close();
  api = await startApi({ pool: db.pool });
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

/** A browser: what it is given it sends again. */
class Browser {
  readonly #address: string;
  #cookies = new Map<string, string>();

  constructor(address: string) {
    this.#address = address;
  }

  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  async ask(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { 'x-forwarded-for': this.#address };
    const response = await api.ask(method, path, { body, headers, ...(this.cookie ? { cookie: this.cookie } : {}) });
    for (const cookie of response.headers.getSetCookie()) {
      const [name, value] = cookie.split(';')[0]!.split('=') as [string, string];
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  signIn(login: string, password = PASSWORD): Promise<Response> {
    return this.ask('POST', '/api/v1/sessions', { login, password });
  }

  async isIn(): Promise<boolean> {
    return (await this.ask('GET', '/api/v1/me')).status === 200;
  }
}

describe('ten wrong passwords', () => {
  it('from elsewhere lock nobody out: not a known device, not another address', async () => {
    const known = new Browser('192.0.2.1');
    expect((await known.signIn('teacher')).status).toBe(204);
    expect((await known.ask('DELETE', '/api/v1/sessions')).status).toBe(204);
    const attacker = new Browser('198.51.100.1');
    const statuses = [];
    for (let tries = 0; tries < 15; tries++) statuses.push((await attacker.signIn('teacher', 'guess')).status);
    expect(statuses[0]).toBe(401);
    expect(statuses.at(-1)).toBe(429);
    expect((await known.signIn('teacher')).status).toBe(204);
    expect((await new Browser('192.0.2.9').signIn('teacher')).status).toBe(204);
  });

  it('behind one address with a known device make only the guesser wait', async () => {
    const known = new Browser('203.0.113.1');
    expect((await known.signIn('teacher2')).status).toBe(204);
    const neighbour = new Browser('203.0.113.1');
    for (let tries = 0; tries < 12; tries++) await neighbour.signIn('teacher2', 'guess');
    expect((await neighbour.signIn('teacher2')).status).toBe(429);
    expect((await known.signIn('teacher2')).status).toBe(204);
  });

  it('a device is known for whoever signed in on it, and for nobody else', async () => {
    const shared = new Browser('203.0.113.2');
    expect((await shared.signIn('teacher')).status).toBe(204);
    expect((await shared.signIn('teacher2')).status).toBe(204);
    const attacker = new Browser('203.0.113.2');
    for (let tries = 0; tries < 12; tries++) await attacker.signIn('teacher', 'guess');
    expect((await shared.signIn('teacher')).status).toBe(204);
    const device = /campusline_device=([^;]+)/.exec(shared.cookie)![1]!;
    const { rows } = await db.pool.query('select account_id from known_device where token_hash = $1 order by 1', [
      tokenHash(device),
    ]);
    expect(rows).toEqual([{ account_id: 'teacher' }, { account_id: 'teacher2' }]);
  });
});

describe('whom a request is from', () => {
  it('only a proxy that is trusted may say', async () => {
    const direct = await startApi({ pool: db.pool, trustedProxies: ['192.0.2.77'] });
    try {
      const guess = (address: string) =>
        direct.ask('POST', '/api/v1/sessions', {
          body: { login: 'teacher', password: 'guess' },
          headers: { 'x-forwarded-for': address },
        });
      const statuses = [];
      for (let tries = 0; tries < 12; tries++) statuses.push((await guess(`198.51.100.${tries}`)).status);
      expect(statuses.at(-1)).toBe(429);
    } finally {
      await direct.close();
    }
  });
});

describe('a hundred sign-ins at once', () => {
  it('are answered soon: right, wrong, or 503 with a time to come again; never with a fault', async () => {
    const crowd = Array.from({ length: 100 }, (_, i) => new Browser(`198.51.100.${i % 5}`).signIn(`nobody${i}`));
    const known = new Browser('192.0.2.1');
    const good = known.signIn('admin');
    const answers = await Promise.all(crowd);
    expect((await good).status).toBe(204);
    const busy = answers.filter(({ status }) => status === 503);
    expect(busy.length).toBeGreaterThan(0);
    for (const { headers } of busy) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 503]));
  });

  it('that were not looked at cost no tries', async () => {
    await api.close();
    api = await startApi({ pool: db.pool, signIn: { perLogin: 20 } });
    const one = new Browser('198.51.100.50');
    const answers = await Promise.all(Array.from({ length: 20 }, () => one.ask('POST', '/api/v1/sessions', { login: 'nobody', password: 'x' }))); // prettier-ignore
    const looked = answers.filter(({ status }) => status === 401).length;
    expect(answers.filter(({ status }) => status === 503)).toHaveLength(20 - looked);
    for (let tries = looked; tries < 20; tries++) expect((await one.signIn('nobody', 'x')).status).toBe(401);
  });
});

describe('one’s own account', () => {
  it('shows where it is signed in, and ends one session or all', async () => {
    const [here, there, phone] = [new Browser('192.0.2.1'), new Browser('192.0.2.2'), new Browser('192.0.2.3')];
    for (const each of [there, phone, here]) await each.signIn('teacher3');
    const { sessions } = (await (await here.ask('GET', '/api/v1/me/sessions')).json()) as {
      sessions: { id: string; current: boolean }[];
    };
    expect(sessions.map(({ current }) => current)).toEqual([true, false, false]);
    expect(JSON.stringify(sessions)).not.toContain('hash');
    expect((await here.ask('DELETE', `/api/v1/me/sessions/${sessions[1]!.id}`)).status).toBe(204);
    expect([await here.isIn(), await there.isIn(), await phone.isIn()]).toEqual([true, true, false]);
    // Another account's is none.
    const other = new Browser('192.0.2.4');
    await other.signIn('admin');
    expect((await other.ask('DELETE', `/api/v1/me/sessions/${sessions[0]!.id}`)).status).toBe(404);
    expect((await there.ask('DELETE', '/api/v1/me/sessions')).status).toBe(204);
    expect([await here.isIn(), await there.isIn()]).toEqual([false, false]);
  });

  it('with a changed password is closed everywhere else', async () => {
    const [here, there] = [new Browser('192.0.2.1'), new Browser('192.0.2.2')];
    for (const each of [here, there]) await each.signIn('cs');
    const change = (current: string, password: string) =>
      here.ask('POST', '/api/v1/me/password', { current, password });
    expect((await change('wrong one', 'a better horse')).status).toBe(403);
    expect((await change(PASSWORD, 'short')).status).toBe(400);
    expect((await change(PASSWORD, PASSWORD)).status).toBe(400);
    expect(await there.isIn()).toBe(true);
    expect((await change(PASSWORD, 'a better horse')).status).toBe(204);
    expect([await here.isIn(), await there.isIn()]).toEqual([true, false]);
    expect((await there.signIn('cs')).status).toBe(401);
    expect((await there.signIn('cs', 'a better horse')).status).toBe(204);
    expect(api.logged.join('')).not.toContain('horse');
  });

  it('can’t be guessed into through a session left open', async () => {
    const left = new Browser('192.0.2.8');
    await left.signIn('teacher3');
    const statuses = [];
    for (let tries = 0; tries < 12; tries++) {
      const body = { current: `guess ${tries}`, password: 'a better horse' };
      statuses.push((await left.ask('POST', '/api/v1/me/password', body)).status);
    }
    expect(statuses[0]).toBe(403);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('a closed account', () => {
  it('opens no more: not by session, token or password', async () => {
    const agent = new Browser('192.0.2.1');
    await agent.signIn('agent');
    const asMachine = () => api.ask('GET', '/api/v1/carriers', { token: TOKENS.agent });
    expect((await asMachine()).status).toBe(200);
    const close = (id: string, token = TOKENS.ops) =>
      api.ask('POST', `/api/v1/accounts/${id}/closing`, { token, body: { reason: '离职' } });
    expect((await close('agent', TOKENS.cs)).status).toBe(403);
    const closed = await close('agent');
    expect(closed.status).toBe(200);
    expect(await closed.json()).toMatchObject({ id: 'agent', closedAt: expect.any(String) as string });
    expect(await agent.isIn()).toBe(false);
    expect((await asMachine()).status).toBe(401);
    expect((await agent.signIn('agent')).status).toBe(401);
    expect((await close('ops')).status).toBe(409);
    expect((await close('nobody')).status).toBe(404);
    // Again is harmless.
    expect(await (await close('agent')).json()).toMatchObject({ id: 'agent' });
  });

  it('is found in the list of one’s own carriers alone', async () => {
    const list = async (query: string) =>
      ((await (await api.ask('GET', `/api/v1/accounts?${query}`, { token: TOKENS.ops })).json()) as { accounts: { id: string }[]; next?: string }); // prettier-ignore
    expect((await list('search=teacher3')).accounts).toMatchObject([{ id: 'teacher3', tenants: ['shanxi'] }]);
    const [first, second] = [await list('limit=1'), await list('limit=1&after=13900000001')];
    expect(first).toMatchObject({ accounts: [{ id: 'parent' }], next: '13900000001' });
    expect(second.accounts[0]!.id).not.toBe('parent');
    await db.pool.query(`update account set tenants = '{gansu}' where id = 'ops'`);
    expect((await list('search=teacher3')).accounts).toEqual([]);
    await db.pool.query(`update account set tenants = '{gansu,shanxi}' where id = 'ops'`);
  });
});

describe('a machine’s token', () => {
  const tokens = (token: string, query = '') => api.ask('GET', `/api/v1/tokens${query}`, { token });

  it('is made, listed, renewed with a day to take up the new one, and ended', async () => {
    const made = await api.ask('POST', '/api/v1/tokens', {
      token: TOKENS.ops,
      body: { accountId: 'csGansu', name: '客服系统', days: 30 },
    });
    expect(made.status).toBe(201);
    const first = (await made.json()) as { id: string; token: string };
    const { tokens: listed } = (await (await tokens(first.token)).json()) as {
      tokens: { id: string; name: string; current: boolean; expiresAt: string }[];
    };
    expect(listed.map(({ id, current }) => [id, current])).toContainEqual([first.id, true]);
    expect(Date.parse(listed[0]!.expiresAt) - Date.now()).toBeGreaterThan(29 * 86_400_000);

    const renewed = await api.ask('POST', `/api/v1/tokens/${first.id}/renewal`, { token: first.token });
    expect(renewed.status).toBe(201);
    const second = (await renewed.json()) as { id: string; token: string; name: string };
    expect(second.name).toBe('客服系统');
    expect([(await tokens(first.token)).status, (await tokens(second.token)).status]).toEqual([200, 200]);
    await db.pool.query(`update machine_token set expires_at = now() where expires_at < now() + interval '25 hours' and id = $1`, [first.id]); // prettier-ignore
    expect([(await tokens(first.token)).status, (await tokens(second.token)).status]).toEqual([401, 200]);

    expect((await api.ask('DELETE', `/api/v1/tokens/${second.id}`, { token: TOKENS.cs })).status).toBe(404);
    expect((await api.ask('DELETE', `/api/v1/tokens/${second.id}`, { token: second.token })).status).toBe(204);
    expect((await tokens(second.token)).status).toBe(401);
    expect(api.logged.join('')).not.toContain(first.token);
  });

  it('is nobody else’s to list or make, and there are ten at most', async () => {
    expect((await tokens(TOKENS.cs, '?accountId=ops')).status).toBe(404);
    const make = (body: object) => api.ask('POST', '/api/v1/tokens', { token: TOKENS.ops, body });
    expect((await make({ accountId: 'teacher', name: 'x' })).status).toBe(404);
    expect((await make({ name: 'x', days: 367 })).status).toBe(400);
    const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await make({ name: 'x' })).status));
    expect(statuses.filter((status) => status === 201)).toHaveLength(9);
    expect(statuses.filter((status) => status === 409)).toHaveLength(3);
  });

  it('of before it had an end lives for a year from the migration', async () => {
    const [up, down] = readFileSync('infra/postgres/migrations/0041_sign_in.sql', 'utf8').split('-- Down Migration');
    await db.pool.query(`delete from session; ${down}`);
    await db.pool.query(up!);
    expect((await tokens(TOKENS.cs)).status).toBe(200);
    const { rows } = await db.pool.query<{ days: number }>(
      `select extract(day from expires_at - now())::int as days from machine_token where account_id = 'cs'`,
    );
    expect(rows).toEqual([{ days: 364 }]);
  });
});
