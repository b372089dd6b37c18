import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The bundle of all workflows as one script, built when the sources have changed since the last time (2–4 s) and read
 * from node_modules/.cache otherwise.
 * @returns the path of the script, for `workflowBundle: { codePath }`
 */
export async function workflowBundle(): Promise<string> {
  const folder = `${root}node_modules/.cache/campusline`;
  const path = `${folder}/workflows-${sourceHash()}.js`;
  if (existsSync(path)) return path;
  const { code } = await bundleWorkflowCode({ workflowsPath: `${root}workflows/index.ts`, logger: quiet });
  mkdirSync(folder, { recursive: true });
  // Two workers may build it at once: each renames a whole file into place.
  const partial = `${path}.${process.pid}`;
  writeFileSync(partial, code);
  renameSync(partial, path);
  return path;
}

/** Names the sources and the SDK they are bundled with. */
function sourceHash(): string {
  const hash = createHash('sha256').update(readFileSync(`${root}package-lock.json`));
  for (const file of globSync('workflows/**/*.{ts,json}', { cwd: root }).sort()) {
    hash.update(file).update(readFileSync(root + file));
  }
  return hash.digest('hex').slice(0, 16);
}

const ignore = () => undefined;
const quiet = { log: ignore, trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore };
