import { createTeacherMessageActivities } from '../../activities/teacher-message.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import type { Pool } from '../../infra/postgres/pool.ts';

/**
 * A class of shanxi, which bills each phone, without quiet hours. Its families:
 * - h1: p1 and p2, with one child
 * - h3: p3, with siblings
 * - h4: p4; h5: p5, subscribed before; h6: p6, of another network
 * Guardian pN has the phone 1390000000N, but p6 13300000006.
 */
export async function addTrialClass(pool: Pool): Promise<void> {
  await pool.query(`
    insert into school (id, tenant, name, kind, quiet_from, quiet_until)
      values ('x1', 'shanxi', '迎泽小学', 'primary', null, null), ('x2', 'shanxi', '平阳中学', 'junior', null, null);
    insert into teacher (id, tenant, school_id, name, phone) values ('xt', 'shanxi', 'x1', '李红', '13800000001');
    insert into class (id, tenant, school_id, name, homeroom_teacher_id)
      values ('xc', 'shanxi', 'x1', '三年级1班', 'xt'), ('xd', 'shanxi', 'x1', '四年级2班', 'xt');
    insert into account (id, tenants, role, login, school_id, teacher_id) values
      ('xa', '{shanxi}', 'teacher', 'li', 'x1', 'xt'), ('principal', '{shanxi}', 'school-admin', 'principal', 'x1', null);
    insert into household (id, tenant) select 'h' || n, 'shanxi' from unnest('{1,3,4,5,6}'::int[]) n;
    insert into guardian (id, tenant, household_id, name, phone) values
      ('p1', 'shanxi', 'h1', '王父', '13900000001'), ('p2', 'shanxi', 'h1', '王母', '13900000002'),
      ('p3', 'shanxi', 'h3', '陈父', '13900000003'), ('p4', 'shanxi', 'h4', '刘母', '13900000004'),
      ('p5', 'shanxi', 'h5', '孙父', '13900000005'), ('p6', 'shanxi', 'h6', '周父', '13300000006');
    insert into student (id, tenant, school_id, class_id, household_id, name) values
      ('k1', 'shanxi', 'x1', 'xc', 'h1', '王小兵'), ('k3', 'shanxi', 'x1', 'xc', 'h3', '陈一'),
      ('k3b', 'shanxi', 'x1', 'xc', 'h3', '陈二'), ('k4', 'shanxi', 'x1', 'xc', 'h4', '刘小'),
      ('k5', 'shanxi', 'x1', 'xc', 'h5', '孙五'), ('k6', 'shanxi', 'x1', 'xc', 'h6', '周六');
    insert into guardianship (guardian_id, student_id) values
      ('p1', 'k1'), ('p2', 'k1'), ('p3', 'k3'), ('p3', 'k3b'), ('p4', 'k4'), ('p5', 'k5'), ('p6', 'k6');
    insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
      values ('shanxi', 'p5', 'p5', 'home-school', '{home-school}', 'active', now());`);
}

/** A family that joins the class later. */
export async function joinTrialClass(pool: Pool, guardian: string, phone: string): Promise<void> {
  await pool.query(`insert into household (id, tenant) values ('h-' || $1::text, 'shanxi')`, [guardian]);
  await pool.query(
    `insert into guardian (id, tenant, household_id, name, phone) values ($1, 'shanxi', 'h-' || $1::text, '家长', $2)`,
    [guardian, phone],
  );
  await pool.query(
    `insert into student (id, tenant, school_id, class_id, household_id, name)
    values ('k-' || $1::text, 'shanxi', 'x1', 'xc', 'h-' || $1::text, '新生')`,
    [guardian],
  );
  await pool.query(`insert into guardianship (guardian_id, student_id) values ($1, 'k-' || $1::text)`, [guardian]);
}

/** Records a message of the class's teacher. Returns its id. */
export async function addTrialMessage(pool: Pool, audience: object = { classIds: ['xc'] }): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    `insert into message (tenant, school_id, account_id, teacher_id, request_key, kind, audience, text)
    values ('shanxi', 'x1', 'xa', 'xt', gen_random_uuid()::text, 'homework', $1, '明天带跳绳') returning id`,
    [audience],
  );
  return rows[0]!.id;
}

/** A text of the teacher that goes out at `at` (epoch ms), all its pages. Returns the trials it began. */
export async function textClass(pool: Pool, at: number, audience?: object): Promise<string[]> {
  const messageId = await addTrialMessage(pool, audience);
  const { expandMessage } = createTeacherMessageActivities({ pool, carriers: loadCarriers(), pageSize: 2 });
  const begun: string[] = [];
  for (let after: string | null = ''; after !== null;) {
    const page: { next: string | null; trials: string[] } = await expandMessage({ messageId, after, now: at });
    begun.push(...page.trials);
    after = page.next;
  }
  return begun;
}

/** Where each unit of the trial is. */
export async function familyStates(pool: Pool, trialId = 'xc'): Promise<Record<string, string>> {
  const { rows } = await pool.query<{ unit: string; state: string }>(
    'select unit, state from trial_family_state where trial_id = $1 order by unit',
    [trialId],
  );
  return Object.fromEntries(rows.map(({ unit, state }) => [unit, state]));
}
