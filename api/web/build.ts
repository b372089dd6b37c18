import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
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
  if (existsSync(folder)) {
    // Its last use is what counts, not its making; where nothing may be written, nothing is removed either.
    await utimes(folder, new Date(), new Date()).catch(() => undefined);
    return folder;
  }
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
  await forgetOlder(dist, Date.now());
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

/** Another process may serve an earlier build until it is started anew: these stay, and so do the latest few. */
const KEPT_MS = 30 * 24 * 3_600_000;
const KEPT = 5;

/**
 * Removes builds that nobody has started with for a month, beyond the latest five. Drafts are other processes' own.
 * @param now epoch ms
 */
export async function forgetOlder(builds: string, now: number): Promise<void> {
  const names = (await readdir(builds)).filter((name) => !name.startsWith('draft-'));
  const used = await Promise.all(
    names.map(async (name) => ({ path: join(builds, name), at: (await stat(join(builds, name))).mtimeMs })),
  );
  const others = used.sort((a, b) => b.at - a.at).slice(KEPT);
  await Promise.all(
    others.filter(({ at }) => at < now - KEPT_MS).map(({ path }) => rm(path, { recursive: true, force: true })),
  );
}

async function digestOfSources(): Promise<string> {
  const entries = await readdir(join(root, 'src'), { recursive: true, withFileTypes: true });
  const sources = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  const files = ['index.html', 'build.ts', ...sources.map((path) => relative(root, path)).sort(), ...ALSO];
  const hash = createHash('sha256');
  for (const name of files) hash.update(name).update(await readFile(join(root, name)));
  return hash.digest('hex').slice(0, 16);
}
