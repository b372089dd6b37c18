import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowHandle } from '@temporalio/client';

/** Where recorded histories are: test/replay holds today's workflows to them. */
export const HISTORIES = fileURLToPath(new URL('../replay/histories/', import.meta.url));

/**
 * Records the history of a workflow that a test has played, when run with RECORD_HISTORIES=1; does nothing otherwise.
 * Names of machines and their paths are left out.
 */
export async function recordHistory(name: string, handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<void> {
  if (!process.env['RECORD_HISTORIES']) return;
  const json = JSON.parse(historyToJSON(await handle.fetchHistory()), (key, value: unknown) => {
    if (['identity', 'stackTrace', 'binaryChecksum'].includes(key)) return undefined;
    return typeof value === 'string' ? value.replaceAll(hostname(), 'worker') : value;
  }) as object;
  mkdirSync(HISTORIES, { recursive: true });
  writeFileSync(`${HISTORIES}${name}.json`, `${JSON.stringify(json, null, 1)}\n`);
}
