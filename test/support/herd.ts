import type { Pool } from '../../infra/postgres/pool.ts';

/** The phone of family `n` of addHerd. */
export const herdPhone = (n: number) => `1391${String(n).padStart(7, '0')}`;

/** Unsubscribed families of gansu, one guardian and one child each, in the one class of a school of their own. */
export async function addHerd(pool: Pool, families: number): Promise<void> {
  await pool.query(`
    insert into school (id, tenant, name, kind) values ('herd-school', 'gansu', '向阳小学', 'primary');
    insert into teacher (id, tenant, school_id, name, phone)
      values ('herd-teacher', 'gansu', 'herd-school', '李红', '13800000001');
    insert into class (id, tenant, school_id, name, homeroom_teacher_id)
      values ('herd-class', 'gansu', 'herd-school', '三年级1班', 'herd-teacher')`);
  const ofEach = (sql: string) => pool.query(`${sql} from generate_series(0, $1::int - 1) n`, [families]);
  await ofEach(`insert into household (id, tenant) select 'herd-household-' || n, 'gansu'`);
  await ofEach(
    `insert into guardian (id, tenant, household_id, name, phone)
    select 'herd-' || n, 'gansu', 'herd-household-' || n, '家长', '1391' || lpad(n::text, 7, '0')`,
  );
  await ofEach(
    `insert into student (id, tenant, school_id, class_id, household_id, name)
    select 'herd-student-' || n, 'gansu', 'herd-school', 'herd-class', 'herd-household-' || n, '学生' || n`,
  );
  await ofEach(`insert into guardianship (guardian_id, student_id) select 'herd-' || n, 'herd-student-' || n`);
}
