import type { Db } from './pool.ts';
import type { SchoolKind } from '../../workflows/domain/message-kinds.ts';

/** Whom a message is for: exactly one of the three. */
export interface Audience {
  classIds?: string[] | undefined;
  studentIds?: string[] | undefined;
  schoolId?: string | undefined;
}

/** Where something belongs. */
export interface Belonging {
  id: string;
  tenant: string;
  schoolId: string;
}

/** A school as its people and the menus need it. */
export interface School {
  id: string;
  tenant: string;
  name: string;
  kind: SchoolKind;
}

/** The school, if there is one. */
export async function findSchool(db: Db, id: string): Promise<School | undefined> {
  const { rows } = await db.query<School>('select id, tenant, name, kind from school where id = $1', [id]);
  return rows[0];
}

/** Those of the classes that exist. */
export async function findClasses(db: Db, ids: string[]): Promise<Belonging[]> {
  const { rows } = await db.query<Belonging>(
    'select id, tenant, school_id as "schoolId" from class where id = any($1)',
    [ids],
  );
  return rows;
}

/** Those of the students that exist. */
export async function findStudents(db: Db, ids: string[]): Promise<Belonging[]> {
  const { rows } = await db.query<Belonging>(
    'select id, tenant, school_id as "schoolId" from student where id = any($1)',
    [ids],
  );
  return rows;
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

/** The classes of a school, a teacher's own first. A school has tens of them: no pages. */
export async function classesOf(db: Db, school: string, teacher: string | null): Promise<SchoolClass[]> {
  const { rows } = await db.query<SchoolClass>(
    `select c.id, c.name, coalesce(c.homeroom_teacher_id = $2, false) as homeroom,
      (select count(*) from student s where s.class_id = c.id) as students
    from class c where c.school_id = $1
    order by coalesce(c.homeroom_teacher_id = $2, false) desc, c.name, c.id`,
    [school, teacher],
  );
  return rows;
}
