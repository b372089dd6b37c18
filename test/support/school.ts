import type { Pool } from '../../infra/postgres/pool.ts';
import type { Sight } from '../../infra/postgres/sight.ts';

/** How far those of the carrier see. */
export const ALL_OF_GANSU: Sight = {
  ...{ tenants: ['gansu'], schoolId: null, classIds: null, accountId: null, guardianId: null },
};

/**
 * A school of gansu for tests of conversations: classes c1 (teacher t1) and c2 (teacher t2), each guardian gN with the
 * phone `1390000000N`.
 * - g1: one child, s1 in c1
 * - g2: siblings s2, s3 in c1
 * - g3: s4 in c1, s5 in c2
 * - g4: s6 in c2, not subscribed
 * - g5: no child
 * g1, g2 and g3 are subscribed to home-school. Without quiet hours.
 */
export async function addSchool(pool: Pool): Promise<void> {
  await pool.query(`
    insert into school (id, tenant, name, kind, quiet_from, quiet_until)
      values ('k1', 'gansu', '城关小学', 'primary', null, null), ('k2', 'gansu', '实验中学', 'junior', null, null);
    insert into teacher (id, tenant, school_id, name, phone) values
      ('t1', 'gansu', 'k1', '李红', '13800000001'), ('t2', 'gansu', 'k1', '张强', '13800000002'),
      ('t9', 'gansu', 'k2', '赵敏', '13800000009');
    insert into class (id, tenant, school_id, name, homeroom_teacher_id) values
      ('c1', 'gansu', 'k1', '三年级1班', 't1'), ('c2', 'gansu', 'k1', '五年级2班', 't2'), ('c9', 'gansu', 'k2', '初一1班', 't9');
    insert into account (id, tenants, role, login, school_id, teacher_id)
      values ('a1', '{gansu}', 'teacher', 'li', 'k1', 't1');
    insert into household (id, tenant) select 'h' || n, 'gansu' from generate_series(1, 5) n;
    insert into guardian (id, tenant, household_id, name, phone)
      select 'g' || n, 'gansu', 'h' || n, '家长' || n, '1390000000' || n from generate_series(1, 5) n;
    insert into student (id, tenant, school_id, class_id, household_id, name) values
      ('s1', 'gansu', 'k1', 'c1', 'h1', '王小兵'), ('s2', 'gansu', 'k1', 'c1', 'h2', '陈一'), ('s3', 'gansu', 'k1', 'c1', 'h2', '陈二'),
      ('s4', 'gansu', 'k1', 'c1', 'h3', '刘大'), ('s5', 'gansu', 'k1', 'c2', 'h3', '刘小'), ('s6', 'gansu', 'k1', 'c2', 'h4', '孙六'),
      ('s9', 'gansu', 'k2', 'c9', 'h5', '周九');
    insert into guardianship (guardian_id, student_id) values
      ('g1', 's1'), ('g2', 's2'), ('g2', 's3'), ('g3', 's4'), ('g3', 's5'), ('g4', 's6');
    insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
      select 'gansu', 'h' || n, 'g' || n, 'home-school', '{home-school,safety-sms,family-phone}', 'active', now()
      from generate_series(1, 3) n;
    -- Ordered late in a month (R2), so that no first fee is missing.
    insert into subscription_event (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at, received_at)
      select 'gansu', 'h' || n, 'school-' || n, 'order', 'home-school', 'sms', 'g' || n, 'g' || n, at, at
      from generate_series(1, 3) n, (select timestamptz '2025-08-25T10:00:00+08:00' as at) ordered;`);
}

/** The phone of guardian `n` of addSchool. */
export const guardianPhone = (n: number) => `1390000000${n}`;
/** The phone of teacher `n` of addSchool. */
export const teacherPhone = (n: number) => `1380000000${n}`;

/** A message by teacher t1 of addSchool. Returns its id. */
export async function addMessage(
  pool: Pool,
  {
    audience,
    text = '明天带跳绳',
    kind = 'homework',
    sendAt = null,
  }: { audience: object; text?: string; kind?: string; sendAt?: Date | null },
): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    `insert into message (tenant, school_id, account_id, teacher_id, request_key, kind, audience, text, send_at)
    values ('gansu', 'k1', 'a1', 't1', gen_random_uuid()::text, $1, $2, $3, $4) returning id`,
    [kind, audience, text, sendAt],
  );
  return rows[0]!.id;
}

/** Texts written so far, oldest first, by their origin. */
export async function textsOf(
  pool: Pool,
  origin: string,
): Promise<{ origin: string; phone: string; source: string; body: string; kind: string }[]> {
  const { rows } = await pool.query<{ origin: string; phone: string; source: string; body: string; kind: string }>(
    `select origin, phone, source, body, kind from sms where origin like $1 || '%' order by id`,
    [origin],
  );
  return rows;
}
