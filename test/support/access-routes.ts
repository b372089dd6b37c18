import type { Whose } from '../../api/access.ts';
import type { AccountRole } from '../../infra/postgres/accounts.ts';
import type { Kind } from './access-world.ts';

/** A request about a thing by its id; where there is none the id is ignored. */
export interface Walk {
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
export const ROUTES: Record<string, Walk[]> = {
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
