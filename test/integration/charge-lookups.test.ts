import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pool } from '../../infra/postgres/pool.ts';
import { giveToken, startApi, type TestApi } from '../support/api.ts';
import { addFamilies, order, unitOf } from '../support/billing.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { watchStatements } from '../support/statements.ts';

const ONE = '13900000000';
const MANY = '13900000001';
/** Months that the second family has been charged. */
const MONTHS = 30;
const cs = { token: 'token-of-cs' };
let db: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  db = await createTestDatabase();
  await addFamilies(db.pool, 'gansu', 2);
  await order(db.pool, 'gansu', 0, '2023-12-05T10:00:00+08:00');
  await order(db.pool, 'gansu', 1, '2023-12-05T10:00:00+08:00');
  await charge(db.pool, unitOf('gansu', 0), 1);
  await charge(db.pool, unitOf('gansu', 1), MONTHS);
  await db.pool.query(
    `insert into account (id, login, tenants, role) values ('cs', 'cs', '{gansu,shanxi}', 'customer-service')`,
  );
  await giveToken(db.pool, 'cs', cs.token);
  api = await startApi({ pool: db.pool });
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

/** Charges the unit from January 2024 on, tells the carrier, and lets it refuse each. */
async function charge(pool: Pool, unit: string, months: number): Promise<void> {
  await pool.query(
    `insert into charge (tenant, unit, month, kind, payer_guardian_id, package, fen, rule, profile_version, decided_at,
      reason, inputs, workflow_id, consent_event_id)
    select e.tenant, e.unit, month, 'fee', e.payer_guardian_id, e.package, 800, 'R4', 'gansu-2019-07', month, 'monthly',
      jsonb_build_object('events', jsonb_build_array(e.id)), 'billing/gansu/' || to_char(month, 'YYYY-MM'), e.id
    from subscription_event e, generate_series(0, $2 - 1) n,
      lateral (select ('2024-01-01'::date + n * interval '1 month')::date as month) m
    where e.tenant = 'gansu' and e.unit = $1`,
    [unit, months],
  );
  await pool.query(`
    insert into billing_run (tenant, month, workflow_id) values ('gansu', '2026-07-01', 'billing/gansu/2026-07')
    on conflict do nothing`);
  await pool.query(
    `with file as (
      insert into charge_file (tenant, month, lines, fen) values ('gansu', '2026-07-01', $2, $2 * 800) returning id
    )
    insert into charge_file_line (file_id, line, charge_id, attempt, package_id, package, fen, phone, starts_at, note)
    select file.id, row_number() over (order by c.id), c.id, 1, c.package, c.package, c.fen, g.phone, c.decided_at, ''
    from file, charge c join guardian g on g.id = c.payer_guardian_id where c.unit = $1`,
    [unit, months],
  );
  await pool.query(
    `insert into charge_result (file_id, line, charge_id, attempt, outcome, reason)
    select l.file_id, l.line, l.charge_id, 1, 'failure', '余额不足' from charge_file_line l join charge c on c.id = l.charge_id
    where c.unit = $1`,
    [unit],
  );
}

/** What a look-up answers, and what it cost. */
async function look<T>(path: string) {
  const { answer, statements, mostAtOnce } = await watchStatements(db.pool, async () => {
    const response = await api.ask('GET', `/api/v1/subscribers/${path}`, cs);
    expect(response.status).toBe(200);
    return (await response.json()) as T;
  });
  return { answer, statements: statements.length, mostAtOnce };
}

interface Charge {
  month: string;
  inputs: { events: { type: string }[] };
  collection: { attempt: number; outcome: string; reason: string }[];
}
interface Pack {
  carriers: { charges: Charge[] }[];
}
interface Page {
  charges: Charge[];
  next?: string;
}

describe('what a look-up of charges asks of the database', () => {
  it.each([
    ['what a phone has', (phone: string) => phone],
    ['its charges', (phone: string) => `${phone}/charges?tenant=gansu&limit=100`],
    ['its complaint pack', (phone: string) => `${phone}/complaint-pack`],
  ])('%s: as many statements for one charge as for thirty, and few at once', async (_name, path) => {
    const one = await look(path(ONE));
    const many = await look(path(MANY));
    expect(many.statements).toBe(one.statements);
    // Two of them are the record of who looked, one asks for what is booked and one for refunds that wait.
    expect(many.statements).toBeLessThanOrEqual(16);
    expect(many.mostAtOnce).toBeLessThanOrEqual(4);
  });

  it('and each charge is explained by its own events and what the carrier said to it', async () => {
    const { answer } = await look<Pack>(`${MANY}/complaint-pack`);
    const { charges } = answer.carriers[0]!;
    expect(charges).toHaveLength(MONTHS);
    for (const { inputs, collection } of charges) {
      expect(inputs.events).toMatchObject([{ type: 'order' }]);
      expect(collection).toMatchObject([{ attempt: 1, outcome: 'failure', reason: '余额不足' }]);
    }
  });

  it('the charges come in pages that together are the whole ledger, newest first', async () => {
    const months: string[] = [];
    for (let next: string | undefined = ''; next !== undefined;) {
      const page: Page = (await look<Page>(`${MANY}/charges?tenant=gansu&limit=7${next && `&cursor=${next}`}`)).answer;
      expect(page.charges.length).toBeLessThanOrEqual(7);
      months.push(...page.charges.map(({ month }) => month));
      next = page.next;
    }
    expect(months).toHaveLength(MONTHS);
    expect(months[0]).toBe('2026-06');
    expect(months).toEqual([...new Set(months)].toSorted().toReversed());
  });

  it.each([
    ['no carrier', `${ONE}/charges`, 400],
    ['a carrier that does not know the phone', `${ONE}/charges?tenant=shanxi`, 404],
    ['a phone nobody knows', '13999999999/charges?tenant=gansu', 404],
    ['a cursor that is none', `${ONE}/charges?tenant=gansu&cursor=bm9wZQ`, 400],
    ['a cursor of another list', `${ONE}/charges?tenant=gansu&cursor=${cursor('2026-01-01T00:00:00Z', 'x')}`, 400],
  ])('the charges are refused for %s', async (_name, path, status) => {
    expect((await api.ask('GET', `/api/v1/subscribers/${path}`, cs)).status).toBe(status);
  });
});

function cursor(...place: string[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}
