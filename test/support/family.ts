import type { Pool } from '../../infra/postgres/pool.ts';

/** A guardian in a household of their own; `id` is the guardian's, `h-${id}` the household's. */
export async function addGuardian(pool: Pool, tenant: string, id: string, phone: string): Promise<void> {
  await pool.query('insert into household (id, tenant) values ($1, $2)', [`h-${id}`, tenant]);
  await pool.query('insert into guardian (id, tenant, household_id, name, phone) values ($1, $2, $3, $4, $5)', [
    id,
    tenant,
    `h-${id}`,
    '家长',
    phone,
  ]);
}
