import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import { createApp, type ApiDeps } from '../../api/app.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { hashPassword, tokenHash } from '../../infra/secrets.ts';
import type { Pool } from '../../infra/postgres/pool.ts';

export const PASSWORD = 'correct horse';
/** Sees how the platform is, whoever is in the roster. */
export const OPS_TOKEN = 'token-of-whoever-runs-it';
/** Bearer tokens of the roster's machines, by account id. */
export const TOKENS = {
  cs: 'token-of-customer-service',
  csGansu: 'token-of-gansu',
  agent: 'token-of-agent',
  ops: 'token-of-ops',
};

/**
 * Two schools of gansu (g1 primary, g2 kindergarten) and one of shanxi (s1 senior). Student x of g1 has the guardian of
 * 13900000001, who is also y's of g2; 13900000003 is known in both carriers.
 */
export async function insertRoster(pool: Pool): Promise<void> {
  const password = await hashPassword(PASSWORD);
  await pool.query(`
    insert into school (id, tenant, name, kind) values
      ('g1', 'gansu', '一小', 'primary'), ('g2', 'gansu', '二幼', 'kindergarten'), ('s1', 'shanxi', '三中', 'senior');
    insert into teacher (id, tenant, school_id, name, phone) values
      ('tg1', 'gansu', 'g1', '李老师', '13800000001'), ('tg2', 'gansu', 'g2', '王老师', '13800000002'),
      ('ts1', 'shanxi', 's1', '张老师', '13800000003');
    insert into class (id, tenant, school_id, name, homeroom_teacher_id) values
      ('g1c1', 'gansu', 'g1', '一班', 'tg1'), ('g2c1', 'gansu', 'g2', '大班', 'tg2'), ('s1c1', 'shanxi', 's1', '高一', 'ts1');
    insert into household (id, tenant) values ('h1', 'gansu'), ('h2', 'gansu'), ('h3', 'shanxi');
    insert into guardian (id, tenant, household_id, name, phone) values
      ('gu1', 'gansu', 'h1', '王大兵', '13900000001'), ('gu2', 'gansu', 'h2', '赵父', '13900000002'),
      ('gu3', 'gansu', 'h2', '赵母', '13900000003'), ('gu4', 'shanxi', 'h3', '钱父', '13900000003');
    insert into student (id, tenant, school_id, class_id, household_id, name) values
      ('x', 'gansu', 'g1', 'g1c1', 'h1', '王小兵'), ('y', 'gansu', 'g2', 'g2c1', 'h1', '王小花'),
      ('z', 'gansu', 'g2', 'g2c1', 'h2', '赵一'), ('q', 'shanxi', 's1', 's1c1', 'h3', '钱一');
    insert into guardianship (student_id, guardian_id) values
      ('x', 'gu1'), ('y', 'gu1'), ('z', 'gu2'), ('z', 'gu3'), ('q', 'gu4');
    insert into card (school_id, number, student_id) values ('g1', '04A2B3C4', 'x'), ('g2', '04A2B3C5', 'y');
    insert into reader (device_id, tenant, school_id, shard, key) values ('r1', 'gansu', 'g1', '0', 'k'), ('r2', 'gansu', 'g2', '0', 'k');
  `);
  const both = ['gansu', 'shanxi'];
  const accounts: [string, string[], string, string | null, string | null, string | null, string | null][] = [
    ['teacher', ['gansu'], 'teacher', 'g1', 'tg1', null, null],
    ['admin', ['gansu'], 'school-admin', 'g1', 'tg1', null, null],
    ['teacher2', ['gansu'], 'teacher', 'g2', 'tg2', null, null],
    ['teacher3', ['shanxi'], 'teacher', 's1', 'ts1', null, null],
    ['parent', ['gansu'], 'parent', null, null, 'gu1', null],
    ['cs', both, 'customer-service', null, null, null, TOKENS.cs],
    ['csGansu', ['gansu'], 'customer-service', null, null, null, TOKENS.csGansu],
    ['agent', ['gansu'], 'agent', null, null, null, TOKENS.agent],
    ['ops', both, 'ops', null, null, null, TOKENS.ops],
  ];
  for (const [id, tenants, role, school, teacher, guardian, token] of accounts) {
    await pool.query(
      `insert into account (id, login, tenants, role, school_id, teacher_id, guardian_id, password_hash)
      values ($1, $8, $2, $3, $4, $5, $6, $7)`,
      [id, tenants, role, school, teacher, guardian, password, id === 'parent' ? '13900000001' : id],
    );
    if (token) await giveToken(pool, id, token);
  }
}

/** Lets the account ask with this bearer token, for an hour. */
export async function giveToken(pool: Pool, accountId: string, token: string): Promise<void> {
  await pool.query(
    `insert into machine_token (account_id, token_hash, expires_at) values ($1, $2, now() + interval '1 hour')`,
    [accountId, tokenHash(token)],
  );
}

/** The API on a port of its own. */
export interface TestApi {
  url: string;
  /** Every line it logged. */
  logged: string[];
  /** Asks as a machine (`as` a token), a person (a cookie), or nobody. */
  ask(method: string, path: string, options?: AskOptions): Promise<Response>;
  /** The cookie of a person who signed in. */
  signIn(login: string): Promise<string>;
  close(): Promise<void>;
}

export interface AskOptions {
  token?: string;
  cookie?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Starts the API over `pool`; without a `temporal` its engine is out of reach. */
export async function startApi(deps: Pick<ApiDeps, 'pool'> & Partial<ApiDeps>): Promise<TestApi> {
  const logged: string[] = [];
  // Without retries, which would throw once it is closed.
  const lazy = Connection.lazy({ address: '127.0.0.1:1', interceptors: [] });
  const app = createApp({
    temporal: new Client({ connection: lazy }),
    carriers: loadCarriers(),
    ui: { url: 'http://127.0.0.1:8233', namespace: 'default' },
    opsToken: OPS_TOKEN,
    log: pino({ level: 'debug' }, { write: (line) => void logged.push(line) }),
    ...deps,
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const ask: TestApi['ask'] = (method, path, { token, cookie, body, headers } = {}) =>
    fetch(url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(cookie ? { cookie } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  return {
    url,
    logged,
    ask,
    async signIn(login) {
      const response = await ask('POST', '/api/v1/sessions', { body: { login, password: PASSWORD } });
      if (response.status !== 204) throw new Error(`signing in answered ${response.status}`);
      return response.headers.get('set-cookie')!.split(';')[0]!;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await lazy.close();
    },
  };
}
