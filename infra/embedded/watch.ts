import { watch } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What workers and API run; the pages reload themselves. */
const SOURCES = ['workflows', 'activities', 'workers', 'api', 'infra', 'carriers'];
const NOT_THEIRS = /^(infra\/embedded|api\/web)\//;
/** An editor writes a file in several steps, a checkout many files. */
const QUIET_MS = 200;

/** Calls `onChange` with the path of a changed source, once things are quiet; one call at a time. */
export function watchSources(onChange: (path: string) => Promise<void>): void {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  let timer: NodeJS.Timeout | undefined;
  let busy = Promise.resolve();
  for (const folder of SOURCES) {
    watch(root + folder, { recursive: true }, (_event, name) => {
      const path = `${folder}/${name}`;
      if (!/\.(ts|json|sql)$/.test(path) || NOT_THEIRS.test(path)) return;
      clearTimeout(timer);
      timer = setTimeout(() => {
        busy = busy.then(() => onChange(path));
      }, QUIET_MS);
    });
  }
}
