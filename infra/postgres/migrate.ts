import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';

const FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));

/** The database was migrated by another version, along a history that ours does not continue. */
export class SchemaError extends Error {
  override name = 'SchemaError';
}

/**
 * Brings the database to the newest schema (`migrations/`, in order). Safe to run from several processes at once.
 * @throws SchemaError when what was applied to it is not how our migrations begin
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  // A migration takes what it takes; a peer that is no more is noticed all the same.
  const dbClient = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000, keepAlive: true });
  // A connection lost in the middle rejects what it was doing; without a listener it would end the process too.
  dbClient.on('error', () => undefined);
  try {
    await dbClient.connect();
    await checkHistory(dbClient);
    return await applyMigrations(dbClient);
  } finally {
    await dbClient.end();
  }
}

async function checkHistory(dbClient: pg.Client): Promise<void> {
  const table = await dbClient.query<{ exists: boolean }>(
    `select to_regclass('schema_migration') is not null as exists`,
  );
  if (!table.rows[0]!.exists) return;
  const { rows } = await dbClient.query<{ name: string }>('select name from schema_migration order by id');
  const ours = readdirSync(FOLDER)
    .map((file) => basename(file, '.sql'))
    .sort();
  const unknown = rows.find(({ name }, i) => name !== ours[i]);
  if (unknown)
    throw new SchemaError(
      `The database was made by another version of Campusline (its migration ${unknown.name} is not ours)`,
    );
}

async function applyMigrations(dbClient: pg.Client): Promise<string[]> {
  const applied = await runner({
    dbClient,
    dir: FOLDER,
    direction: 'up',
    migrationsTable: 'schema_migration',
    checkOrder: true,
    verbose: false,
    log: () => undefined,
  });
  return applied.map((migration) => migration.name);
}
