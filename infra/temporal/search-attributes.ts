import type { Connection } from '@temporalio/client';
import { setTimeout as delay } from 'node:timers/promises';
import { SEARCH_ATTRIBUTES } from '../../workflows/labels.ts';
import { ConfigError } from '../config.ts';

const KEYWORD = 2; // temporal.api.enums.v1.IndexedValueType
/** A server tells its parts of a new attribute within some seconds. */
const KNOWN_WITHIN_MS = 30_000;
const AGAIN_MS = 100;

/** As much of a connection as it takes. */
export type Services = Pick<Connection, 'operatorService' | 'workflowService'>;

/**
 * Registers what the namespace lacks of our search attributes, and waits until it knows them: before that, the server
 * refuses every start that sets one.
 * @throws ConfigError with the command for who may, where we may not
 */
export async function ensureSearchAttributes(services: Services, namespace: string): Promise<void> {
  if (await knowsThem(services, namespace)) return;
  const refused = await register(services, namespace).then(
    () => undefined,
    (error: Error) => error.message,
  );
  for (const deadline = Date.now() + (refused === undefined ? KNOWN_WITHIN_MS : 0); ; await delay(AGAIN_MS)) {
    if (await knowsThem(services, namespace)) return;
    if (Date.now() >= deadline) break;
  }
  const names = SEARCH_ATTRIBUTES.map((name) => `--name ${name} --type Keyword`).join(' ');
  throw new ConfigError(
    `Temporal's namespace ${namespace} lacks our search attributes${refused ? ` (${refused})` : ''}. Have them made: ` +
      `temporal operator search-attribute create --namespace ${namespace} ${names}`,
  );
}

async function register({ operatorService }: Services, namespace: string): Promise<void> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = SEARCH_ATTRIBUTES.filter((name) => !(name in customAttributes));
  await operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
  });
}

/** By asking for workflows that have them: who may start workflows may ask that. */
async function knowsThem({ workflowService }: Services, namespace: string): Promise<boolean> {
  const query = SEARCH_ATTRIBUTES.map((name) => `${name} = 'none'`).join(' and ');
  try {
    await workflowService.countWorkflowExecutions({ namespace, query });
    return true;
  } catch (error) {
    const INVALID_ARGUMENT = 3;
    if ((error as { code?: number }).code === INVALID_ARGUMENT) return false;
    throw error;
  }
}
