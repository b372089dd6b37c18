import { mkdir, mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildWeb, forgetOlder } from '../../api/web/build.ts';

it('the pages build, each of them in the bundle', async () => {
  const assets = join(await buildWeb(), 'assets');
  const scripts = (await readdir(assets)).filter((name) => name.endsWith('.js'));
  const bundle = (await Promise.all(scripts.map((name) => readFile(join(assets, name), 'utf8')))).join('\n');
  for (const hash of ['messages', 'trace', 'subscriber', 'billing', 'trials', 'gate', 'status'])
    expect(bundle).toContain(`#${hash}`);
  // Of React's two builds the one for people, whoever built first: the result is kept.
  expect(bundle).not.toContain('jsxDEV');
});

it('a new build leaves those that another process may serve, and no more', async () => {
  const now = Date.parse('2026-11-29T12:00:00+08:00');
  const builds = await mkdtemp(join(tmpdir(), 'campusline-builds-'));
  const daysAgo = { new: 0, yesterdays: 1, weeks: 7, lately: 29, old: 31, older: 32, 'draft-1': 400 };
  for (const [name, days] of Object.entries(daysAgo)) {
    await mkdir(join(builds, name));
    const used = new Date(now - days * 24 * 3_600_000);
    await utimes(join(builds, name), used, used);
  }
  await forgetOlder(builds, now);
  expect((await readdir(builds)).sort()).toEqual(['draft-1', 'lately', 'new', 'old', 'weeks', 'yesterdays']);
  await rm(builds, { recursive: true });
});
