// Runs one of our programs with everything it needs: `node scripts/run.mjs PROGRAM [ARG ...]`.
// Plain JavaScript for Node >= 20, because it runs before anything is installed: it installs what the lock file says
// when that is missing or has changed, then hands over to the pinned Node of node_modules.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MIN_NODE = 20;
if (Number(process.versions.node.split('.')[0]) < MIN_NODE)
  fail(`Campusline needs Node ${MIN_NODE} or later to start; this is ${process.version}.`);

// The scripts of package.json begin with `exec`, so that no shell stands between npm and us: what npm is told by
// SIGINT or SIGTERM we hear, and npm killed outright leaves us another parent.
const parent = process.ppid;
/** What runs now, and how it is asked to end. */
let current;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
if (process.env.npm_lifecycle_event) setInterval(() => process.ppid === parent || stop(), 500).unref();

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.campusline-installed`;
const lockFile = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex');
const isInstalled = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === lockFile;

// Whoever only asks waits for no installation. Vitest tells its own options as soon as it is there.
const helpOf = { 'infra/embedded/start.ts': 'infra/embedded/help.txt', 'test/bench/main.ts': 'test/bench/help.txt' };
if (!isInstalled()) helpOf['test/run.ts'] = 'test/help.txt';
const helpFile = helpOf[process.argv[2]];
if (helpFile && process.argv.slice(3).some((arg) => arg === '--help' || arg === '-h')) {
  process.stdout.write(readFileSync(`${root}${helpFile}`, 'utf8'));
  process.exit(0);
}

if (!isInstalled()) await alone(install);
const node = `${root}node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`;
const [program, ...args] = process.argv.slice(2);
// The channel tells the program when we are gone, however we went.
process.exit(
  await run(
    node,
    ['--disable-warning=ExperimentalWarning', program, ...args],
    ['inherit', 'inherit', 'inherit', 'ipc'],
  ),
);

/** Runs a command in the repository's root; resolves with its exit code. */
function run(command, commandArgs, stdio) {
  return new Promise((resolve) => {
    const child = spawn(command, commandArgs, { cwd: root, stdio });
    current = child;
    child.once('error', (error) => fail(`cannot run ${command}: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal ? 1 : (code ?? 1)));
  });
}

/** The program ends in its own order and we with it; asking twice, as a terminal and npm both do, does no harm. */
function stop() {
  if (current) current.kill('SIGTERM');
  else process.exit(1);
}

async function install() {
  const since = Date.now();
  const seconds = () => Math.round((Date.now() - since) / 1000);
  process.stderr.write('Installing dependencies: npm ci, about 40 s the first time …\n');
  const ticking = setInterval(() => process.stderr.write(`  … npm ci, ${seconds()} s\n`), 10_000);
  const npm = process.env.npm_execpath;
  const [command, ...prefix] = npm ? [process.execPath, npm] : ['npm'];
  const code = await run(command, [...prefix, 'ci', '--loglevel=error'], ['ignore', 'ignore', 'inherit']);
  clearInterval(ticking);
  current = undefined;
  if (code !== 0) fail('Installing failed; see above.');
  writeFileSync(stamp, lockFile);
  process.stderr.write(`  ✓ dependencies ${seconds()} s\n`);
}

/** `npm ci` begins by deleting: of several commands started at once, one installs and the others wait for it. */
async function alone(work) {
  const busy = `${root}.campusline/installing`;
  mkdirSync(`${root}.campusline`, { recursive: true, mode: 0o700 });
  for (;;) {
    try {
      writeFileSync(busy, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (!isAlive(readFileSync(busy, 'utf8'))) rmSync(busy, { force: true });
      else await delay(200);
    }
  }
  process.on('exit', () => rmSync(busy, { force: true }));
  if (!isInstalled()) await work();
  rmSync(busy, { force: true });
}

function isAlive(pid) {
  try {
    // Empty: written this very moment.
    return pid === '' || process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

function fail(words) {
  process.stderr.write(`${words}\n`);
  process.exit(1);
}
