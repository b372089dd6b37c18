import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertRoster, OPS_TOKEN, startApi, TOKENS, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertRoster(db.pool);
  await db.pool.query(
    `insert into pending (kind, tenant, key) values ('trial', 'gansu', 'a'), ('trial', 'shanxi', 'b')`,
  );
  api = await startApi({ pool: db.pool, allowedHosts: ['xxt.example.cn'] });
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

/** The status of a request under another name: fetch writes the Host header itself. */
function statusAs(host: string, headers: Record<string, string> = {}, path = '/healthz'): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(api.url);
    request({ hostname, port, path, headers: { host, ...headers } }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on('error', reject)
      .end();
  });
}

describe('the name the API is asked by', () => {
  it.each([
    ['127.0.0.1:8080', 200],
    ['localhost', 200],
    ['[::1]:80', 200],
    ['xxt.example.cn', 200],
    ['evil.example', 421],
    ['localhost.evil.example:8080', 421],
  ])('%s answers %i', async (host, status) => {
    expect(await statusAs(host)).toBe(status);
    expect(await statusAs(host, {}, '/')).toBe(status === 200 ? 404 : status);
  });

  it('is not what a page says of it beside', async () => {
    expect(await statusAs('evil.example', { 'x-forwarded-host': 'localhost' })).toBe(421);
  });
});

describe('how the platform is', () => {
  interface State {
    ready: boolean;
    parts?: { name: string; tenant: string | null }[];
    queues?: { tenant: string }[];
  }
  const readyz = async (token?: string) => {
    const response = await api.ask('GET', '/readyz', token === undefined ? {} : { token });
    return { status: response.status, body: (await response.json()) as State };
  };

  it('is told to anyone by its status alone', async () => {
    for (const token of [undefined, 'wrong', TOKENS.agent])
      expect(await readyz(token)).toEqual({ status: 503, body: { ready: false } });
    const cookie = await api.signIn('teacher');
    expect(await (await api.ask('GET', '/readyz', { cookie })).json()).toEqual({ ready: false });
  });

  it('is told part by part to staff, of their own carriers, and whole to the bearer of OPS_TOKEN', async () => {
    const { body: own } = await readyz(TOKENS.csGansu);
    expect(own.parts!.map(({ name }) => name)).toEqual(['postgres', 'temporal', 'reader-link/gansu/0']);
    expect(own.queues!.map(({ tenant }) => tenant)).toEqual(['gansu']);
    for (const token of [TOKENS.cs, OPS_TOKEN])
      expect((await readyz(token)).body.queues!.map(({ tenant }) => tenant)).toEqual(['gansu', 'shanxi']);
  });

  it('in figures is told to ops and the bearer of OPS_TOKEN', async () => {
    const metrics = async (token?: string) => (await api.ask('GET', '/metrics', token === undefined ? {} : { token })).status; // prettier-ignore
    expect([await metrics(), await metrics('wrong'), await metrics(TOKENS.cs)]).toEqual([401, 401, 403]);
    expect([await metrics(TOKENS.ops), await metrics(OPS_TOKEN)]).toEqual([200, 200]);
  });

  it('has as many figures, whatever is asked', async () => {
    const scrape = async () => (await api.ask('GET', '/metrics', { token: OPS_TOKEN })).text();
    const series = (text: string) => text.split('\n').filter((line) => line.startsWith('campusline_http')).length;
    const fuzz = async (from: number) => {
      for (const method of ['GET', 'PROPFIND', 'M-SEARCH', 'UNLOCK', 'TRACE', 'PURGE', 'REPORT'])
        for (let i = from; i < from + 20; i++)
          await new Promise<void>((resolve, reject) => {
            const { hostname, port } = new URL(api.url);
            const path = i % 2 ? `/api/v1/messages/${i}` : `/x${i}`;
            request({ hostname, port, path, method }, (response) => response.resume().on('end', resolve)).on('error', reject).end(); // prettier-ignore
          });
      return series(await scrape());
    };
    const once = await fuzz(0);
    expect(await fuzz(1000)).toBe(once);
    const text = await scrape();
    expect(text).not.toContain('PROPFIND');
    expect(text.length).toBeLessThan(100_000);
  });
});
