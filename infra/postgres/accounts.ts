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

/** What signing in looks at: who is never told, closed accounts and unknown logins are alike. */
export interface SignInAccount {
  id: string;
  /** null: it can't sign in with a password. */
  passwordHash: string | null;
  /** Whether somebody signed in to it with this device before. */
  knownDevice: boolean;
  /** Whether anybody signed in with it: a school's computer is many teachers'. */
  usedDevice: boolean;
}

/** The open account of a login, if there is one; `device` is the hash of the browser's device token. */
export async function accountByLogin(
  db: Db,
  login: string,
  device: string | undefined,
): Promise<SignInAccount | undefined> {
  const { rows } = await db.query<SignInAccount>(
    `select id, password_hash as "passwordHash", exists (
      select from known_device d where d.token_hash = $2 and d.account_id = a.id) as "knownDevice",
      exists (select from known_device d where d.token_hash = $2) as "usedDevice"
    from account a where login = $1 and closed_at is null`,
    [login, device ?? null],
  );
  return rows[0];
}

/** The account of a machine's token that lives, given its hash. */
export async function accountByToken(db: Db, tokenHash: string): Promise<Account | undefined> {
  const { rows } = await db.query<Account>(
    `select ${COLUMNS} from machine_token t join account a on a.id = t.account_id
    where t.token_hash = $1 and t.expires_at > now() and t.ended_at is null and a.closed_at is null`,
    [tokenHash],
  );
  return rows[0];
}

/** The account of a session that has not expired, given its token's hash. */
export async function accountBySession(db: Db, tokenHash: string): Promise<Account | undefined> {
  const { rows } = await db.query<Account>(
    `select ${COLUMNS} from session s join account a on a.id = s.account_id
    where s.token_hash = $1 and s.expires_at > now() and a.closed_at is null`,
    [tokenHash],
  );
  return rows[0];
}

/** The hash of an account's password; null: it has none. */
export async function passwordHashOf(db: Db, accountId: string): Promise<string | null> {
  const { rows } = await db.query<{ hash: string | null }>('select password_hash as hash from account where id = $1', [
    accountId,
  ]);
  return rows[0]?.hash ?? null;
}

/** In the caller's transaction, which ends what the old password opened. */
export async function setPassword(db: Db, accountId: string, passwordHash: string): Promise<void> {
  await db.query('update account set password_hash = $2 where id = $1', [accountId, passwordHash]);
}

/** An account as those see it who may close it. */
export interface ListedAccount {
  id: string;
  login: string;
  role: AccountRole;
  tenants: string[];
  schoolId: string | null;
  closedAt: Date | null;
}

const LISTED = 'id, login, role, tenants, school_id as "schoolId", closed_at as "closedAt"';

/** A page of the accounts that have no tenant beyond these, by their logins. */
export async function listAccounts(
  db: Db,
  { tenants, search, after, limit }: { tenants: readonly string[]; search: string; after: string; limit: number },
): Promise<ListedAccount[]> {
  const { rows } = await db.query<ListedAccount>(
    `select ${LISTED} from account
    where tenants <@ $1 and login > $2 and (strpos(login, $3) > 0 or id = $3) order by login limit $4`,
    [tenants, after, search, limit],
  );
  return rows;
}

/** The account, if there is one. */
export async function findAccount(db: Db, id: string): Promise<ListedAccount | undefined> {
  const { rows } = await db.query<ListedAccount>(`select ${LISTED} from account where id = $1`, [id]);
  return rows[0];
}

/** Closes an account, in the caller's transaction; harmless when it is closed. */
export async function closeAccount(db: Db, id: string): Promise<void> {
  await db.query('update account set closed_at = now() where id = $1 and closed_at is null', [id]);
}
