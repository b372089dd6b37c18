import pg from 'pg';

// Counts and seqs are bigint in Postgres and far below 2^53 here: numbers, not strings.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** Something that runs one SQL statement: the pool, or a client inside a transaction. */
export type Db = Pick<pg.ClientBase, 'query'>;
export type Pool = pg.Pool;

/**
 * What a statement may take, in ms. Whatever waits for a person, a phone or a gate is indexed and takes milliseconds, a
 * trace of a full year two seconds: after 6 s something is wrong, and all is well again within 15.
 */
const STATEMENT_MS = 6_000;
/** Of a month's billing, a report, a load: one statement may write a row for each of a million families. */
export const LONG_STATEMENT_MS = 600_000;
/** A connection is there at once, or the database is away or every connection taken: then trying again is no worse. */
const CONNECT_MS = 4_000;
/** A lock is held for no longer than a statement: who waits longer is told that it is a lock. */
const LOCK_SHARE = 2 / 3;
/** And nobody's locks are held for longer between two statements, also where the client has fallen silent. */
const IDLE_AT_MOST_MS = 60_000;
/** The server ends a statement first, and says so; only a connection that has gone silent takes longer. */
const SILENT_AFTER_MS = 1_000;
/** A peer that is no more is asked for after 5 s and given up 10 s later. */
const KEEPALIVE_MS = 5_000;

/** Options of a pool; `max` is bounded because Postgres forks a process per connection. */
export interface PoolOptions {
  databaseUrl: string;
  /** Connections at most (default 10). */
  max?: number;
  /** Shown in pg_stat_activity. */
  name: string;
  /** What a statement may take, ms (default 6 s). */
  statementMs?: number;
}

/**
 * Opens a pool in which every wait ends: for a connection, a lock, a statement, an answer. Idle connections that break
 * are dropped and reopened; a query on a broken one rejects. The limits are startup parameters: a pooler in between has
 * to let them pass, and `?statement_timeout=…` in the URL overrides them.
 */
export function createPool({ databaseUrl, max = 10, name, statementMs = STATEMENT_MS }: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max,
    application_name: `campusline-${name}`,
    connectionTimeoutMillis: Math.min(CONNECT_MS, statementMs),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
    lock_timeout: Math.min(statementMs * LOCK_SHARE, IDLE_AT_MOST_MS),
    statement_timeout: statementMs,
    query_timeout: statementMs + SILENT_AFTER_MS,
    idle_in_transaction_session_timeout: Math.min(statementMs, IDLE_AT_MOST_MS),
  });
  // Without a listener an error of a connection, idle or in a transaction, ends the process. What it was doing rejects
  // anyway, and the next query opens a new connection.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  pool.on('release', (error) => {
    if (isSilence(error)) dropIdle(pool);
  });
  return pool;
}

/** Whether a connection was given up because no answer came: not even that it takes too long. */
export function isSilence(error: unknown): error is Error {
  // pg gives it no code.
  return error instanceof Error && error.message === 'Query read timeout';
}

/** One connection has gone silent: those beside it that idle are as old, and each would cost its next user as long. */
function dropIdle(pool: Pool): void {
  for (let left = pool.idleCount; left > 0; left--)
    pool.connect().then(
      (client) => client.release(true),
      () => undefined,
    );
}

/** Runs `work` in one transaction: committed when it resolves, rolled back when it throws. */
export async function inTransaction<T>(pool: Pool, work: (db: Db) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    // Closed it rolls back too; one that has gone silent would have to be waited for once more.
    if (isSilence(error)) broken = error;
    else
      await client.query('rollback').catch((rollbackError: Error) => {
        broken = rollbackError;
      });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** SQL of an instant as epoch ms, to the millisecond. */
export function epochMs(time: string): string {
  return `round(date_part('epoch', ${time}) * 1000)`;
}
