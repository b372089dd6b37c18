import pg from 'pg';

// Counts and seqs are bigint in Postgres and far below 2^53 here: numbers, not strings.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** Something that runs one SQL statement: the pool, or a client inside a transaction. */
export type Db = Pick<pg.ClientBase, 'query'>;
export type Pool = pg.Pool;

/** Options of a pool; `max` is bounded because Postgres forks a process per connection. */
export interface PoolOptions {
  databaseUrl: string;
  /** Connections at most (default 10). */
  max?: number;
  /** Shown in pg_stat_activity. */
  name: string;
}

/** Opens a pool. Idle connections that break are dropped and reopened; a query on a broken one rejects. */
export function createPool({ databaseUrl, max = 10, name }: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max,
    application_name: `campusline-${name}`,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // Without a listener an error of a connection, idle or in a transaction, ends the process. What it was doing rejects
  // anyway, and the next query opens a new connection.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
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
    await client.query('rollback').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
