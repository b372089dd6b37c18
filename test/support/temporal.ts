import { TestWorkflowEnvironment } from '@temporalio/testing';
import { ensureTemporalBinary, ensureTemporalTestServer } from '../../infra/embedded/temporal.ts';

/** Lets a history grow to `events` before the server suggests to continue as new. */
export const longHistory = (events: number) => [
  '--dynamic-config-value',
  `limit.historyCount.suggestContinueAsNew=${events}`,
];

/** A dev server of this test's own, in real time. @param extraArgs of `temporal server start-dev` */
export async function localTemporal(extraArgs: string[] = []): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: await ensureTemporalBinary() },
      log: { format: 'pretty', level: 'never' },
      extraArgs,
    },
  });
}

/** A server whose clock jumps to the next timer: one environment a file, as all share one clock (architecture §5). */
export async function skippingTemporal(): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: await ensureTemporalTestServer() } },
  });
}
