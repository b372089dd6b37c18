import { createPool, LONG_STATEMENT_MS, type Pool } from '../infra/postgres/pool.ts';

/** A worker's connections, apart by what must not wait for what. Postgres forks a process for each. */
export interface Pools {
  /** Of whatever a person or a gate waits for. Its bursts are what needs them. */
  pool: Pool;
  /** Of a month's billing and of reports, whose statements may take minutes. */
  longPool: Pool;
}

/** Opens them; each connects when it is first used. */
export function createPools(databaseUrl: string): Pools {
  return {
    pool: createPool({ databaseUrl, max: 16, name: 'worker' }),
    longPool: createPool({ databaseUrl, max: 4, name: 'worker-long', statementMs: LONG_STATEMENT_MS }),
  };
}
