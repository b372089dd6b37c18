import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT_ROLES, type AccountRole } from '../../infra/postgres/accounts.ts';
import type { Whose } from '../../api/access.ts';
import { accessWorld, WHO, type Kind, type Things } from '../support/access-world.ts';
import { startApi, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** A request about a thing by its id; where there is none the id is ignored. */
interface Walk {
  may: Partial<Record<AccountRole, Whose>>;
  about?: Kind;
  ask: (id: string, role: AccountRole) => { path: string; body?: object };
  /** Asked of what is one's own instead, where that would go on for long. */
  own?: Walk['ask'];
  /** What is one's own is asked for where the route has its own tests: it is a session, a token or a password. */
  ownElsewhere?: true;
}

const school = { teacher: 'classes', 'school-admin': 'school' } as const;
const ownMessages = { teacher: 'own', 'school-admin': 'school' } as const;
const support = { 'customer-service': 'carriers', 'carrier-admin': 'carriers', ops: 'carriers' } as const;
const principal = { 'school-admin': 'school' } as const;
const clerks = { agent: 'carriers', 'customer-service': 'carriers' } as const;
const helpers = { 'customer-service': 'carriers', 'carrier-admin': 'carriers' } as const;
const order = { package: 'home-school', action: 'cancel' };
const CHANNEL: Partial<Record<AccountRole, string>> = { parent: 'web', 'carrier-admin': 'admin' };
const channelOf = (role: AccountRole) => CHANNEL[role] ?? role;
const message = { kind: 'notice', text: '请带跳绳' };
const note = '问过运营商';

const everybody = { teacher: 'own', 'school-admin': 'own', parent: 'own', agent: 'carriers', ...support } as const;
const holders = { agent: 'own', 'customer-service': 'own', 'carrier-admin': 'own', ops: 'own' } as const;
const closers = { 'carrier-admin': 'carriers', ops: 'carriers' } as const;

/** What each role may ask for and how far, as the spec's §1 and §11 have it; every route of the document is here. */
const ROUTES: Record<string, Walk[]> = {
  me: [{ may: everybody, ask: () => ({ path: '/me' }) }],
  listOwnSessions: [{ may: everybody, ask: () => ({ path: '/me/sessions' }) }],
  signOutEverywhere: [{ may: everybody, ask: () => ({ path: '/me/sessions' }) }],
  endOwnSession: [
    { may: everybody, about: 'session', ask: (id) => ({ path: `/me/sessions/${id}` }), ownElsewhere: true },
  ],
  changePassword: [
    {
      may: everybody,
      ask: () => ({ path: '/me/password', body: { current: 'x', password: 'long enough' } }),
      ownElsewhere: true,
    },
  ],
  listTokens: [{ may: holders, ask: () => ({ path: '/tokens' }) }],
  makeToken: [{ may: holders, ask: () => ({ path: '/tokens', body: { name: 'walk' } }) }],
  renewToken: [{ may: holders, about: 'token', ask: (id) => ({ path: `/tokens/${id}/renewal` }), ownElsewhere: true }],
  endToken: [{ may: holders, about: 'token', ask: (id) => ({ path: `/tokens/${id}` }), ownElsewhere: true }],
  listAccounts: [{ may: closers, ask: () => ({ path: '/accounts' }) }],
  closeAccount: [
    { may: closers, about: 'account', ask: (id) => ({ path: `/accounts/${id}/closing`, body: { reason: '离职' } }) },
  ],
  listAudit: [{ may: { 'carrier-admin': 'carriers' }, ask: () => ({ path: '/audit' }) }],
  listUnusualLooks: [{ may: { 'carrier-admin': 'carriers' }, ask: () => ({ path: '/audit/unusual' }) }],
  listClasses: [{ may: school, ask: () => ({ path: '/classes' }) }],
  demoMessage: [{ may: school, about: 'class', ask: (id) => ({ path: `/classes/${id}/demo-message` }) }],
  sendMessage: (['class', 'student', 'school'] as const).map((about) => ({
    may: school,
    about,
    ask: (id) => ({
      path: '/messages',
      body: { ...message, audience: about === 'school' ? { schoolId: id } : { [`${about}Ids`]: [id] } },
    }),
  })),
  listMessages: [{ may: ownMessages, ask: () => ({ path: '/messages' }) }],
  messageProgress: [
    { may: { ...ownMessages, ...support }, about: 'message', ask: (id) => ({ path: `/messages/${id}` }) },
  ],
  cancelMessage: [{ may: ownMessages, about: 'message', ask: (id) => ({ path: `/messages/${id}/cancel` }) }],
  listTeachers: [{ may: principal, ask: () => ({ path: '/teachers' }) }],
  giveGrant: [
    { may: principal, about: 'teacher', ask: (id) => ({ path: '/grants', body: { teacherId: id } }) },
    { may: principal, about: 'class', ask: (id) => ({ path: '/grants', body: { teacherId: 'tg1', classId: id } }) },
  ],
  takeGrant: [{ may: principal, about: 'grant', ask: (id) => ({ path: `/grants/${id}` }) }],
  school: [{ may: principal, ask: () => ({ path: '/school' }) }],
  configureSchool: [{ may: principal, about: 'teacher', ask: (id) => ({ path: '/school', body: { answersTo: id } }) }],
  trace: [
    {
      may: { parent: 'own', ...school, ...support },
      about: 'phone',
      ask: (phone) => ({ path: `/trace?phone=${phone}` }),
    },
  ],
  listReaders: [{ may: { teacher: 'school', ...principal, ...support }, ask: () => ({ path: '/readers' }) }],
  listQuarantined: [
    { may: { teacher: 'school', ...principal, ...support }, ask: () => ({ path: '/readers/quarantine' }) },
  ],
  listTrials: [{ may: { ...school, agent: 'carriers', ...support }, ask: () => ({ path: '/trials' }) }],
  trial: [
    { may: { ...school, agent: 'carriers', ...support }, about: 'trial', ask: (id) => ({ path: `/trials/${id}` }) },
  ],
  decideTrial: [
    {
      may: principal,
      about: 'trial',
      ask: (id) => ({ path: `/trials/${id}/approval`, body: { decision: 'approved' } }),
    },
  ],
  recordSlip: [
    {
      may: clerks,
      about: 'trial',
      ask: (id) => ({ path: `/trials/${id}/slips`, body: { phone: '13900000001', answer: 'yes', slip: 'R1' } }),
    },
    {
      may: clerks,
      about: 'phone',
      ask: (phone) => ({ path: '/trials/g1c1/slips', body: { phone, answer: 'yes', slip: 'R1' } }),
    },
  ],
  recordOpinion: [
    {
      may: { ...school, ...clerks },
      about: 'trial',
      ask: (id) => ({ path: `/trials/${id}/opinions`, body: { text: '好' } }),
    },
  ],
  printNotice: [{ may: { ...principal, ...clerks }, about: 'trial', ask: (id) => ({ path: `/trials/${id}/notice` }) }],
  listTrialReports: [
    {
      may: { ...principal, ...clerks, 'carrier-admin': 'carriers' },
      about: 'trial',
      ask: (id) => ({ path: `/trials/${id}/reports` }),
    },
  ],
  printTrialReport: [
    {
      may: { ...principal, ...clerks, 'carrier-admin': 'carriers' },
      about: 'trial',
      ask: (id) => ({ path: `/trials/${id}/reports/1` }),
      // There is no report yet.
      own: (id) => ({ path: `/trials/${id}/reports` }),
    },
  ],
  listCarriers: [{ may: { agent: 'carriers', ...support }, ask: () => ({ path: '/carriers' }) }],
  order: [
    {
      may: { parent: 'own', agent: 'carriers', ...helpers },
      about: 'phone',
      ask: (phone, role) => ({ path: '/orders', body: { ...order, phone, channel: channelOf(role) } }),
    },
    {
      may: { parent: 'own', agent: 'carriers', ...helpers },
      about: 'tenant',
      ask: (tenant, role) => ({
        path: '/orders',
        body: { ...order, phone: '13900000001', tenant, channel: channelOf(role) },
      }),
    },
  ],
  subscriber: [
    { may: { parent: 'own', ...helpers }, about: 'phone', ask: (phone) => ({ path: `/subscribers/${phone}` }) },
  ],
  chargesOfSubscriber: [
    { may: helpers, about: 'phone', ask: (phone) => ({ path: `/subscribers/${phone}/charges?tenant=gansu` }) },
    { may: helpers, about: 'tenant', ask: (id) => ({ path: `/subscribers/13900000001/charges?tenant=${id}` }) },
  ],
  complaintPack: [{ may: helpers, about: 'phone', ask: (phone) => ({ path: `/subscribers/${phone}/complaint-pack` }) }],
  explainCharge: [{ may: helpers, about: 'charge', ask: (id) => ({ path: `/charges/${id}/explanation` }) }],
  listHeldRefunds: [{ may: helpers, ask: () => ({ path: '/refunds' }) }],
  decideRefund: [
    {
      may: helpers,
      about: 'charge',
      ask: (id) => ({ path: `/charges/${id}/refund-decision`, body: { release: false, note } }),
      ownElsewhere: true,
    },
  ],
  listBillingRuns: [{ may: support, ask: () => ({ path: '/billing/runs' }) }],
  runBilling: [
    {
      may: { 'carrier-admin': 'carriers' },
      about: 'tenant',
      ask: (tenant) => ({ path: '/billing/runs', body: { tenant, month: '2026-01' } }),
      // It would run.
      ownElsewhere: true,
    },
  ],
  previewBilling: [
    {
      may: support,
      about: 'tenant',
      ask: (tenant) => ({ path: '/billing/preview', body: { tenant, month: '2026-03' } }),
    },
  ],
  backtestTariff: [
    {
      may: support,
      about: 'tenant',
      ask: (tenant) => ({
        path: '/billing/backtest',
        body: { tenant, from: '2026-03', to: '2026-03', profile: {} },
      }),
    },
  ],
  chargeFile: [{ may: { 'carrier-admin': 'carriers' }, about: 'file', ask: (id) => ({ path: `/billing/${id}` }) }],
  uploadResults: [
    {
      may: { 'carrier-admin': 'carriers' },
      about: 'file',
      ask: (id) => ({ path: `/billing/${id}/results`, body: { csv: 'x' } }),
      // The engine is not asked.
      own: (id) => ({ path: `/billing/${id}/results`, body: { csv: '' } }),
    },
  ],
  listUncertain: [{ may: support, about: 'tenant', ask: (tenant) => ({ path: `/uncertain?tenant=${tenant}` }) }],
  decideUncertain: [
    {
      may: support,
      about: 'text',
      ask: (id) => ({ path: `/uncertain/${id}/decision`, body: { as: 'delivered', note } }),
    },
  ],
  decideManyUncertain: [
    {
      may: support,
      about: 'tenant',
      ask: (tenant) => ({
        path: '/uncertain/decisions',
        body: { tenant, before: '2026-01-01T00:00:00Z', as: 'delivered', note },
      }),
    },
  ],
  listQuarantinedPdus: [
    { may: { 'carrier-admin': 'carriers', ops: 'carriers' }, ask: () => ({ path: '/smpp-quarantine' }) },
  ],
};

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
