import { afterAll, beforeAll, expect, it } from 'vitest';
import { insertRoster, startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

interface Schema {
  $ref?: string;
  type?: string;
  pattern?: string;
  format?: string;
  enum?: string[];
  properties?: Record<string, Schema>;
  schema?: Schema;
  in?: string;
  name?: string;
}
interface Operation {
  parameters?: Schema[];
  requestBody?: { content: { 'application/json'?: { schema: Schema } } };
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** Nobody writes these: they are chosen, or a file. */
const CHOSEN = ['tenant', 'package', 'csv'];
const UNSEEN = '\u202e\u200b\u3000\u2800';

let db: TestDatabase;
let api: TestApi;
let document: Document;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertRoster(db.pool);
  await db.pool.query(`
    insert into account (id, tenants, role, login, password_hash)
    select 'carrier', tenants, 'carrier-admin', 'carrier', password_hash from account where id = 'cs'`);
  api = await startApi({ pool: db.pool, signIn: { perLogin: 50, perAddress: 50 } });
  document = (await (await api.ask('GET', '/api/v1/openapi.json')).json()) as Document;
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

const resolved = (schema: Schema): Schema =>
  schema.$ref === undefined ? schema : document.components.schemas[schema.$ref.split('/').at(-1)!]!;

/** Every field of a request's body that takes any words. */
function writtenFields(): { method: string; path: string; field: string }[] {
  return Object.entries(document.paths).flatMap(([template, operations]) =>
    Object.entries(operations).flatMap(([method, { parameters = [], requestBody }]) => {
      const body = requestBody?.content['application/json']?.schema;
      const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
        const schema = parameters.find((each) => each.in === 'path' && each.name === name)?.schema ?? {};
        return schema.format === 'uuid' ? crypto.randomUUID() : '1';
      });
      return Object.entries(body ? (resolved(body).properties ?? {}) : {})
        .filter(([field, schema]) => !CHOSEN.includes(field) && takesWords(resolved(schema)))
        .map(([field]) => ({ method: method.toUpperCase(), path, field }));
    }),
  );
}

function takesWords({ type, pattern, format, enum: values }: Schema): boolean {
  return type === 'string' && pattern === undefined && format === undefined && values === undefined;
}

it('every field that people write in refuses what nobody can see, by its name', async () => {
  const cookies = [];
  for (const login of ['teacher', 'admin', 'parent', 'cs', 'agent', 'ops', 'carrier'])
    cookies.push(await api.signIn(login === 'parent' ? '13900000001' : login));
  const fields = writtenFields();
  expect(fields.map(({ field }) => field)).toEqual(expect.arrayContaining(['text', 'note', 'login']));
  for (const { method, path, field } of fields) {
    const answers = await Promise.all(
      cookies.map((cookie) => api.ask(method, path, { cookie, body: { [field]: UNSEEN } })),
    );
    const read = answers.find(({ status }) => status !== 403);
    expect(read?.status, `${method} ${path} ${field}`).toBe(400);
    const { errors } = (await read!.json()) as { errors: { field: string }[] };
    expect(
      errors.map((each) => each.field),
      `${method} ${path}`,
    ).toContain(field);
  }
});
