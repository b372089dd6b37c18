/** What a principal lets teachers do beyond the classes they lead. */
import type { Db } from './pool.ts';

/** A right to a class, or to the whole school, that stands. */
export interface Grant {
  id: string;
  /** Null: the whole school. */
  classId: string | null;
  /** Account of the principal. */
  givenBy: string;
  givenAt: string;
}

/** A teacher of a school with the classes led and the rights given. */
export interface TeacherRights {
  id: string;
  name: string;
  leads: { id: string; name: string }[];
  grants: Grant[];
}

/** The teachers of a school by name. A school has a hundred or two: no pages. */
export async function teachersOf(db: Db, school: string): Promise<TeacherRights[]> {
  const { rows } = await db.query<TeacherRights>(
    `select t.id, t.name,
      coalesce((select jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name) order by c.name, c.id)
        from class c where c.school_id = t.school_id and c.homeroom_teacher_id = t.id), '[]') as leads,
      coalesce((select jsonb_agg(jsonb_build_object('id', g.id::text, 'classId', g.class_id, 'givenBy', g.given_by,
          'givenAt', to_char(g.given_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by g.id)
        from teacher_grant g where g.teacher_id = t.id and g.taken_at is null), '[]') as grants
    from teacher t where t.school_id = $1 order by t.name, t.id`,
    [school],
  );
  return rows;
}

/**
 * Gives a teacher of the school one of its classes, or all of it. Given before, it stays as it was.
 * @returns the grant's id; undefined: the school has no such teacher or class
 */
export async function giveGrant(
  db: Db,
  { schoolId, teacherId, classId, by }: { schoolId: string; teacherId: string; classId: string | null; by: string },
): Promise<string | undefined> {
  await db.query(
    `insert into teacher_grant (school_id, teacher_id, class_id, given_by)
    select t.school_id, t.id, $3, $4 from teacher t
    where t.id = $2 and t.school_id = $1
      and ($3::text is null or exists (select from class c where c.id = $3 and c.school_id = $1))
    on conflict do nothing`,
    [schoolId, teacherId, classId, by],
  );
  const { rows } = await db.query<{ id: string }>(
    `select id::text from teacher_grant
    where school_id = $1 and teacher_id = $2 and class_id is not distinct from $3 and taken_at is null`,
    [schoolId, teacherId, classId],
  );
  return rows[0]?.id;
}

/** Takes a grant back; one that was taken back before stays so. Returns whether the school has it. */
export async function takeGrant(
  db: Db,
  { schoolId, id, by }: { schoolId: string; id: number; by: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update teacher_grant set taken_at = coalesce(taken_at, now()), taken_by = coalesce(taken_by, $3)
    where id = $1 and school_id = $2`,
    [id, schoolId, by],
  );
  return rowCount === 1;
}
