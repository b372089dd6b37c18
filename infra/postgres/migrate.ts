import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';

/** Brings the database to the newest schema (`migrations/`, in order). Safe to run from several processes at once. */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const applied = await runner({
    databaseUrl,
    dir: fileURLToPath(new URL('./migrations', import.meta.url)),
    direction: 'up',
    migrationsTable: 'schema_migration',
    checkOrder: true,
    verbose: false,
    log: () => undefined,
  });
  return applied.map((migration) => migration.name);
}
