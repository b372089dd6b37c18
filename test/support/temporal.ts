import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import { ensureTemporalBinary, ensureTemporalTestServer } from '../../infra/embedded/temporal.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/labels.ts';

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
      extraArgs: [...SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]), ...extraArgs],
    },
  });
}

/** A server whose clock jumps to the next timer: one environment a file, as all share one clock (architecture §5). */
export async function skippingTemporal(): Promise<TestWorkflowEnvironment> {
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: await ensureTemporalTestServer() } },
  });
  const KEYWORD = 2; // temporal.api.enums.v1.IndexedValueType
  await environment.connection.operatorService.addSearchAttributes({
    searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTES.map((name) => [name, KEYWORD])),
  });
  return environment;
}

/**
 * Runs a worker; returns what stops it, which does no harm twice.
 * @param workflows the file to bundle, by its path in the repository; without it, a `workflowBundle` is given
 */
export async function runWorker(
  { nativeConnection }: Pick<TestWorkflowEnvironment, 'nativeConnection'>,
  { workflows, ...options }: WorkerOptions & { workflows?: string },
): Promise<() => Promise<void>> {
  const worker = await Worker.create({
    connection: nativeConnection,
    ...(workflows && { workflowsPath: fileURLToPath(new URL(`../../${workflows}`, import.meta.url)) }),
    ...options,
  });
  const running = worker.run();
  return async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
  };
}

/** Everything in a history as text, payloads decoded. */
export function wordsOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return typeof value === 'object' && value !== null ? Object.values(value).map(wordsOf).join('\n') : String(value);
}
