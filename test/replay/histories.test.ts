import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { describe, expect, it } from 'vitest';
import { workflowBundle } from '../../infra/temporal/bundle.ts';
import { HISTORIES } from '../support/history.ts';

const names = readdirSync(HISTORIES).map((file) => file.replace('.json', ''));

/**
 * What ran before a change of a workflow goes on after it: each recorded history replays on today's code. A change that
 * breaks one wants `patched`; histories of something new are recorded with RECORD_HISTORIES=1 (test/support/history.ts).
 */
describe('recorded histories', () => {
  it('are there for every workflow', async () => {
    const types = await import('../../workflows/index.ts');
    const recorded = new Set(names.map((name) => typeOf(name)));
    // billingMonth only starts billingCycle, and its history is two events of a child.
    expect(Object.keys(types).filter((type) => !recorded.has(type))).toEqual(['billingMonth']);
  });

  it.each(names)('%s', async (name) => {
    await Worker.runReplayHistory({ workflowBundle: { codePath: await workflowBundle() } }, historyOf(name));
  });
});

function historyOf(name: string) {
  return historyFromJSON(JSON.parse(readFileSync(`${HISTORIES}${name}.json`, 'utf8')));
}

function typeOf(name: string): string | undefined {
  return historyOf(name).events![0]!.workflowExecutionStartedEventAttributes!.workflowType!.name!;
}
