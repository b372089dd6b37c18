import type pg from 'pg';
import type { Pool } from '../../infra/postgres/pool.ts';

/** A statement as it was sent. */
export interface Statement {
  text: string;
  values: unknown[];
}

/** What went through a pool while it was watched. */
export interface StatementLog {
  /** In the order they were sent, `begin` and `commit` included. */
  statements: Statement[];
  /** The most connections that were in use or waited for at one time. */
  mostAtOnce: number;
}

type Sent = string | { text?: string; values?: unknown[] };

/** Clients that report what they send, each to the watch that is on now. */
const reporting = new WeakMap<pg.PoolClient, { to: StatementLog | undefined }>();

/**
 * Runs `work` and tells every statement that `pool` sent meanwhile, its transactions' too. One watch at a time.
 * @returns what was sent, with what `work` answered
 */
export async function watchStatements<T>(pool: Pool, work: () => Promise<T>): Promise<StatementLog & { answer: T }> {
  const log: StatementLog = { statements: [], mostAtOnce: 0 };
  const taken = new Set<pg.PoolClient>();
  const acquired = (client: pg.PoolClient) => {
    taken.add(client);
    report(client).to = log;
    log.mostAtOnce = Math.max(log.mostAtOnce, taken.size + pool.waitingCount);
  };
  const released = (_error: unknown, client: pg.PoolClient) => taken.delete(client);
  pool.on('acquire', acquired).on('release', released);
  try {
    const answer = await work();
    return { ...log, answer };
  } finally {
    pool.off('acquire', acquired).off('release', released);
    for (const client of taken) report(client).to = undefined;
  }
}

/** Makes a client report once, however often it is taken out of the pool. */
function report(client: pg.PoolClient): { to: StatementLog | undefined } {
  const known = reporting.get(client);
  if (known) return known;
  const target: { to: StatementLog | undefined } = { to: undefined };
  reporting.set(client, target);
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const reported = (first: Sent, second: unknown, ...rest: unknown[]) => {
    const sent = typeof first === 'string' ? { text: first, values: second } : { values: second, ...first };
    const values = Array.isArray(sent.values) ? (sent.values as unknown[]) : [];
    target.to?.statements.push({ text: sent.text ?? '', values });
    return query(first, second, ...rest);
  };
  client.query = reported as typeof client.query;
  return target;
}
