import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessWorld, WHO } from '../support/access-world.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

interface Operation {
  parameters?: { name: string; schema: { type?: string; pattern?: string; format?: string } }[];
  responses: Record<string, { content?: Record<string, unknown> }>;
}

let db: TestDatabase;
let api: TestApi;
let paths: Record<string, Record<string, Operation>>;
beforeAll(async () => {
  db = await createTestDatabase();
  await accessWorld(db.pool);
  await db.pool.query(`update trial set notice_1_at = now()`);
  api = await startApi({ pool: db.pool });
  ({ paths } = (await (await api.ask('GET', '/api/v1/openapi.json')).json()) as { paths: typeof paths });
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

const phone = '13900000001';
const boss = WHO['carrier-admin'];

describe('the document tells exactly', () => {
  it.each<[string, string, string, string, string, number]>([
    ['a page', 'get', '/api/v1/trials/{id}/notice', '/api/v1/trials/g1c1/notice', WHO.agent, 200],
    ['a file as JSON', 'get', '/api/v1/subscribers/{phone}/complaint-pack', `/api/v1/subscribers/${phone}/complaint-pack`, boss, 200], // prettier-ignore
    ['a file as a page', 'get', '/api/v1/subscribers/{phone}/complaint-pack', `/api/v1/subscribers/${phone}/complaint-pack?format=html`, boss, 200], // prettier-ignore
    ['figures', 'get', '/metrics', '/metrics', WHO.ops, 200],
    ['what is not ready', 'get', '/readyz', '/readyz', boss, 503],
    ['another carrier on paper', 'post', '/api/v1/billing/preview', '/api/v1/billing/preview', boss, 404],
    ['another carrier’s month', 'post', '/api/v1/billing/runs', '/api/v1/billing/runs', boss, 404],
    ['another carrier’s texts', 'get', '/api/v1/uncertain', '/api/v1/uncertain?tenant=atlantis', boss, 404],
    ['an unknown phone', 'get', '/api/v1/trace', '/api/v1/trace?phone=13999999999', boss, 404],
  ])('%s', async (_what, method, path, asked, token, status) => {
    const body = method === 'post' ? { tenant: 'shanxi', month: '2026-01' } : undefined;
    const response = await api.ask(method.toUpperCase(), asked, { token, body });
    expect(response.status).toBe(status);
    const told = paths[path]![method]!.responses[String(status)];
    expect(Object.keys(told?.content ?? {})).toContain(response.headers.get('content-type')!.split(';')[0]);
  });

  it('what numbers in paths and cursors look like', () => {
    const parameters = Object.values(paths).flatMap((path) =>
      Object.values(path).flatMap((each) => each.parameters ?? []),
    );
    const patterns = (name: string) => new Set(parameters.filter((each) => each.name === name).map(({ schema }) => schema.pattern)); // prettier-ignore
    expect(patterns('cursor')).toEqual(new Set(['^[A-Za-z0-9_-]{1,400}$']));
    expect(patterns('before')).toEqual(new Set(['^\\d{1,15}$']));
    expect(patterns('id')).toContain('^\\d{1,15}$');
    expect([...patterns('id')]).not.toContain('^\\d+$');
  });
});
