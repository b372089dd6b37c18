import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../infra/config.ts';
import { parseOptions, wantsDemo } from '../../infra/embedded/options.ts';
import { runBenches } from '../bench/run-benches.ts';

const demoOf = (env: Record<string, string>, ...args: string[]) =>
  wantsDemo(parseOptions(args), readConfig(env, { carriers: ['gansu', 'shanxi'] }));
const DATABASE = { DATABASE_URL: 'postgres://u:p@db/x' };
const SMSC = { SMPP_URL: 'smpp://u:p@smsc.example:2775' };

describe('demo data', () => {
  it.each<[env: Record<string, string>, args: string[], loaded: boolean]>([
    [{}, [], true],
    [{}, ['--no-demo'], false],
    [{ CAMPUSLINE_DEMO: '0' }, [], false],
    [{ CAMPUSLINE_DEMO: '0' }, ['--demo'], true],
    [DATABASE, [], false],
    [DATABASE, ['--demo'], true],
    [{ ...DATABASE, CAMPUSLINE_DEMO: '1' }, [], true],
    [{ ...DATABASE, CAMPUSLINE_DEMO: '1' }, ['--no-demo'], false],
    [{ TEMPORAL_ADDRESS: 'temporal:7233' }, [], false],
    [{ MQTT_URL: 'mqtt://broker' }, [], false],
    [SMSC, [], false],
    [{ SMPP_URL_SHANXI: SMSC.SMPP_URL }, [], false],
  ])('with %j and %j: %s', (env, args, loaded) => {
    expect(demoOf(env, ...args)).toBe(loaded);
  });

  it.each([
    [SMSC, ['--demo']],
    [{ ...SMSC, CAMPUSLINE_DEMO: '1' }, []],
    [{ SMPP_URL_SHANXI: SMSC.SMPP_URL }, ['--demo']],
  ])('is refused with %j and %j', (env, args) => {
    expect(() => demoOf(env, ...args)).toThrow('a demo never texts through an SMSC of yours');
  });

  it('is not asked for and refused at once', () => {
    expect(() => parseOptions(['--demo', '--no-demo'])).toThrow('only one of them');
  });
});

describe('--help before anything is installed', () => {
  it.each([
    ['infra/embedded/start.ts', /HOST, PORT[^]*CAMPUSLINE_DEMO/],
    ['test/bench/main.ts', /--only NAME,NAME/],
    ['test/run.ts', /--project NAME/],
  ])('%s tells at once', (program, words) => {
    const clone = mkdtempSync(join(tmpdir(), 'campusline-help-'));
    try {
      for (const path of [
        'scripts/run.mjs',
        'package-lock.json',
        'infra/embedded/help.txt',
        'test/help.txt',
        'test/bench/help.txt',
      ])
        cpSync(path, join(clone, path));
      const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/run.mjs', program, '--help'], {
        ...{ cwd: clone, encoding: 'utf8' },
      });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(words);
    } finally {
      rmSync(clone, { recursive: true, force: true });
    }
  });
});

it('a bench that fails is named, and the others are told', async () => {
  const figure = { name: 'b', value: 1, unit: 's', goal: 2, ok: true };
  const benches = [
    { names: ['a', 'unasked'], run: () => Promise.reject(new Error('no disk')) },
    { names: ['b'], run: () => Promise.resolve([figure]) },
  ];
  expect(await runBenches(benches, ['a', 'b'], () => undefined)).toEqual({
    results: [figure],
    failed: [{ name: 'a', value: null, unit: '', goal: null, ok: false, error: 'no disk' }],
  });
});
