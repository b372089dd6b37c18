import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertRoster, startApi, TOKENS, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: object;
}
interface FieldProblem {
  status: number;
  errors: { field: string }[];
}

/** A request that is right, for each operation that wants more than a session: what is put wrong is one thing of it. */
const PATH: Record<string, string> = { phone: '13900000001', tenant: 'gansu', number: '1', id: '1' };
const QUERY: Record<string, string> = { phone: '13900000001', tenant: 'gansu' };
const BODIES: Record<string, unknown> = {
  signIn: { login: 'nobody', password: 'guess' },
  sendMessage: { kind: 'homework', audience: { classIds: ['g1c1'] }, text: '请带跳绳', sendAt: '2026-11-30T08:00:00Z' },
  order: {
    ...{ phone: '13900000001', package: 'home-school', action: 'cancel', channel: 'customer-service', tenant: 'gansu' },
    ...{ at: '2026-11-01T00:00:00Z', note: '家长来电', slip: 'A-1' },
  },
  runBilling: { tenant: 'gansu', month: '2026-01' },
  uploadResults: { csv: '行号' },
  previewBilling: { tenant: 'gansu', month: '2026-01', limit: 1 },
  backtestTariff: {
    ...{ tenant: 'gansu', from: '2026-01', to: '2026-02', limit: 1 },
    profile: {
      packages: [{ id: 'home-school', name: 'x', services: ['home-school'], fen: 1, period: 'month' }],
      firstOrder: { fromDay: 1, untilDay: 21, waiverHours: 72 },
      freeMonths: [2],
      trial: { months: 1, answerDays: 7 },
      effectiveFrom: '2020-01-01T00:00:00Z',
    },
  },
  decideTrial: { decision: 'approved', note: 'x' },
  recordSlip: { phone: '13900000001', answer: 'yes', package: 'home-school', slip: 'A-1' },
  recordOpinion: { text: 'x' },
  giveGrant: { teacherId: 'tg1', classId: 'g1c1' },
  configureSchool: { answersTo: 'homeroom' },
  changePassword: { current: 'guess guess', password: 'another guess' },
  makeToken: { accountId: 'agent', name: 'x', days: 1 },
  closeAccount: { reason: 'x' },
  decideRefund: { release: true, note: 'x' },
  decideUncertain: { as: 'delivered', note: 'x' },
  decideManyUncertain: { tenant: 'gansu', as: 'delivered', note: 'x', before: '2026-01-01T00:00:00Z', limit: 1 },
};

const cursorOf = (place: unknown) => Buffer.from(JSON.stringify(place)).toString('base64url');
const BAD_CURSORS: unknown[] = [
  ['0000-01-01T00:00:00Z', '1'],
  ['2026-02-30T00:00:00Z', '1'],
  ['2026-01-01T00:00:00+23:59', '1'],
  [`2026-01-01T00:00:00.${'9'.repeat(200)}Z`, '1'],
  ['2026-01-01T00:00:00Z', '\0'],
  ['2026-01-01T00:00:00Z', 'sms/\0'],
  ['2026-01-01T00:00:00Z', '\ud800'],
  ['2026-01-01T00:00:00Z', '9'.repeat(30)],
  ['2026-01-01T00:00:00Z', 1],
  ['2026-01-01T00:00:00Z'],
  { length: 2 },
  null,
];
/** As they stand in an address. */
const WRONG_IN_ADDRESS = [
  ...[
    'x',
    '',
    '%20',
    '-1',
    '0',
    '1e3',
    '0x10',
    '1.5',
    '9'.repeat(30),
    '9'.repeat(15),
    "'%20or%201=1",
    '__proto__',
    '%2e',
  ],
  ...[
    '%00',
    'a%00b',
    '%FF',
    '%ED%A0%80',
    '%F0%9F%98',
    '%E2%80%AE',
    'x'.repeat(5000),
    '2026-02-30',
    '2026-13',
    '9999-12',
  ],
  ...['0000-01-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-01-01T25:00:00Z', '9999-12-31T23:59:59-23:59', '+08:00'],
  ...BAD_CURSORS.map(cursorOf),
];
/** As JSON has them: numbers no double holds, halves of characters. */
const WRONG_IN_BODY = [
  ...[
    'null',
    'true',
    '-1',
    '0',
    '1e400',
    '9007199254740993',
    '1.5',
    '""',
    '"x"',
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udc00x"',
  ],
  ...['[]', '{}', '[null]', '{"__proto__":1}', '"__proto__"', '"0000-01-01T00:00:00Z"', '"2026-02-30T00:00:00Z"'],
  ...['"9999-12"', '"1000-01"', '"2026-1"', `"${'长'.repeat(2000)}"`],
];

/** Some thousand requests one after the other: half a minute, and more where others are at work. */
const SLOW_MS = 300_000;

let db: TestDatabase;
let api: TestApi;
type Asked = Operation & { method: string; path: string };
let operations: Asked[];
/** Who of `callers` turned out to be one who may. */
const mayAsk = new Map<string, { token?: string; cookie?: string }>();
let callers: { token?: string; cookie?: string }[];
beforeAll(async () => {
  db = await createTestDatabase();
  await insertRoster(db.pool);
  api = await startApi({ pool: db.pool });
  const { paths } = (await (await api.ask('GET', '/api/v1/openapi.json')).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );
  callers = [{ token: TOKENS.cs }, { token: TOKENS.agent }, { cookie: await api.signIn('admin') }];
  await db.pool.query(`update account set role = 'carrier-admin' where id = 'ops'`);
  callers.push({ token: TOKENS.ops });
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

/** `body` as JSON with each of its values in turn replaced by `wrong`, which is JSON too, and may be what no value is. */
function spoilt(body: unknown, wrong: string): string[] {
  const places = (value: unknown): string[][] =>
    typeof value !== 'object' || value === null
      ? [[]]
      : [[], ...Object.entries(value).flatMap(([name, inner]) => places(inner).map((rest) => [name, ...rest]))];
  return places(body).map((place) => {
    const copy = { body: structuredClone(body) } as Record<string, unknown>;
    const at = ['body', ...place];
    const holder = at.slice(0, -1).reduce((inner, name) => inner[name] as Record<string, unknown>, copy);
    holder[at.at(-1)!] = '<wrong>';
    return JSON.stringify(copy['body']).replace('"<wrong>"', () => wrong);
  });
}

/** Asks as each in turn until somebody may; nobody's question may end in a fault of ours. */
async function ask({ operationId, method }: Asked, path: string, body?: string): Promise<Response> {
  let response!: Response;
  const first = mayAsk.get(operationId);
  for (const caller of first ? [first] : callers) {
    response = await api.ask(method, path, { ...caller, ...(body === undefined ? {} : { body }) });
    if (response.status === 403) continue;
    mayAsk.set(operationId, caller);
    break;
  }
  const shown = `${method} ${path.slice(0, 200)} ${body?.slice(0, 300) ?? ''}`;
  expect(response.status, shown).not.toBe(500);
  if (response.status === 400) {
    const { errors } = (await response.clone().json()) as FieldProblem;
    expect(errors, `${shown} names a field`).not.toEqual([]);
  }
  return response;
}

function pathOf(path: string, wrong: Record<string, string> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_all, name: string) => wrong[name] ?? PATH[name]!);
}

const queryOf = (of: Operation, wrong?: [name: string, value: string]) =>
  (of.parameters ?? [])
    .filter(({ in: where, name, required }) => where === 'query' && (required || name === wrong?.[0]))
    .map(({ name }) => `${name}=${name === wrong?.[0] ? wrong[1] : QUERY[name]}`)
    .join('&');

describe('whatever is wrong in a request', () => {
  it('in a path or query is told, and never a fault of ours', { timeout: SLOW_MS }, async () => {
    for (const each of operations) {
      for (const { name, in: where } of each.parameters ?? []) {
        for (const wrong of where === 'header' ? [] : WRONG_IN_ADDRESS) {
          const path = where === 'path' ? pathOf(each.path, { [name]: wrong || 'x' }) : pathOf(each.path);
          const query = queryOf(each, where === 'query' ? [name, wrong] : undefined);
          await ask(each, `${path}?${query}`, each.requestBody && JSON.stringify(BODIES[each.operationId]));
        }
      }
    }
  });

  it('in a body is told, and never a fault of ours', { timeout: SLOW_MS }, async () => {
    const withBody = operations.filter(({ requestBody }) => requestBody);
    expect(Object.keys(BODIES).sort()).toEqual(withBody.map(({ operationId }) => operationId).sort());
    for (const each of withBody) {
      for (const wrong of WRONG_IN_BODY)
        for (const body of spoilt(BODIES[each.operationId], wrong)) await ask(each, pathOf(each.path), body);
      await ask(each, pathOf(each.path), '['.repeat(100_000) + ']'.repeat(100_000));
    }
  });

  it.each<[string, string, string]>([
    ['/api/v1/messages?cursor=', cursorOf(['0000-01-01T00:00:00Z', crypto.randomUUID()]), 'cursor'],
    ['/api/v1/trace?phone=13900000001&cursor=', cursorOf(['2026-01-01T00:00:00Z', 'sms/\0']), 'cursor'],
    ['/api/v1/trials?cursor=', cursorOf(['2026-01-01T00:00:00Z', '\0']), 'cursor'],
    ['/api/v1/uncertain?cursor=', cursorOf(['2026-01-01T00:00:00+23:59', '1']), 'cursor'],
    ['/api/v1/subscribers/13900000001/charges?tenant=gansu&cursor=', cursorOf(['0000-01-01T00:00:00Z', '1']), 'cursor'],
    ['/api/v1/readers/quarantine?before=', '1e3', 'before'],
    ['/api/v1/smpp-quarantine?before=', '9'.repeat(30), 'before'],
    ['/api/v1/trace?phone=13900000001&from=', '2026-02-30T00:00:00Z', 'from'],
    ['/api/v1/charges/', '99999999999999999999/explanation', 'id'],
    ['/api/v1/trials?limit=', '%FF', 'query'],
  ])('%s%s names %s', async (path, wrong, field) => {
    const caller = path.includes('/messages') ? callers[2]! : callers[3]!;
    const response = await api.ask('GET', path + wrong, caller);
    expect(response.status).toBe(400);
    expect(((await response.json()) as FieldProblem).errors.map((each) => each.field)).toEqual([field]);
  });

  it.each<[string, object, string]>([
    ['a month that is none', { from: 'x' }, 'from'],
    ['more than any price', { profile: { packages: [{ id: 'a', name: 'a', services: ['home-school'], fen: 9e15, period: 'month' }] } }, 'profile.packages.0.fen'], // prettier-ignore
    ['hours beyond all time', { profile: { firstOrder: { fromDay: 1, untilDay: 21, waiverHours: 9e15 } } }, 'profile.firstOrder.waiverHours'], // prettier-ignore
  ])('a backtest with %s names it', async (_what, wrong, field) => {
    const body = { tenant: 'gansu', from: '2026-01', to: '2026-02', profile: {}, ...wrong };
    const response = await api.ask('POST', '/api/v1/billing/backtest', { token: TOKENS.cs, body });
    expect(response.status).toBe(400);
    expect(((await response.json()) as FieldProblem).errors.map((each) => each.field)).toEqual([field]);
  });
});

describe('a body that is not UTF-8', () => {
  const send = (body: Uint8Array<ArrayBuffer>, type = 'application/json') =>
    fetch(`${api.url}/api/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': type, cookie: callers[2]!.cookie! },
      body,
    });
  const message = (text: Uint8Array) =>
    Uint8Array.from(
      Buffer.concat([
        Buffer.from('{"kind":"homework","audience":{"classIds":["g1c1"]},"text":"'),
        text,
        Buffer.from('"}'),
      ]),
    );

  it.each<[string, number[]]>([
    ['GBK', [0xc7, 0xeb, 0xb4, 0xf8]],
    ['a stray continuation', [0x80]],
    ['half a character', [0xe8, 0xaf]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
  ])('but has %s is refused, and nothing stored', async (_what, bytes) => {
    const before = await db.pool.query('select from message');
    const response = await send(message(Uint8Array.from(bytes)));
    expect(response.status).toBe(400);
    expect(((await response.json()) as FieldProblem).errors).toMatchObject([{ field: 'body' }]);
    expect((await db.pool.query('select from message')).rowCount).toBe(before.rowCount);
  });

  it('or says it is another encoding is refused', async () => {
    const body = Uint8Array.from(Buffer.from('﻿{}', 'utf16le'));
    expect((await send(body, 'application/json; charset=utf-16')).status).toBe(415);
  });

  it('half a surrogate pair by its escape is refused where it stands', async () => {
    const body = '{"kind":"homework","audience":{"classIds":["g1c1"]},"text":"a\\ud83d"}';
    const response = await send(Uint8Array.from(Buffer.from(body)));
    expect(((await response.json()) as FieldProblem).errors).toMatchObject([{ field: 'text' }]);
  });
});
