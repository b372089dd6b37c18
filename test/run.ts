/** `npm test`: runs every project of vitest.config.ts and ends with `N passed, N failed`, for people and for CI. */
import { startVitest } from 'vitest/node';

const vitest = await startVitest('test', process.argv.slice(2), { watch: false });
const count = (state: string) =>
  vitest.state
    .getTestModules()
    .flatMap((module) => [...module.children.allTests()])
    .filter((test) => test.result().state === state).length;

const passed = count('passed');
// A file that fails to load, or an error outside any test, is a failure too.
const brokenFiles = vitest.state.getTestModules().filter((module) => module.errors().length > 0).length;
const failed = count('failed') + brokenFiles + vitest.state.getUnhandledErrors().length;
const skipped = count('skipped');
await vitest.close();
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
