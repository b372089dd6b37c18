import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it.runIf(process.platform === 'linux')('CI does not pass for a machine that can not have Mosquitto', () => {
  const folder = mkdtempSync(join(tmpdir(), 'campusline-path-'));
  try {
    for (const tool of ['bash', 'dirname', 'grep', 'id']) {
      const where = spawnSync('which', [tool], { encoding: 'utf8' }).stdout.trim();
      symlinkSync(where, join(folder, tool));
    }
    const { status, stderr } = spawnSync(join(folder, 'bash'), ['.ci/run'], {
      env: { PATH: folder },
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^Mosquitto is missing/m);
    expect(status).toBe(1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
