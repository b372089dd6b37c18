/** Bearer tokens of programs: they end, and are renewed before. */
import type { Db } from './pool.ts';

/** A token as its holder sees it; the token itself is told once. */
export interface MachineToken {
  id: string;
  accountId: string;
  name: string;
  createdAt: Date;
  expiresAt: Date;
  tokenHash: string;
}

const COLUMNS = `id, account_id as "accountId", name, created_at as "createdAt", expires_at as "expiresAt",
  token_hash as "tokenHash"`;
const LIVES = 'expires_at > now() and ended_at is null';
/** Tokens of an account that live at a time: of programs and those that follow them. */
export const MOST_TOKENS = 10;
/** What a renewed token still lives: its program has a day to take up the new one. */
export const OVERLAP_HOURS = 24;

/** The tokens of an account that live, the newest first. */
export async function tokensOf(db: Db, accountId: string): Promise<MachineToken[]> {
  const { rows } = await db.query<MachineToken>(
    `select ${COLUMNS} from machine_token where account_id = $1 and ${LIVES} order by created_at desc, id`,
    [accountId],
  );
  return rows;
}

/** A token that lives, if there is one. */
export async function findToken(db: Db, id: string): Promise<MachineToken | undefined> {
  const { rows } = await db.query<MachineToken>(`select ${COLUMNS} from machine_token where id = $1 and ${LIVES}`, [
    id,
  ]);
  return rows[0];
}

/** Keeps a new token. Returns it, or undefined when the account has as many as it may. */
export async function addToken(
  db: Db,
  token: { accountId: string; tokenHash: string; name: string; days: number; createdBy: string },
): Promise<MachineToken | undefined> {
  // Two at once wait for each other, so that the bound holds.
  await db.query('select from account where id = $1 for update', [token.accountId]);
  const { rows } = await db.query<MachineToken>(
    `insert into machine_token (account_id, token_hash, name, expires_at, created_by)
    select $1, $2, $3, now() + make_interval(days => $4), $5
    where (select count(*) from machine_token where account_id = $1 and ${LIVES}) < ${MOST_TOKENS}
    returning ${COLUMNS}`,
    [token.accountId, token.tokenHash, token.name, token.days, token.createdBy],
  );
  return rows[0];
}

/** Lets a token that has been renewed run out. */
export async function letRunOut(db: Db, id: string): Promise<void> {
  await db.query(
    `update machine_token set expires_at = least(expires_at, now() + make_interval(hours => ${OVERLAP_HOURS}))
    where id = $1`,
    [id],
  );
}

/** Ends a token at once. */
export async function endToken(db: Db, id: string): Promise<void> {
  await db.query('update machine_token set ended_at = now() where id = $1 and ended_at is null', [id]);
}

/** Ends all tokens of an account. */
export async function endTokens(db: Db, accountId: string): Promise<void> {
  await db.query('update machine_token set ended_at = now() where account_id = $1 and ended_at is null', [accountId]);
}
