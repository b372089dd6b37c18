import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { MESSAGES, noShameWorld, phoneOf } from '../support/no-shame-world.ts';

/** Two schools alike but for which of two families pays (docs/decisions/0003-no-shame-list.md). */
const worlds: { db: TestDatabase; api: TestApi }[] = [];
let operations: { method: string; path: string; right: string }[];
beforeAll(async () => {
  for (const pays of [1, 2] as const) {
    const db = await createTestDatabase();
    await noShameWorld(db.pool, pays);
    worlds.push({ db, api: await startApi({ pool: db.pool }) });
  }
  const document = (await (await worlds[0]!.api.ask('GET', '/api/v1/openapi.json')).json()) as {
    paths: Record<string, Record<string, { 'x-may'?: string }>>;
  };
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { 'x-may': right = '' }]) => ({ method, path, right })),
  );
});
afterAll(async () => {
  for (const { db, api } of worlds) {
    await api.close();
    await db.drop();
  }
});

interface Asked {
  method?: string;
  path: string;
  body?: object;
}

/** What each world answers: status and body, times taken out. */
async function answers(token: string, { method = 'GET', path, body }: Asked): Promise<string[]> {
  const said: string[] = [];
  for (const { api } of worlds) {
    const response = await api.ask(method, path, { token, ...(body ? { body } : {}) });
    const text = await response.text();
    said.push(`${response.status} ${text.replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*Z?/g, 'TIME')}`);
  }
  return said;
}

const SCHOOL = ['teacher', 'principal'];
const trials = ['tried', 'late:2', 'later:2'];
const LOOKS: Asked[] = [
  ...[
    '/me',
    '/me/sessions',
    '/classes',
    '/messages',
    '/readers',
    '/readers/quarantine',
    '/trials',
    '/teachers',
    '/school',
  ],
  ...MESSAGES.map(({ id }) => `/messages/${id}`),
  ...[1, 2, 5, 6].map((n) => `/trace?phone=${phoneOf('paid', n)}&from=2026-01-01T00:00:00Z`),
  ...[phoneOf('one', 1), phoneOf('two', 1), phoneOf('late', 6), phoneOf('later', 6)].map(
    (phone) => `/trace?phone=${phone}`,
  ),
  ...trials.flatMap((id) => ['', '/notice', '/reports', '/reports/1'].map((rest) => `/trials/${id}${rest}`)),
].map((path) => ({ path: `/api/v1${path}` }));
/** What may be done, and its refusals. */
const DEEDS: Asked[] = [
  ...trials.map((id) => ({ path: `/trials/${id}/approval`, body: { decision: 'approved' } })),
  ...trials.map((id) => ({ path: `/trials/${id}/opinions`, body: { text: '好' } })),
  ...['paid', 'one', 'two'].map((id) => ({ path: `/classes/${id}/demo-message` })),
  ...MESSAGES.filter(({ name }) => name !== 'school').map(({ id }) => ({ path: `/messages/${id}/cancel` })),
].map(({ path, ...rest }) => ({ method: 'POST', path: `/api/v1${path}`, ...rest }));

const patternOf = (path: string) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/?]+')}(\\?.*)?$`);

describe('which family pays', () => {
  it('is looked for in everything a school may look at or do', async () => {
    const rights = new Set<string>();
    for (const token of SCHOOL) {
      const me = await worlds[0]!.api.ask('GET', '/api/v1/me', { token });
      Object.keys(((await me.json()) as { may: object }).may).forEach((right) => rights.add(right));
    }
    // Asked elsewhere: sending answers with an id alone, the rest is about teachers and the own account.
    const elsewhere = [
      ...['POST /api/v1/messages', 'POST /api/v1/grants', 'DELETE /api/v1/grants/{id}', 'PUT /api/v1/school'],
      ...['DELETE /api/v1/me/sessions', 'DELETE /api/v1/me/sessions/{id}', 'POST /api/v1/me/password'],
    ];
    const asked = [...LOOKS, ...DEEDS].map(({ method = 'GET', path }) => ({ method, path }));
    const missing = operations
      .filter(({ right }) => rights.has(right))
      .filter(({ method, path }) => !elsewhere.includes(`${method.toUpperCase()} ${path}`))
      .filter(
        (each) =>
          !asked.some(({ method, path }) => method === each.method.toUpperCase() && patternOf(each.path).test(path)),
      );
    expect(missing).toEqual([]);
  });

  it.each(SCHOOL)('changes nothing that the %s is shown', async (token) => {
    for (const look of LOOKS) {
      const [one, other] = await answers(token, look);
      expect([look.path, other]).toEqual([look.path, one]);
    }
  });

  it('is told to 10086 and the agent', async () => {
    const differ = async (token: string, path: string) => {
      const [one, other] = await answers(token, { path: `/api/v1${path}` });
      expect([path, one !== other]).toEqual([path, true]);
    };
    for (const name of ['one child', 'the other child', 'all but one', 'a class of one'])
      await differ('cs', `/messages/${MESSAGES.find((each) => each.name === name)!.id}`);
    await differ('cs', `/trace?phone=${phoneOf('paid', 1)}&from=2026-01-01T00:00:00Z`);
    await differ('cs', '/trials/late:2');
    await differ('agent', '/trials/tried');
    await differ('agent', '/trials/tried/notice');
  });

  it('is told in numbers of whole classes, added up class by class', async () => {
    const fates = await Promise.all(
      MESSAGES.filter(({ state }) => state === 'sent').map(async ({ name, id }) => {
        const response = await worlds[0]!.api.ask('GET', `/api/v1/messages/${id}`, { token: 'teacher' });
        const { counts, counted } = (await response.json()) as { counts: Record<string, number>; counted: boolean };
        return [name, counted, counts['failed'], counts['suppressed']];
      }),
    );
    expect(fates).toEqual([
      ['class', true, 6, 2],
      ['class and a class of one', true, 6, 2],
      ['class and the class of the other', true, 6, 2],
      ['one child', false, 0, 0],
      ['the other child', false, 0, 0],
      ['all but one', false, 0, 0],
      ['all but the other', false, 0, 0],
      ['a class of one', false, 0, 0],
      ['the class of the other', false, 0, 0],
      // The class on trial, and two of five that pay and one that does or does not.
      ['school', true, 6 + 7 + 11, 2 + 1 + 1],
    ]);
  });

  it('is told of a trial in numbers of enough families', async () => {
    const { api } = worlds[0]!;
    for (const [id, families] of [
      ['tried', { unanswered: 1, declined: 1, 'awaiting-order': 6 }],
      ['late:2', null],
    ] as const) {
      const trial = (await (await api.ask('GET', `/api/v1/trials/${id}`, { token: 'principal' })).json()) as object;
      expect(trial).toMatchObject({ id, families });
    }
    const report = await api.ask('GET', '/api/v1/trials/tried/reports/1', { token: 'principal' });
    expect(await report.text()).toContain('8户');
  });

  it('hands every family of the class the same slip', async () => {
    const page = await (await worlds[0]!.api.ask('GET', '/api/v1/trials/tried/notice', { token: 'principal' })).text();
    expect(page.match(/class="slip"/g)).toHaveLength(8);
    expect(page).toContain('已经订制或答复过的，不必交回');
  });

  // Last: it changes what is so.
  it.each(SCHOOL)('changes nothing in what the %s may do', async (token) => {
    for (const deed of DEEDS) {
      const [one, other] = await answers(token, deed);
      expect([deed.path, other]).toEqual([deed.path, one]);
    }
  });
});
