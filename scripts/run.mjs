// Runs one of our programs with everything it needs: `node scripts/run.mjs PROGRAM [ARG ...]`.
// Plain JavaScript for Node >= 20, because it runs before anything is installed: it installs what the lock file says
// when that is missing or has changed, then hands over to the pinned Node of node_modules.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.campusline-installed`;
const lock = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) install();

const [program, ...args] = process.argv.slice(2);
const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
const child = spawn(node, ['--disable-warning=ExperimentalWarning', program, ...args], {
  cwd: root,
  // The channel tells the program when we are gone, however we went.
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
child.on('error', (error) => {
  process.stderr.write(`cannot run ${node}: ${error.message}\n`);
  process.exit(1);
});
// Ctrl-C reaches the program too, as it shares our terminal; it decides when to end, and we end with it.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGHUP', () => child.kill('SIGTERM'));

// npm killed outright says nothing to us, but leaves us another parent.
const parent = process.ppid;
setInterval(() => {
  if (process.env.npm_lifecycle_event && process.ppid !== parent) child.kill('SIGTERM');
}, 1_000).unref();

function install() {
  process.stderr.write('Installing dependencies (npm ci, about 40 s the first time) …\n');
  const npm = process.env.npm_execpath;
  const options = { cwd: root, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' };
  const { status, stderr } = npm
    ? spawnSync(process.execPath, [npm, 'ci', '--loglevel=error'], options)
    : spawnSync('npm', ['ci', '--loglevel=error'], { ...options, shell: true });
  if (status !== 0) {
    process.stderr.write(`${stderr}\nInstalling failed; see above.\n`);
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}
