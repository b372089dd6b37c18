import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const dist = join(root, 'dist');
/** What decides how the pages come out, beside the files of this folder. */
const ALSO = ['../../workflows/domain/sms-text.ts', '../../workflows/domain/money.ts', '../../package-lock.json'];

/**
 * Builds the pages, unless they were built of the same files before (~10 ms to find out).
 * @returns the folder to serve, named by its content: builds at once don't meet
 */
export async function buildWeb(): Promise<string> {
  const digest = await digestOfSources();
  const folder = join(dist, digest);
  if (existsSync(folder)) return folder;
  // Loaded only now: most starts find the pages built.
  const [{ build }, { default: react }] = await Promise.all([import('vite'), import('@vitejs/plugin-react')]);
  const draft = join(dist, `draft-${process.pid}`);
  await inProduction(() =>
    build({
      root,
      configFile: false,
      logLevel: 'warn',
      plugins: [react()],
      // Nothing inline: the content security policy lets only files of ours run.
      build: { outDir: draft, emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
    }),
  );
  await rename(draft, folder).catch(async (error: unknown) => {
    // Another process was quicker.
    await rm(draft, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  });
  await forgetOlder(digest);
  return folder;
}

/** Where a test runner has named the environment, Vite would build React for developers, and the next start serve it. */
async function inProduction(work: () => Promise<unknown>): Promise<void> {
  const named = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await work();
  } finally {
    if (named === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = named;
  }
}

/** Earlier builds go; drafts are other processes' own. */
async function forgetOlder(digest: string): Promise<void> {
  const older = (await readdir(dist)).filter((name) => name !== digest && !name.startsWith('draft-'));
  await Promise.all(older.map((name) => rm(join(dist, name), { recursive: true, force: true })));
}

async function digestOfSources(): Promise<string> {
  const entries = await readdir(join(root, 'src'), { recursive: true, withFileTypes: true });
  const sources = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const files = ['index.html', 'build.ts', ...sources.map((path) => relative(root, path)).sort(), ...ALSO];
  const hash = createHash('sha256');
  for (const name of files) hash.update(name).update(await readFile(join(root, name)));
  return hash.digest('hex').slice(0, 16);
}
