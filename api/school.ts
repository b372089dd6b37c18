import type { Account } from '../infra/postgres/accounts.ts';
import { findClasses, findSchool, findStudents, type Audience, type School } from '../infra/postgres/audience.ts';
import type { Db } from '../infra/postgres/pool.ts';
import { Problem } from './problem.ts';

/** The school of a teacher or school admin. Throws Problem 403 when the account has none. */
export async function schoolOf(db: Db, account: Account): Promise<School> {
  const school = account.schoolId === null ? undefined : await findSchool(db, account.schoolId);
  if (!school) throw new Problem(403, 'This account belongs to no school.');
  return school;
}

/**
 * Lets an audience pass that exists and lies within the school.
 * @throws Problem 404 naming the field of the first that does not exist, 403 of the first that is another school's
 */
export async function checkAudience(db: Db, audience: Audience, school: School): Promise<void> {
  const [field, ids, found] = await lookUp(db, audience);
  const byId = new Map(found.map((each) => [each.id, each]));
  const unknown = ids.find((id) => !byId.has(id));
  if (unknown !== undefined) throw Problem.field(404, `audience.${field}`, `${unknown} does not exist`);
  const foreign = ids.find((id) => byId.get(id)!.schoolId !== school.id);
  if (foreign !== undefined) throw Problem.field(403, `audience.${field}`, `${foreign} is another school's`);
}

async function lookUp(db: Db, { classIds, studentIds, schoolId }: Audience) {
  if (classIds) return ['classIds', classIds, await findClasses(db, classIds)] as const;
  if (studentIds) return ['studentIds', studentIds, await findStudents(db, studentIds)] as const;
  const school = await findSchool(db, schoolId!);
  return ['schoolId', [schoolId!], school ? [{ ...school, schoolId: school.id }] : []] as const;
}
