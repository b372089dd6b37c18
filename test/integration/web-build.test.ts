import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { buildWeb } from '../../api/web/build.ts';

it('the pages build, each of them in the bundle', async () => {
  const assets = join(await buildWeb(), 'assets');
  const scripts = (await readdir(assets)).filter((name) => name.endsWith('.js'));
  const bundle = (await Promise.all(scripts.map((name) => readFile(join(assets, name), 'utf8')))).join('\n');
  for (const hash of ['messages', 'trace', 'subscriber', 'billing', 'trials', 'gate', 'status'])
    expect(bundle).toContain(`#${hash}`);
  // Of React's two builds the one for people, whoever built first: the result is kept.
  expect(bundle).not.toContain('jsxDEV');
});
