import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addFamilies, order } from '../support/billing.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const folder = mkdtempSync(join(tmpdir(), 'campusline-scripts-'));
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await addFamilies(database.pool, 'gansu', 3);
  await order(database.pool, 'gansu', 0, '2026-02-10T10:00:00+08:00');
  await order(database.pool, 'gansu', 1, '2026-03-05T10:00:00+08:00');
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a script to its end. */
function run(script: string, args: string[]): Promise<{ code: number; out: string; err: string }> {
  const file = fileURLToPath(new URL(`../../scripts/${script}.ts`, import.meta.url));
  const env = { ...process.env, DATABASE_URL: database.url };
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

function fileOf(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('npm run backtest', () => {
  const months = ['--carrier', 'gansu', '--from', '2026-01', '--to', '2026-03'];

  it('tells totals with a bar of progress, and writes each family’s difference', async () => {
    const differences = join(folder, 'differences.csv');
    const profile = fileOf('free.json', { freeMonths: [3] });
    const { code, out, err } = await run('backtest', [...months, '--profile', profile, '--differences', differences]);
    expect({ code, err: err.split('\n').at(-2) }).toEqual({
      code: 0,
      err: `[${'█'.repeat(30)}] 100 %  2 of 2 families`,
    });
    expect(out).toContain('2 families, 2 of them would have paid something else: 24.00 → 8.00 yuan (-16.00)');
    expect(readFileSync(differences, 'utf8')).toBe(
      'unit,month,before,after,difference\r\n' +
        'h-gansu-0000,2026-03,8.00,0.00,-8.00\r\nh-gansu-0001,2026-03,8.00,0.00,-8.00\r\n',
    );
  });

  it.each<[string, string[], string]>([
    ['no arguments', [], '--carrier must be one of gansu, shanxi'],
    ['months backwards', ['--carrier', 'gansu', '--from', '2026-03', '--to', '2026-01'], '--to must not be before'],
    ['no file', [...months, '--profile', '/nowhere.json'], '--profile must name a file'],
    ['a file that is not JSON', [...months, '--profile', fileOf('bad.json', '{')], '--profile: '],
    [
      'a file that cannot be written',
      [...months, '--profile', fileOf('same.json', {}), '--differences', '/nowhere/out.csv'],
      "open '/nowhere/out.csv'",
    ],
    ['an unknown fact', [...months, '--profile', fileOf('odd.json', { prices: 1 })], 'Unrecognized key: "prices"'],
  ])('says what is wrong with %s and exits 1', async (_name, args, words) => {
    const { code, err } = await run('backtest', args);
    expect(code).toBe(1);
    expect(err).toContain(words);
    expect(err).not.toContain('    at ');
  });
});

describe('npm run year', () => {
  it('holds its invariants, and is the same again for the same seed', async () => {
    const args = ['--carrier', 'shanxi', '--families', '300', '--seed', '5'];
    const [first, second] = [await run('year', args), await run('year', args)];
    expect(first.code).toBe(0);
    expect(first.out).toMatch(/All invariants hold\. Ledger [0-9a-f]{16}/);
    const withoutTime = (out: string) => out.replace(/^[\d.]+ s$/m, '');
    expect(withoutTime(second.out)).toBe(withoutTime(first.out));
  }, 120_000);

  it('says what is wrong with its arguments', async () => {
    const { code, err } = await run('year', ['--carrier', 'mars', '--families', '0']);
    expect(code).toBe(1);
    expect(err).toContain('--carrier must be one of');
    expect(err).toContain('--families must be a whole number');
  });
});

describe('npm run audit', () => {
  it.each(['gansu', 'shanxi'])(
    'finds %s’s live path to say what the calculator says',
    async (carrier) => {
      const { out, err } = await run('audit', ['--carrier', carrier, '--families', '150', '--seed', '11']);
      expect(err.replace(/^\[.*$/gm, '').trim()).toBe('');
      expect(out).toBe(`150 families of ${carrier}, seed 11: 0 faults\n`);
    },
    180_000,
  );

  it('finds classes on trial, their slips and notices, to be charged what the spec makes of what they said', async () => {
    const { out, err } = await run('audit', ['--trials', 'yes', '--families', '150', '--seed', '5']);
    expect(err.replace(/^\[.*$/gm, '').trim()).toBe('');
    expect(out).toBe('150 families of shanxi, seed 5: 0 faults\n');
  }, 180_000);

  it('says what is wrong with its arguments', async () => {
    const { code, err } = await run('audit', ['--carrier', 'mars', '--families', 'x']);
    expect(code).toBe(1);
    expect(err).toContain('--carrier must be one of');
    expect(err).toContain('--families must be a whole number');
  });
});
