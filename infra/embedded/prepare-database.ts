import type { Carriers } from '../carriers.ts';
import { migrate, SchemaError } from '../postgres/migrate.ts';
import type { Pool } from '../postgres/pool.ts';
import type { DemoAccounts } from './demo/accounts.ts';
import { holdsDemo, loadDemo } from './demo/load.ts';
import type { DemoSchool } from './demo/roster.ts';

/** What is made of the database before anything runs on it. */
export interface DatabaseOptions {
  pool: Pool;
  databaseUrl: string;
  /** Whether it is the embedded one: then `--fresh` helps. */
  isEmbedded: boolean;
  carriers: Carriers;
  schools: DemoSchool[];
  accounts: DemoAccounts;
  withDemo: boolean;
  /** Whether texts go through an SMSC of the user's own. */
  hasSmsc: boolean;
}

/**
 * Brings the database up to date, and loads the demo where there is to be one.
 * @throws Error saying what to do when its schema has another history, or when an earlier start's demo is in it and
 *   texts would leave through an SMSC of the user's own: its made-up phones may be somebody's
 */
export async function prepareDatabase(options: DatabaseOptions): Promise<void> {
  const { pool, databaseUrl, isEmbedded, carriers, schools, accounts, withDemo, hasSmsc } = options;
  const another = isEmbedded
    ? 'begin anew with `npm start -- --fresh`, or set CAMPUSLINE_DATA to another folder'
    : 'set DATABASE_URL to another database';
  await migrate(databaseUrl).catch((error: unknown) => {
    throw error instanceof SchemaError ? new Error(`${error.message}: ${another}.`, { cause: error }) : error;
  });
  if (hasSmsc && (await holdsDemo(pool, schools)))
    throw new Error(
      'The database holds the demo of an earlier start, and a demo never texts through an SMSC of yours: ' +
        `leave out SMPP_URL, or ${another}.`,
    );
  if (withDemo) await loadDemo(pool, schools, accounts, carriers);
}
