import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startPostgres } from '../../infra/embedded/postgres.ts';
import { migrate } from '../../infra/postgres/migrate.ts';
import { choosePort } from '../../infra/embedded/ports.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A Postgres whose database `campusline` is migrated and stays empty: the template of each test's own. */
    postgresUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'campusline-test-'));
  const postgres = await startPostgres({
    dataDir: join(folder, 'postgres'),
    port: await choosePort(0),
    settings: { fsync: 'off', max_connections: '200' },
  });
  await migrate(postgres.url);
  project.provide('postgresUrl', postgres.url);
  return async () => {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
