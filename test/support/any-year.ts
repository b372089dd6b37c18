import type { Pool } from '../../infra/postgres/pool.ts';

/** Lets a test's story go on in years that are still to come, where the database's own clock has not been. */
export async function liveInAnyYear(pool: Pool): Promise<void> {
  await pool.query('alter table subscription_event disable trigger not_in_future');
}
