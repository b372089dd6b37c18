import { createPool, LONG_STATEMENT_MS, type Pool } from '../infra/postgres/pool.ts';

/** A worker's connections, apart by what must not wait for what. Postgres forks a process for each. */
export interface Pools {
  /** Of whatever a person or a gate waits for. Its bursts are what needs them. */
  pool: Pool;
  /** Of a month's billing and of reports, whose statements may take minutes. */
  longPool: Pool;
  /** Of the links alone, so that no statement elsewhere can hold up what they send and store. */
  linkPool: Pool;
  /** Of their leases alone: a renewal that waited for others would stop a link. */
  leasePool: Pool;
}

/** A lease is one row by its key: a renewal that takes longer than this is tried again while the lease still holds. */
const LEASE_STATEMENT_MS = 2_000;

/** Opens them; each connects when it is first used. */
export function createPools(databaseUrl: string): Pools {
  return {
    pool: createPool({ databaseUrl, max: 16, name: 'worker' }),
    longPool: createPool({ databaseUrl, max: 4, name: 'worker-long', statementMs: LONG_STATEMENT_MS }),
    linkPool: createPool({ databaseUrl, max: 16, name: 'worker-links' }),
    leasePool: createPool({ databaseUrl, max: 2, name: 'worker-leases', statementMs: LEASE_STATEMENT_MS }),
  };
}
