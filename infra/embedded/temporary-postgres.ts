import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../postgres/migrate.ts';
import { createPool, LONG_STATEMENT_MS, type Pool } from '../postgres/pool.ts';
import { choosePort } from './ports.ts';
import { startPostgres } from './postgres.ts';

/**
 * Does `work` on a Postgres that exists only for it: migrated, in a temporary folder, gone afterwards.
 * @param name shown in pg_stat_activity
 * @param settings given as `-c name=value`
 */
export async function withTemporaryPostgres<T>(
  name: string,
  settings: Record<string, string>,
  work: (pool: Pool) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), `campusline-${name}-`));
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), port: await choosePort(0), settings });
  try {
    await migrate(postgres.url);
    const pool = createPool({ databaseUrl: postgres.adminUrl, name, statementMs: LONG_STATEMENT_MS });
    try {
      return await work(pool);
    } finally {
      await pool.end();
    }
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
