import type { Client } from '@temporalio/client';
import type { Config } from '../infra/config.ts';
import type { Carriers } from '../infra/carriers.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import type { Logger } from '../infra/telemetry/log.ts';
import { setLinkRate } from '../workflows/contracts.ts';
import { carrierLinkId, readerLinkId, TASK_QUEUE } from '../workflows/ids.ts';

/** Binds per carrier. One is enough below the window's ceiling and keeps order; a carrier that grants more raises it. */
const LINKS_PER_CARRIER = 1;

/**
 * Makes sure each carrier has its links: singletons by their workflow id, running already or started now. Either way they
 * are told the rate this start asks for; what ops signal later holds until the next start.
 */
export async function startCarrierLinks(client: Client, carriers: Carriers, { smsRate }: Config): Promise<void> {
  const rate = smsRate ?? null;
  for (const tenant of carriers.names) {
    for (let link = 0; link < LINKS_PER_CARRIER; link++) {
      await client.workflow.signalWithStart('carrierLink', {
        workflowId: carrierLinkId(tenant, link),
        taskQueue: TASK_QUEUE.carrier,
        args: [{ tenant, link, links: LINKS_PER_CARRIER, rate }],
        signal: setLinkRate,
        signalArgs: [rate],
      });
    }
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
