/** Browsers that are signed in, and those that once were. */
import type { Db } from './pool.ts';

/** Sessions of an account at a time: a tenth ends the oldest. */
const MOST_SESSIONS = 10;
/** Devices of an account: more than anybody signs in from. */
const MOST_DEVICES = 20;
/** A device that has not been used for a school year's half is as good as unknown. */
const DEVICE_DAYS = 180;

/** A session as its owner sees it. */
export interface OwnSession {
  id: string;
  openedAt: Date;
  expiresAt: Date;
  tokenHash: string;
}

/** Opens a session and forgets the account's expired ones, and all but its newest nine others. */
export async function openSession(db: Db, session: { tokenHash: string; accountId: string; hours: number }) {
  await db.query(
    `delete from session where account_id = $1 and (expires_at <= now() or token_hash not in (
      select token_hash from session where account_id = $1 order by expires_at desc limit ${MOST_SESSIONS - 1}))`,
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

/** The account's sessions, the newest first. */
export async function sessionsOf(db: Db, accountId: string): Promise<OwnSession[]> {
  const { rows } = await db.query<OwnSession>(
    `select id, opened_at as "openedAt", expires_at as "expiresAt", token_hash as "tokenHash" from session
    where account_id = $1 and expires_at > now() order by opened_at desc, id`,
    [accountId],
  );
  return rows;
}

/** Ends one of the account's sessions. Returns whether there was one. */
export async function endSession(db: Db, accountId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query('delete from session where account_id = $1 and id = $2', [accountId, id]);
  return rowCount === 1;
}

/** Ends the account's sessions, all but the one with the token `except`. */
export async function endSessions(db: Db, accountId: string, except?: string): Promise<void> {
  await db.query('delete from session where account_id = $1 and token_hash is distinct from $2', [
    accountId,
    except ?? null,
  ]);
}

/** Remembers that somebody signed in to the account with this device. */
export async function rememberDevice(db: Db, accountId: string, tokenHash: string): Promise<void> {
  await db.query(
    `insert into known_device (token_hash, account_id) values ($1, $2)
    on conflict (token_hash, account_id) do update set used_at = now()`,
    [tokenHash, accountId],
  );
  await db.query(
    `delete from known_device where account_id = $1 and (used_at < now() - make_interval(days => ${DEVICE_DAYS})
      or token_hash not in (
        select token_hash from known_device where account_id = $1 order by used_at desc limit ${MOST_DEVICES}))`,
    [accountId],
  );
}

/** Forgets the devices of an account, all but `except`. */
export async function forgetDevices(db: Db, accountId: string, except?: string): Promise<void> {
  await db.query('delete from known_device where account_id = $1 and token_hash is distinct from $2', [
    accountId,
    except ?? null,
  ]);
}
