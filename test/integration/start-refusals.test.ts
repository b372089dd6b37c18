import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { closeFolder } from '../../infra/embedded/data-folder.ts';
import { demoAccounts } from '../../infra/embedded/demo/accounts.ts';
import { demoSchools } from '../../infra/embedded/demo/roster.ts';
import { prepareDatabase, type DatabaseOptions } from '../../infra/embedded/prepare-database.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'campusline-refusals-'))));
afterEach(() => rmSync(folder, { recursive: true }));

describe('npm start refuses a database', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  const prepare = (given: Partial<DatabaseOptions>) => {
    const schools = demoSchools('secret');
    const accounts = demoAccounts(schools, 'secret');
    const { pool, url: databaseUrl } = database;
    const usual = { isEmbedded: true, withDemo: false, hasSmsc: false };
    return prepareDatabase({ pool, databaseUrl, carriers: loadCarriers(), schools, accounts, ...usual, ...given });
  };

  it('with the demo of an earlier start, when texts would leave through an SMSC of the user', async () => {
    await prepare({ hasSmsc: true });
    await prepare({ withDemo: true });
    await prepare({});
    await expect(prepare({ hasSmsc: true })).rejects.toThrow(/^The database holds the demo.*npm start -- --fresh/);
    await expect(prepare({ hasSmsc: true, isEmbedded: false })).rejects.toThrow(/set DATABASE_URL/);
  });

  it.each([
    ['newer than ours', `insert into schema_migration (name, run_on) values ('9999_future', now())`, '9999_future'],
    [
      'of another history',
      `update schema_migration set name = '0007_tariff' where name = '0007_trial'`,
      '0007_tariff is not ours',
    ],
  ])('%s', async (_what, sql, words) => {
    await database.pool.query(sql);
    await expect(prepare({})).rejects.toThrow(words);
    await expect(prepare({})).rejects.toThrow('npm start -- --fresh');
  });

  it('in a sentence, with no stack of calls', async () => {
    await database.pool.query(`insert into schema_migration (name, run_on) values ('9999_future', now())`);
    const env = { ...process.env, CAMPUSLINE_DATA: folder, DATABASE_URL: database.url };
    // Nothing else is embedded, and nobody answers there: the database alone is looked at.
    const others = {
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      MQTT_URL: 'mqtt://127.0.0.1:1',
      SMPP_URL: 'smpp://u:p@127.0.0.1:1',
    };
    const said = await new Promise<{ code: unknown; stderr: string }>((resolve) =>
      execFile(process.execPath, ['infra/embedded/start.ts'], { env: { ...env, ...others } }, (error, _out, stderr) =>
        resolve({ code: error?.code, stderr }),
      ),
    );
    expect(said.code).toBe(1);
    expect(said.stderr).toContain('set DATABASE_URL to another database.');
    expect(said.stderr).not.toMatch(/^ +at /m);
  });
});

describe("the data folder is its user's alone", () => {
  const mode = (path: string) => statSync(path).mode & 0o777;

  it.each<[what: string, names: string[]]>([
    ['new', []],
    ['left open by an installation', ['installing']],
    ['of an earlier version', ['secret', 'logs']],
  ])('%s', (_what, names) => {
    chmodSync(folder, 0o755);
    for (const name of names) writeFileSync(join(folder, name), '');
    closeFolder(folder);
    expect(mode(folder)).toBe(0o700);
  });

  it('but not a folder that holds other things', () => {
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'somebody'));
    closeFolder(folder);
    expect(mode(folder)).toBe(0o755);
  });
});
