import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { demoAccounts } from '../../infra/embedded/demo/accounts.ts';
import { loadDemo } from '../../infra/embedded/demo/load.ts';
import { demoSchools } from '../../infra/embedded/demo/roster.ts';
import { tokenHash, verifyPassword } from '../../infra/secrets.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const carriers = loadCarriers();

describe('the demo data', () => {
  let database: TestDatabase;
  const count = async (sql: string) => {
    const { rows } = await database.pool.query<{ count: number }>(`select count(*) from ${sql}`);
    return rows[0]!.count;
  };
  const load = (secret: string) => {
    const schools = demoSchools(secret);
    const accounts = demoAccounts(schools, secret);
    return loadDemo(database.pool, schools, accounts, carriers).then(() => accounts);
  };
  beforeAll(async () => {
    database = await createTestDatabase();
    await load('one');
  });
  afterAll(() => database.drop());

  it.each([
    ['school', 2],
    ['class', 6],
    ['student', 240],
    ['(select class_id from student group by class_id having count(*) = 40) full_class', 6],
    ['(select distinct school_id, name from student) named', 240],
    ['card', 240],
    [`(select kind from school group by kind) kinds`, 2],
    ['(select school_id from reader group by school_id having count(*) >= 2) gates', 2],
    ['school where quiet_from is not null', 0],
    // Everybody can be told: no student without a guardian, no guardian of another household or carrier.
    ['student where not exists (select from guardianship where student_id = student.id)', 0],
    [
      `guardianship join student s on s.id = student_id join guardian g on g.id = guardian_id
       where s.household_id <> g.household_id or s.tenant <> g.tenant`,
      0,
    ],
    // Siblings: 20 pairs in each school, some of them in one class.
    ['(select household_id from student group by household_id having count(*) = 2) siblings', 40],
    ['(select household_id, class_id from student group by 1, 2 having count(*) = 2) twins', 8],
    ['(select household_id from guardian group by household_id having count(*) = 2) couples', 66],
    // Gansu's school: every household, with its gifts; shanxi's: a third of the payers.
    [
      `subscription where tenant = 'gansu' and state = 'active' and services @> '{home-school,safety-sms,family-phone}'`,
      100,
    ],
    [`subscription where tenant = 'shanxi'`, 34],
    [`(select distinct package from subscription where tenant = 'shanxi') bundles`, 4],
    [`subscription_event where type = 'order' and channel = 'import' and evidence ? 'slip'`, 134],
  ])('%s: %i', async (what, expected) => {
    expect(await count(what)).toBe(expected);
  });

  it.each([
    ['principal-gs1', 'school-admin', ['gansu'], 'gs1'],
    ['principal-sx1', 'school-admin', ['shanxi'], 'sx1'],
    ['agent', 'agent', ['gansu', 'shanxi'], null],
    ['carrier-admin', 'carrier-admin', ['gansu', 'shanxi'], null],
    ['ops', 'ops', ['gansu', 'shanxi'], null],
  ])('%s signs in as %s of %j', async (login, role, tenants, school) => {
    const { rows } = await database.pool.query(
      'select role, tenants, school_id as school from account where login = $1 and password_hash is not null',
      [login],
    );
    expect(rows).toEqual([{ role, tenants, school }]);
  });

  it('has on-net phones only, each of one person', async () => {
    const { rows } = await database.pool.query<{ tenant: string; phone: string }>(
      'select tenant, phone from guardian union all select tenant, phone from teacher',
    );
    expect(new Set(rows.map(({ phone }) => phone)).size).toBe(rows.length);
    for (const { tenant, phone } of rows) {
      expect(phone).toMatch(/^1\d{10}$/);
      expect(carriers.profile(tenant).onNetPrefixes).toContain(phone.slice(0, 3));
    }
  });

  it('loaded again, keeps what happened since, and takes the new keys and passwords', async () => {
    const { pool } = database;
    await pool.query(`update subscription set state = 'cancelled', services = '{}' where unit = 'gs1-h001'`);
    const before = await count('subscription_event');
    const accounts = await load('two');
    expect(await count('subscription_event')).toBe(before);
    expect(await count(`subscription where state = 'cancelled'`)).toBe(1);
    expect(await count('student')).toBe(240);

    const [teacher] = accounts.teachers;
    const { rows } = await pool.query<{ password_hash: string }>('select password_hash from account where login = $1', [
      teacher!.login,
    ]);
    expect(await verifyPassword(rows[0]!.password_hash, teacher!.password)).toBe(true);
    const { rows: machines } = await pool.query<{ login: string; tenants: string[] }>(
      `select login, tenants from machine_token t join account a on a.id = t.account_id
      where t.ended_at is null order by t.token_hash = $1`,
      [tokenHash(accounts.customerService.token)],
    );
    expect(machines).toEqual([{ login: '10086', tenants: ['gansu', 'shanxi'] }]);
    const { rows: readers } = await pool.query<{ key: string }>('select key from reader where device_id = $1', [
      'gs1-gate-1',
    ]);
    expect(readers[0]!.key).toBe(demoSchools('two')[0]!.readers[0]!.key);
  });
});
