import type { Carriers } from '../../carriers.ts';
import { inTransaction, type Db, type Pool } from '../../postgres/pool.ts';
import { hashPassword, tokenHash } from '../../secrets.ts';
import type { DemoAccounts } from './accounts.ts';
import type { DemoSchool } from './roster.ts';
import { demoSubscriptions, SUBSCRIBED_SINCE } from './subscriptions.ts';

/** The account of 10086. */
const SERVICE = 'account-10086';

/**
 * Loads the demo in one transaction. Loading again changes nothing but keys, passwords and the token, which follow the
 * data folder's secret: what was ordered, cancelled or written meanwhile stays.
 */
export async function loadDemo(
  pool: Pool,
  schools: readonly DemoSchool[],
  accounts: DemoAccounts,
  carriers: Carriers,
): Promise<void> {
  const logins = await accountRows(schools, accounts);
  await inTransaction(pool, async (db) => {
    for (const school of schools) await loadSchool(db, school);
    await insert(db, 'account', logins, 'on conflict (id) do update set password_hash = excluded.password_hash');
    await loadToken(db, accounts.customerService.token);
    await loadSubscriptions(db, schools, carriers);
  });
}

/** The token of demo.json, good for a year from each start; one that another secret made ends. */
async function loadToken(db: Db, token: string): Promise<void> {
  const name = 'demo.json';
  await db.query(
    `update machine_token set ended_at = now()
    where account_id = $1 and name = $2 and token_hash <> $3 and ended_at is null`,
    [SERVICE, name, tokenHash(token)],
  );
  await db.query(
    `insert into machine_token (account_id, name, token_hash, expires_at)
    values ($1, $2, $3, now() + interval '1 year')
    on conflict (token_hash) do update set expires_at = excluded.expires_at, ended_at = null`,
    [SERVICE, name, tokenHash(token)],
  );
}

/** Whether the demo was loaded into this database, by whichever start. */
export async function holdsDemo(db: Db, schools: readonly DemoSchool[]): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from school join unnest($1::text[], $2::text[]) demo (id, name) using (id, name)',
    [schools.map(({ id }) => id), schools.map(({ name }) => name)],
  );
  return rowCount! > 0;
}

async function loadSchool(db: Db, school: DemoSchool): Promise<void> {
  const { id: school_id, tenant, classes, families, readers } = school;
  await insert(db, 'school', [
    // No quiet hours: the demo must work at any hour.
    { id: school_id, tenant, name: school.name, kind: school.kind, quiet_from: null, quiet_until: null },
  ]);
  await insert(
    db,
    'teacher',
    classes.map(({ teacher: { id, name, phone } }) => ({ id, tenant, school_id, name, phone })),
  );
  await insert(
    db,
    'class',
    classes.map(({ id, name, teacher }) => ({ id, tenant, school_id, name, homeroom_teacher_id: teacher.id })),
  );
  await insert(
    db,
    'reader',
    readers.map(({ deviceId, shard, key }) => ({ device_id: deviceId, tenant, school_id, shard, key })),
    'on conflict (device_id) do update set key = excluded.key',
  );
  await loadFamilies(db, tenant, school_id, families);
}

async function loadFamilies(
  db: Db,
  tenant: string,
  school_id: string,
  families: DemoSchool['families'],
): Promise<void> {
  await insert(
    db,
    'household',
    families.map(({ householdId: id }) => ({ id, tenant })),
  );
  await insert(
    db,
    'guardian',
    families.flatMap(({ householdId: household_id, guardians }) =>
      guardians.map((guardian) => ({ ...guardian, tenant, household_id })),
    ),
  );
  await insert(
    db,
    'student',
    families.flatMap(({ householdId: household_id, students }) =>
      students.map(({ id, name, classId: class_id }) => ({ id, tenant, school_id, class_id, household_id, name })),
    ),
  );
  await insert(
    db,
    'guardianship',
    families.flatMap(({ guardians, students }) =>
      students.flatMap((student) =>
        guardians.map((guardian) => ({ student_id: student.id, guardian_id: guardian.id })),
      ),
    ),
  );
  await insert(
    db,
    'card',
    families.flatMap(({ students }) =>
      students.map(({ id: student_id, card: number }) => ({ school_id, number, student_id })),
    ),
  );
}

async function accountRows(schools: readonly DemoSchool[], accounts: DemoAccounts): Promise<object[]> {
  const hashes = new Map<string, Promise<string>>();
  const hashOf = (password: string) => {
    if (!hashes.has(password)) hashes.set(password, hashPassword(password));
    return hashes.get(password)!;
  };
  const nobody = { school_id: null, teacher_id: null, guardian_id: null };
  const rows: Promise<object>[] = [];
  const add = async (password: string, row: object) => ({
    ...nobody,
    ...row,
    password_hash: await hashOf(password),
  });
  for (const { id: school_id, tenant, classes } of schools) {
    for (const { teacher } of classes) {
      const { password } = accounts.teachers.find(({ login }) => login === teacher.login)!;
      const { accountId: id, login, id: teacher_id } = teacher;
      rows.push(add(password, { id, tenants: [tenant], role: 'teacher', login, school_id, teacher_id }));
    }
  }
  for (const { phone: login, password, guardianId: guardian_id, tenant } of accounts.parents) {
    rows.push(add(password, { id: `account-${guardian_id}`, tenants: [tenant], role: 'parent', login, guardian_id }));
  }
  const { login, password } = accounts.customerService;
  const tenants = schools.map(({ tenant }) => tenant);
  rows.push(add(password, { id: SERVICE, tenants, role: 'customer-service', login }));
  for (const { login, password, role, schoolId: school_id } of accounts.staff) {
    const own = schools.filter(({ id }) => school_id === null || id === school_id).map(({ tenant }) => tenant);
    rows.push(add(password, { id: `account-${login}`, tenants: own, role, login, school_id }));
  }
  return Promise.all(rows);
}

async function loadSubscriptions(db: Db, schools: readonly DemoSchool[], carriers: Carriers): Promise<void> {
  const subscriptions = demoSubscriptions(schools, carriers);
  await insert(
    db,
    'subscription',
    subscriptions.map(({ tenant, unit, payerGuardianId: payer_guardian_id, package: package_, services }) => ({
      ...{ tenant, unit, payer_guardian_id, package: package_, services },
      ...{ state: 'active', since: SUBSCRIBED_SINCE },
    })),
  );
  await insert(
    db,
    'subscription_event',
    // The carrier's order alone would wait for the parent; the signed slip is the consent that fees need.
    subscriptions.flatMap(({ tenant, unit, payerGuardianId, package: package_, slip }) =>
      ['order', 'consent'].map((type, ordinal) => ({
        ...{ tenant, unit, request_id: `import/${tenant}/${unit}`, type, package: package_, channel: 'import' },
        ...{ ordinal, actor: SERVICE, payer_guardian_id: payerGuardianId, evidence: { slip } },
        ...{ at: SUBSCRIBED_SINCE, received_at: SUBSCRIBED_SINCE },
      })),
    ),
  );
}

/** Inserts rows, whose keys are the columns, in one statement. */
async function insert(db: Db, table: string, rows: object[], onConflict = 'on conflict do nothing'): Promise<void> {
  const columns = Object.keys(rows[0]!).join(', ');
  await db.query(
    `insert into ${table} (${columns}) select ${columns} from json_populate_recordset(null::${table}, $1) ${onConflict}`,
    [JSON.stringify(rows)],
  );
}
