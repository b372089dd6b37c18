import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT_ROLES, type AccountRole } from '../../infra/postgres/accounts.ts';
import type { Whose } from '../../api/access.ts';
import { ROUTES } from '../support/access-routes.ts';
import { accessWorld, WHO, type Kind, type Things } from '../support/access-world.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

interface Operation {
  operationId: string;
  method: string;
  path: string;
  right: string | undefined;
}

let db: TestDatabase;
let api: TestApi;
let things: Record<Kind, Things>;
let operations: Operation[];
beforeAll(async () => {
  db = await createTestDatabase();
  things = await accessWorld(db.pool);
  api = await startApi({ pool: db.pool });
  const document = (await (await api.ask('GET', '/api/v1/openapi.json')).json()) as {
    paths: Record<string, Record<string, { operationId: string; 'x-may'?: string }>>;
  };
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, 'x-may': right }]) => ({ operationId, method, path, right })),
  );
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

const operation = (id: string) => operations.find(({ operationId }) => operationId === id)!;
async function ask(operationId: string, role: AccountRole, { path, body }: { path: string; body?: object }) {
  const method = operation(operationId).method.toUpperCase();
  const response = await api.ask(method, `/api/v1${path}`, { token: WHO[role], ...(body ? { body } : {}) });
  return { status: response.status, body: await response.text() };
}

/** Those of a kind that a role's reach leaves out. */
function outOf(reach: Whose, about: Kind, role: AccountRole): string[] {
  const { own, colleagues, schools, carriers } = things[about];
  if (reach === 'carriers') return carriers;
  if (reach === 'school') return [...schools, ...carriers];
  // A teacher reaches no school as a whole.
  return [...(about === 'school' && role === 'teacher' ? [own] : []), ...colleagues, ...schools, ...carriers];
}

const cases = Object.entries(ROUTES).flatMap(([id, walks]) =>
  walks.map((walk) => [id, walk.about ?? '', walk] as const),
);

describe('the table of who may do what', () => {
  it('is walked here for every route of the document that takes a session', () => {
    const open = ['signIn', 'signOut', 'health', 'readiness', 'metrics'];
    const ids = operations.map(({ operationId }) => operationId).filter((id) => !open.includes(id));
    expect(Object.keys(ROUTES).toSorted()).toEqual(ids.toSorted());
    expect(
      operations
        .filter(({ right }) => right === undefined)
        .map(({ operationId }) => operationId)
        .toSorted(),
    ).toEqual(open.toSorted());
  });

  it.each(ACCOUNT_ROLES)('tells %s of each right, and how far it reaches', async (role) => {
    const response = await api.ask('GET', '/api/v1/me', { token: WHO[role] });
    const me = (await response.json()) as { account: object; role: string; may: Record<string, string> };
    expect(me).toMatchObject({ account: { id: WHO[role], tenants: ['gansu'] }, role });
    for (const [id, , { may }] of cases) expect([id, me.may[operation(id).right!]]).toEqual([id, may[role]]);
  });

  it.each(cases)(
    '%s %s: who may not is refused, whatever it is about',
    async (id, _about, { may, about, ask: request }) => {
      for (const role of ACCOUNT_ROLES.filter((each) => may[each] === undefined)) {
        const ids = about ? [things[about].own, ...things[about].carriers, things[about].unknown] : [''];
        for (const each of ids) expect([role, (await ask(id, role, request(each, role))).status]).toEqual([role, 403]);
      }
      expect(
        (
          await api.ask(
            operation(id).method.toUpperCase(),
            `/api/v1${request(about ? things[about].own : '', 'ops').path}`,
          )
        ).status,
      ).toBe(401);
    },
  );

  it.each(cases)('%s %s: one answer to what is another’s and to what is nobody’s', async (id, _about, walk) => {
    const { may, about } = walk;
    if (!about) return;
    for (const [role, reach] of Object.entries(may) as [AccountRole, Whose][]) {
      const unknown = await ask(id, role, walk.ask(things[about].unknown, role));
      expect([role, unknown.status]).toEqual([role, 404]);
      for (const foreign of outOf(reach, about, role))
        expect([role, foreign, await ask(id, role, walk.ask(foreign, role))]).toEqual([role, foreign, unknown]);
    }
  });

  it.each(cases)('%s %s: who may is let through to what is theirs', async (id, _about, walk) => {
    const { may, about, own = walk.ask, ownElsewhere } = walk;
    if (ownElsewhere) return;
    for (const [role, reach] of Object.entries(may) as [AccountRole, Whose][]) {
      const { own: mine, colleagues, schools } = about ? things[about] : { own: '', colleagues: [], schools: [] };
      const reached = reach === 'carriers' ? [mine, ...schools] : reach === 'school' ? [mine, ...colleagues] : [mine];
      if (about && outOf(reach, about, role).includes(mine)) continue;
      for (const each of reached) {
        const { status, body } = await ask(id, role, own(each, role));
        expect([
          role,
          each,
          status,
          status < 400 || [409, 422, ...(walk.own ? [400] : [])].includes(status) ? '' : body,
        ]).toEqual([...[role, each, status, '']]);
      }
    }
  });
});
