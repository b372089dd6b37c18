import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';

/** Brings the database to the newest schema (`migrations/`, in order). Safe to run from several processes at once. */
export async function migrate(databaseUrl: string): Promise<string[]> {
  // A migration takes what it takes; a peer that is no more is noticed all the same.
  const dbClient = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000, keepAlive: true });
  // A connection lost in the middle rejects what it was doing; without a listener it would end the process too.
  dbClient.on('error', () => undefined);
  try {
    await dbClient.connect();
    return await applyMigrations(dbClient);
  } finally {
    await dbClient.end();
  }
}

async function applyMigrations(dbClient: pg.Client): Promise<string[]> {
  const applied = await runner({
    dbClient,
    dir: fileURLToPath(new URL('./migrations', import.meta.url)),
    direction: 'up',
    migrationsTable: 'schema_migration',
    checkOrder: true,
    verbose: false,
    log: () => undefined,
  });
  return applied.map((migration) => migration.name);
}
