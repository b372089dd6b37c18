/** What an account may see, as queries narrow by it. */
import type { Audience } from './audience.ts';
import type { Db } from './pool.ts';

/** How far somebody sees: each null narrows no further. */
export interface Sight {
  tenants: readonly string[];
  schoolId: string | null;
  /** Of that school. */
  classIds: readonly string[] | null;
  /** Only what this account did. */
  accountId: string | null;
  /** Only what concerns this guardian. */
  guardianId: string | null;
}

/** Where something belongs. */
export interface Place {
  tenant: string;
  schoolId: string;
  classId?: string;
  accountId?: string;
}

/** Whether the sight reaches the place. */
export function reaches({ tenants, schoolId, classIds, accountId }: Sight, place: Place): boolean {
  return (
    tenants.includes(place.tenant) &&
    (schoolId === null || schoolId === place.schoolId) &&
    (classIds === null || (place.classId !== undefined && classIds.includes(place.classId))) &&
    (accountId === null || accountId === place.accountId)
  );
}

/** The classes that are a teacher's: those led, and those the principal gave; null: the principal gave the school. */
export async function classesOfTeacher(db: Db, school: string, teacher: string | null): Promise<string[] | null> {
  const { rows } = await db.query<{ id: string; school: boolean }>(
    `select c.id, false as school from class c
    where c.school_id = $1 and (c.homeroom_teacher_id = $2 or exists (
      select from teacher_grant g where g.teacher_id = $2 and g.class_id = c.id and g.taken_at is null))
    union all
    select '', true from teacher_grant g
    where g.school_id = $1 and g.teacher_id = $2 and g.class_id is null and g.taken_at is null
    order by 1`,
    [school, teacher],
  );
  return rows.some((row) => row.school) ? null : rows.map(({ id }) => id);
}

/** SQL of a row, and of the id of its class, that the sight of $2, $3 and $4 reaches. */
const within = (row: string, classId: string) =>
  `${row}.tenant = any ($2) and ($3::text is null or ${row}.school_id = $3)
    and ($4::text[] is null or ${classId} = any ($4))`;

/** How many of an audience's ids the sight reaches: what does not exist is not told from what is another's. */
const REACHED = {
  classIds: `select count(*) from class c where c.id = any ($1) and ${within('c', 'c.id')}`,
  studentIds: `select count(*) from student s where s.id = any ($1) and ${within('s', 's.class_id')}`,
  // A school is reached by who is narrowed to no classes.
  schoolId: `select count(*) from school k where k.id = any ($1) and k.tenant = any ($2)
    and ($3::text is null or k.id = $3) and $4::text[] is null`,
};

/** Whether all of the audience is within the sight. */
export async function audienceWithin(db: Db, audience: Audience, sight: Sight): Promise<boolean> {
  const by = (Object.keys(REACHED) as (keyof typeof REACHED)[]).find((each) => audience[each] !== undefined)!;
  const ids = [audience[by]!].flat();
  const { rows } = await db.query<{ count: number }>(REACHED[by], [ids, sight.tenants, sight.schoolId, sight.classIds]);
  return rows[0]!.count === new Set(ids).size;
}

/** Whether the phone is known within the sight: a guardian's of a child there, or to whole carriers by anything. */
export async function phoneWithin(db: Db, phone: string, sight: Sight): Promise<boolean> {
  const { tenants, schoolId, classIds, guardianId } = sight;
  const asked = [phone, tenants];
  if (guardianId !== null) return isAny(db, OWN, [...asked, guardianId]);
  return schoolId === null ? isAny(db, KNOWN, asked) : isAny(db, GUARDIAN_WITHIN, [...asked, schoolId, classIds]);
}

async function isAny(db: Db, sql: string, values: unknown[]): Promise<boolean> {
  return (await db.query(sql, values)).rows.length > 0;
}

const OWN = 'select from guardian where phone = $1 and tenant = any ($2) and id = $3';

const GUARDIAN_WITHIN = `
  select from guardian g join guardianship gs on gs.guardian_id = g.id join student s on s.id = gs.student_id
  where g.phone = $1 and ${within('s', 's.class_id')} limit 1`;

/** Anything a person or a text left. */
const KNOWN = `
  select where exists (select from guardian where phone = $1 and tenant = any ($2))
    or exists (select from teacher where phone = $1 and tenant = any ($2))
    or exists (select from sms where phone = $1 and tenant = any ($2))
    or exists (select from mo where phone = $1 and tenant = any ($2))`;
