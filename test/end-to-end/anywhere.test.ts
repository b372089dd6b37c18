import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { isRunning, type ProcessRef } from '../../infra/embedded/process.ts';
import { checkOut, type Checkout } from '../support/checkout.ts';
import { startStack } from '../support/stack.ts';

/** The account `daemon` of every Linux: an ordinary user, whom initdb wants to find in /etc/passwd. */
const ORDINARY = 1;
/** Small, with a database of its own. */
const A_TEST = 'test/integration/reader-metrics.test.ts';

describe('both README commands', { timeout: 240_000 }, () => {
  it('work in a folder that only we may enter, in a path with spaces and hanzi', () =>
    bothCommandsWork(checkOut('向阳 小学/校讯通 (1)')));

  it('work as an ordinary user', async (context) => {
    context.skip(process.getuid?.() !== 0, 'only root can be somebody else');
    const npm = spawnSync('npm', ['--version'], { cwd: '/', uid: ORDINARY, gid: ORDINARY });
    context.skip(npm.status !== 0, 'npm is where only root may go');
    await bothCommandsWork(checkOut('campusline', ORDINARY));
  });
});

async function bothCommandsWork(checkout: Checkout): Promise<void> {
  const npm = async (...args: string[]) =>
    (await promisify(execFile)('npm', args, { ...checkout.owner, cwd: checkout.folder })).stdout;
  try {
    expect(await npm('start', '--', '--help')).toContain('--fresh');

    const stack = await startStack({ checkout, args: ['--no-morning'] });
    const { children } = JSON.parse(readFileSync(join(stack.dataDir, 'run.json'), 'utf8')) as {
      children: ProcessRef[];
    };
    expect((await fetch(`${stack.demo.api}/readyz`)).status).toBe(200);
    expect((await fetch(stack.demo.handsets)).status).toBe(200);
    await stack.stop();
    expect(children.filter(isRunning)).toEqual([]);

    expect(await npm('test', '--', A_TEST)).toMatch(/\n[1-9]\d* passed, 0 failed\n$/);
  } finally {
    checkout.remove();
  }
}
