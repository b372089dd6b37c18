/** What an account's rights let it see (the table is access.ts). */
import type { Account } from '../infra/postgres/accounts.ts';
import { findSchool, type Audience, type School } from '../infra/postgres/audience.ts';
import type { Db } from '../infra/postgres/pool.ts';
import {
  audienceWithin,
  classesOfTeacher,
  phoneWithin,
  reaches,
  type Place,
  type Sight,
} from '../infra/postgres/sight.ts';
import { whoseOf, type What } from './access.ts';
import { Problem } from './problem.ts';

/**
 * How far the account's right reaches.
 * @throws Problem 403 where its role doesn't have the right, or it is of a school and has none
 */
export async function sightOf(db: Db, account: Account, what: What): Promise<Sight> {
  const whose = whoseOf(account.role, what);
  if (!whose) throw new Problem(403, `The role ${account.role} may not do this.`);
  const { id, tenants, schoolId, teacherId, guardianId } = account;
  const all: Sight = { tenants, schoolId: null, classIds: null, accountId: null, guardianId: null };
  if (whose === 'carriers') return all;
  // A parent without a guardian is nobody's.
  if (account.role === 'parent') return { ...all, accountId: id, guardianId: guardianId ?? '' };
  if (whose === 'own') return { ...all, schoolId, accountId: id };
  if (schoolId === null) throw new Problem(403, 'This account belongs to no school.');
  const school = { ...all, schoolId };
  return whose === 'school' ? school : { ...school, classIds: await classesOfTeacher(db, schoolId, teacherId) };
}

/** The one answer to an id or phone that does not exist and to one that is another's: which of the two is not told. */
export function notKnown(field: string): Problem {
  return Problem.field(404, field, 'is not known');
}

/** The thing, if it exists and the sight reaches it. Throws Problem 404. */
export function seen<Thing extends Place>(sight: Sight, thing: Thing | undefined, field = 'id'): Thing {
  if (!thing || !reaches(sight, thing)) throw notKnown(field);
  return thing;
}

/** Throws Problem 404 unless the phone is known within the sight; a parent's own is. */
export async function checkPhone(db: Db, sight: Sight, phone: string): Promise<void> {
  if (!(await phoneWithin(db, phone, sight))) throw notKnown('phone');
}

/** Throws Problem 404 unless the carrier is one that the account works for. */
export function checkTenant({ tenants }: Pick<Sight, 'tenants'>, asked: string): void {
  if (!tenants.includes(asked)) throw notKnown('tenant');
}

/** Throws Problem 404 unless all of the audience is within the sight. */
export async function checkAudience(db: Db, sight: Sight, audience: Audience): Promise<void> {
  if (await audienceWithin(db, audience, sight)) return;
  const [field] = Object.entries(audience).find(([, ids]) => ids !== undefined)!;
  throw notKnown(`audience.${field}`);
}

/** The school that somebody of a school sees. */
export async function schoolOf(db: Db, { schoolId }: Sight): Promise<School> {
  return (await findSchool(db, schoolId!))!;
}
