import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { Config } from '../infra/config.ts';
import { MAX_BINDS, type Carriers } from '../infra/carriers.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import type { Logger } from '../infra/telemetry/log.ts';
import { setLinkCount, setLinkRate } from '../workflows/contracts.ts';
import { carrierLinkId, readerLinkId, TASK_QUEUE } from '../workflows/ids.ts';

/**
 * Makes sure each carrier has the links its profile asks for: singletons by their workflow id, running already or
 * started now. Either way they are told how many there are and the rate this start asks for; what ops signal later holds
 * until the next start. Links above that number are ended; what they had claimed, link 0 settles.
 */
export async function startCarrierLinks(client: Client, carriers: Carriers, { smsRate }: Config): Promise<void> {
  const rate = smsRate ?? null;
  for (const tenant of carriers.names) {
    const { binds: links } = carriers.profile(tenant);
    for (let link = links; link < MAX_BINDS; link++) if (!(await endLink(client, carrierLinkId(tenant, link)))) break;
    for (let link = 0; link < links; link++) {
      const handle = await client.workflow.signalWithStart('carrierLink', {
        workflowId: carrierLinkId(tenant, link),
        taskQueue: TASK_QUEUE.carrier,
        args: [{ tenant, link, links, rate }],
        signal: setLinkRate,
        signalArgs: [rate],
      });
      await handle.signal(setLinkCount, links);
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

/**
 * Makes sure each shard that has readers has its link, now and from now on.
 * @returns stops looking for new shards
 */
export async function keepReaderLinks(client: Client, pool: Pool, log: Logger): Promise<() => void> {
  await startReaderLinks(client, pool);
  const again = setInterval(() => {
    startReaderLinks(client, pool).catch((error: unknown) =>
      log.error({ err: error }, 'reader links could not be started; tried again later'),
    );
  }, SHARDS_EVERY_MS);
  return () => clearInterval(again);
}

async function startReaderLinks(client: Client, pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ tenant: string; shard: string }>('select distinct tenant, shard from reader');
  for (const { tenant, shard } of rows) {
    await client.workflow.start('readerLink', {
      workflowId: readerLinkId(tenant, shard),
      workflowIdConflictPolicy: 'USE_EXISTING',
      taskQueue: TASK_QUEUE.readers,
      args: [{ tenant, shard }],
    });
  }
}
