/**
 * `npm test`: runs every project of vitest.config.ts and ends with `N passed, N failed`, for people and for CI. What
 * stands behind `--` is vitest's own: names of files, `--project NAME`, `-t NAME`, `--reporter NAME`.
 */
import { createCLI, startVitest, type CliOptions } from 'vitest/node';

const { files, options } = parse(process.argv.slice(2));
if (options['help'] === true || options['version'] === true) process.exit(0);
const { exclude, ...others } = options;
const vitest = await startVitest('test', files, {
  ...others,
  // As vitest's own command has it: more files to leave out, and lines of files (`x.test.ts:12`).
  ...(exclude ? { cliExclude: [exclude].flat() } : {}),
  includeTaskLocation: files.some((file) => file.includes(':')),
  watch: false,
}).catch((error: unknown) => refuse((error as Error).message));
const tests = vitest.state.getTestModules().flatMap((module) => [...module.children.allTests()]);
const count = (state: string) => tests.filter((test) => test.result().state === state).length;

const passed = count('passed');
// A file that fails to load, or an error outside any test, is a failure too.
const brokenFiles = vitest.state.getTestModules().filter((module) => module.errors().length > 0).length;
const failed = count('failed') + brokenFiles + vitest.state.getUnhandledErrors().length;
const skipped = count('skipped');
const retried = tests.filter((test) => (test.diagnostic()?.retryCount ?? 0) > 0);
await vitest.close();
// A test that needs one is to be mended: nobody looks for it among two thousand that passed.
for (const { module, fullName } of retried)
  process.stdout.write(`\nsecond try: ${module.relativeModuleId} > ${fullName}`);
process.stdout.write(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

/** Vitest's parseCLI lets pass what it does not know, and a misspelt `--project` would run everything. */
function parse(argv: string[]): { files: string[]; options: CliOptions & Record<string, unknown> } {
  const cli = createCLI();
  try {
    const { args, options } = cli.parse(['node', 'vitest', 'run', ...argv], { run: false });
    cli.matchedCommand?.checkUnknownOptions();
    cli.matchedCommand?.checkOptionValue();
    return { files: [...args], options };
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function refuse(reason: string): never {
  process.stderr.write(`${reason}\nnpm test -- --help tells what there is.\n`);
  process.exit(1);
}
