import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Carriers } from '../infra/carriers.ts';
import { setBinds } from '../infra/postgres/carrier-binds.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { MAX_BINDS, type SmppAddress } from '../infra/smpp/address.ts';
import type { Logger } from '../infra/telemetry/log.ts';
import { configureLink } from '../workflows/contracts.ts';
import { carrierLinkId, READER_LINK_QUEUE, readerLinkId, TASK_QUEUE } from '../workflows/ids.ts';
import { labels } from '../workflows/labels.ts';

/**
 * Makes sure each carrier has the links that its SMSC's address grants: singletons by their workflow id, running already
 * or started now. Each is told what is configured; an operator's rate holds until that changes. Links above their
 * number are ended; what they had claimed, link 0 settles.
 */
export async function startCarrierLinks(
  client: Client,
  pool: Pool,
  carriers: Carriers,
  { smppAddress, smsRate }: { smppAddress: (tenant: string) => SmppAddress; smsRate: number | undefined },
): Promise<void> {
  for (const tenant of carriers.names) {
    const { binds: links = 1, rate = smsRate ?? null } = smppAddress(tenant);
    await setBinds(pool, tenant, links);
    for (let link = links; link < MAX_BINDS; link++) if (!(await endLink(client, carrierLinkId(tenant, link)))) break;
    for (let link = 0; link < links; link++) {
      const configured = { links, rate };
      await client.workflow.signalWithStart('carrierLink', {
        ...labels('carrierLink', { tenant }),
        workflowId: carrierLinkId(tenant, link),
        taskQueue: TASK_QUEUE.carrier,
        args: [{ tenant, link, configured }],
        signal: configureLink,
        signalArgs: [configured],
      });
    }
  }
}

/** Returns whether there was one to end. */
async function endLink(client: Client, workflowId: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowId).cancel();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Shards are looked up again this often, for schools that join while we run. */
const SHARDS_EVERY_MS = 30_000;
/** And given up after so long where the engine does not answer. */
const SHARDS_WITHIN_MS = 25_000;

/**
 * Makes sure each shard that has readers has its link, now and from now on.
 * @returns stops looking for new shards
 */
export async function keepReaderLinks(client: Client, pool: Pool, log: Logger): Promise<() => void> {
  await startReaderLinks(client, pool);
  const again = setInterval(() => {
    const deadline = Date.now() + SHARDS_WITHIN_MS;
    client
      .withDeadline(deadline, () => startReaderLinks(client, pool))
      .catch((error: unknown) => log.error({ err: error }, 'reader links could not be started; tried again later'));
  }, SHARDS_EVERY_MS);
  return () => clearInterval(again);
}

async function startReaderLinks(client: Client, pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ tenant: string; shard: string }>('select distinct tenant, shard from reader');
  for (const { tenant, shard } of rows) {
    await client.workflow.start('readerLink', {
      ...labels('readerLink', { tenant }),
      workflowId: readerLinkId(tenant, shard),
      workflowIdConflictPolicy: 'USE_EXISTING',
      taskQueue: READER_LINK_QUEUE,
      args: [{ tenant, shard }],
    });
  }
}
