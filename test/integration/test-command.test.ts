import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs `npm test -- ARGS`, as its program is run. */
const npmTest = (...args: string[]) =>
  new Promise<{ code: unknown; told: string; lastLine: string | undefined; said: string }>((resolve) => {
    execFile(process.execPath, ['test/run.ts', ...args], { cwd: root }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, told: stdout, lastLine: stdout.trim().split('\n').at(-1), said: stderr }),
    );
  });

describe('npm test --', () => {
  it.each([
    [['--project', 'unit', 'sms-text'], /^[1-9]\d* passed, 0 failed$/],
    [['test/unit/smpp-token-bucket.test.ts', '-t', 'never', '--reporter=dot'], /^\d passed, 0 failed, \d+ skipped$/],
  ])('%j runs that and counts it', async (args, lastLine) => {
    expect(await npmTest(...args)).toMatchObject({ code: 0, lastLine: expect.stringMatching(lastLine) as string });
  });

  it('names a test that passed at its second try only', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'campusline-second-try-'));
    try {
      const test = 'let tries = 0; it("needs two", () => expect(++tries).toBe(2)); it("needs one", () => undefined);';
      writeFileSync(join(folder, 'shaky.test.js'), test);
      const { code, told } = await npmTest('--root', folder, '--globals', '--retry', '1');
      expect(code).toBe(0);
      expect(told).toMatch(/^second try: shaky\.test\.js > needs two$/m);
      expect(told).not.toMatch(/^second try: .*needs one$/m);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    [['--projekt', 'unit'], 'Unknown option `--projekt`'],
    [['--project', 'nowhere'], 'The filter matched no projects: nowhere'],
  ])('%j is refused', async (args, words) => {
    expect(await npmTest(...args)).toMatchObject({ code: 1, said: expect.stringContaining(words) as string });
  });
});
