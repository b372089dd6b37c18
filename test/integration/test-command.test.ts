import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs `npm test -- ARGS`, as its program is run. */
const npmTest = (...args: string[]) =>
  new Promise<{ code: unknown; lastLine: string | undefined; said: string }>((resolve) => {
    execFile(process.execPath, ['test/run.ts', ...args], { cwd: root }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, lastLine: stdout.trim().split('\n').at(-1), said: stderr }),
    );
  });

describe('npm test --', () => {
  it.each([
    [['--project', 'unit', 'sms-text'], /^[1-9]\d* passed, 0 failed$/],
    [['test/unit/smpp-token-bucket.test.ts', '-t', 'never', '--reporter=dot'], /^\d passed, 0 failed, \d+ skipped$/],
  ])('%j runs that and counts it', async (args, lastLine) => {
    expect(await npmTest(...args)).toMatchObject({ code: 0, lastLine: expect.stringMatching(lastLine) as string });
  });

  it.each([
    [['--projekt', 'unit'], 'Unknown option `--projekt`'],
    [['--project', 'nowhere'], 'The filter matched no projects: nowhere'],
  ])('%j is refused', async (args, words) => {
    expect(await npmTest(...args)).toMatchObject({ code: 1, said: expect.stringContaining(words) as string });
  });
});
