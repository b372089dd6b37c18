import type { Db } from './pool.ts';
import type { Sight } from './sight.ts';
import type { SchoolKind } from '../../workflows/domain/message-kinds.ts';

/** Whom a message is for: exactly one of the three. */
export interface Audience {
  classIds?: string[] | undefined;
  studentIds?: string[] | undefined;
  schoolId?: string | undefined;
}

/** A school as its people and the menus need it. */
export interface School {
  id: string;
  tenant: string;
  name: string;
  kind: SchoolKind;
  /** The teacher who gets the answers to what is written for the school; null: the child's homeroom teacher. */
  answersTo: string | null;
}

/** The school, if there is one. */
export async function findSchool(db: Db, id: string): Promise<School | undefined> {
  const { rows } = await db.query<School>(
    'select id, tenant, name, kind, answers_teacher_id as "answersTo" from school where id = $1',
    [id],
  );
  return rows[0];
}

/**
 * Says who gets the answers to what is written for the school.
 * @returns whether the school has that teacher
 */
export async function setAnswersTo(db: Db, school: string, teacher: string | null): Promise<boolean> {
  const { rowCount } = await db.query(
    `update school set answers_teacher_id = $2 where id = $1
      and ($2::text is null or exists (select from teacher where id = $2 and school_id = $1))`,
    [school, teacher],
  );
  return rowCount === 1;
}

/** How a teacher is called; null for whoever is none. */
export async function teacherName(db: Db, id: string | null): Promise<string | null> {
  const { rows } = await db.query<{ name: string }>('select name from teacher where id = $1', [id]);
  return rows[0]?.name ?? null;
}

/** A class as its teachers see it. */
export interface SchoolClass {
  id: string;
  name: string;
  students: number;
  /** Whether this teacher is its homeroom teacher. */
  homeroom: boolean;
}

/** The classes within the sight, those the teacher leads first. A school has tens of them: no pages. */
export async function classesOf(db: Db, { schoolId, classIds }: Sight, teacher: string | null): Promise<SchoolClass[]> {
  const { rows } = await db.query<SchoolClass>(
    `select c.id, c.name, coalesce(c.homeroom_teacher_id = $2, false) as homeroom,
      (select count(*) from student s where s.class_id = c.id) as students
    from class c where c.school_id = $1 and ($3::text[] is null or c.id = any ($3))
    order by coalesce(c.homeroom_teacher_id = $2, false) desc, c.name, c.id`,
    [schoolId, teacher, classIds],
  );
  return rows;
}
