/**
 * Outlives the supervisor for a few seconds: when that was killed outright, it stops what cannot notice by itself
 * (Postgres, Temporal). Told the children as they come and go.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isRunning, stopAll } from './process.ts';
import { LEAVING_MS, type ChildRef } from './run-file.ts';

const runFile = process.argv[2]!;
let children: ChildRef[] = [];
process.on('message', (message: ChildRef[]) => (children = message));
// Ended with the supervisor's blessing.
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => {
  // Says that everything is up, and is not true any more.
  rmSync(join(dirname(runFile), 'demo.json'), { force: true });
  void (async () => {
    // Those that are nearest the edges leave first; the engine and the record last.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      await stopAll(
        children.filter((child) => child.signal === signal && child.pid !== process.pid),
        LEAVING_MS,
      );
    }
    // The next start may have the folder already, and then has cleaned up as well.
    if (!children.some((child) => child.pid !== process.pid && isRunning(child))) rmSync(runFile, { force: true });
    process.exit(0);
  })();
});
process.send?.({ ready: true });
