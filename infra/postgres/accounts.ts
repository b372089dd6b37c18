import type { Db } from './pool.ts';

export const ACCOUNT_ROLES = [
  'teacher',
  'school-admin',
  'parent',
  'agent',
  'customer-service',
  'carrier-admin',
  'ops',
] as const;
export type AccountRole = (typeof ACCOUNT_ROLES)[number];

/** Who is asking, and what it may see: its tenants, and for school people their school. */
export interface Account {
  id: string;
  tenants: string[];
  role: AccountRole;
  schoolId: string | null;
  teacherId: string | null;
  guardianId: string | null;
}

const COLUMNS = `a.id, a.tenants, a.role, a.school_id as "schoolId", a.teacher_id as "teacherId",
  a.guardian_id as "guardianId"`;

/** The account of a login with its password's hash (null: it can't sign in with one), if there is one. */
export async function accountByLogin(
  db: Db,
  login: string,
): Promise<{ id: string; passwordHash: string | null } | undefined> {
  const { rows } = await db.query<{ id: string; passwordHash: string | null }>(
    'select id, password_hash as "passwordHash" from account where login = $1',
    [login],
  );
  return rows[0];
}

/** The account of a machine's token, given its hash. */
export async function accountByToken(db: Db, tokenHash: string): Promise<Account | undefined> {
  const { rows } = await db.query<Account>(`select ${COLUMNS} from account a where a.token_hash = $1`, [tokenHash]);
  return rows[0];
}

/** The account of a session that has not expired, given its token's hash. */
export async function accountBySession(db: Db, tokenHash: string): Promise<Account | undefined> {
  const { rows } = await db.query<Account>(
    `select ${COLUMNS} from session s join account a on a.id = s.account_id
    where s.token_hash = $1 and s.expires_at > now()`,
    [tokenHash],
  );
  return rows[0];
}

/** Opens a session and forgets the account's expired ones, and all but its newest nine others. */
export async function openSession(db: Db, session: { tokenHash: string; accountId: string; hours: number }) {
  await db.query(
    `delete from session where account_id = $1 and (expires_at <= now() or token_hash not in (
      select token_hash from session where account_id = $1 order by expires_at desc limit 9))`,
    [session.accountId],
  );
  await db.query(
    `insert into session (token_hash, account_id, expires_at) values ($1, $2, now() + make_interval(hours => $3))`,
    [session.tokenHash, session.accountId, session.hours],
  );
}

/** Ends a session; harmless when there is none. */
export async function closeSession(db: Db, tokenHash: string): Promise<void> {
  await db.query('delete from session where token_hash = $1', [tokenHash]);
}
