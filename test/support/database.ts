import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { createPool, LONG_STATEMENT_MS, type Pool } from '../../infra/postgres/pool.ts';
import { until } from './poll.ts';

/** A migrated database of this test's own. */
export interface TestDatabase {
  url: string;
  pool: Pool;
  drop(): Promise<void>;
}

/** Copies the migrated template into a new database (~50 ms). */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  const template = inject('postgresUrl');
  await asAdmin(template, `create database ${name} template campusline`);
  const url = new URL(template);
  url.pathname = `/${name}`;
  const pool = createPool({ databaseUrl: url.href, name: 'test', statementMs: LONG_STATEMENT_MS });
  return {
    url: url.href,
    pool,
    async drop() {
      await pool.end();
      // Not while autovacuum looks at it, whom only a superuser may send away.
      await until(`${name} is dropped`, () =>
        asAdmin(template, `drop database ${name} with (force)`).then(
          () => true,
          (error: { code?: string }) => (error.code === '42501' ? false : Promise.reject(error as Error)),
        ),
      );
    },
  };
}

async function asAdmin(template: string, sql: string): Promise<void> {
  const url = new URL(template);
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
