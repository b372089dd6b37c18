import type { Client } from '@temporalio/client';
import type { Config } from '../infra/config.ts';
import type { Carriers } from '../infra/carriers.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { carrierLinkId, readerLinkId, TASK_QUEUE } from '../workflows/ids.ts';

/** Binds per carrier. One is enough below the window's ceiling and keeps order; a carrier that grants more raises it. */
const LINKS_PER_CARRIER = 1;

/** Makes sure each carrier has its links: singletons by their workflow id, running already or started now. */
export async function startCarrierLinks(client: Client, carriers: Carriers, { smsRate }: Config): Promise<void> {
  for (const tenant of carriers.names) {
    for (let link = 0; link < LINKS_PER_CARRIER; link++) {
      await client.workflow.start('carrierLink', {
        workflowId: carrierLinkId(tenant, link),
        workflowIdConflictPolicy: 'USE_EXISTING',
        taskQueue: TASK_QUEUE.carrier,
        args: [{ tenant, link, links: LINKS_PER_CARRIER, rate: smsRate ?? null }],
      });
    }
  }
}

/** Makes sure each shard that has readers has its link. Called again now and then: schools join while we run. */
export async function startReaderLinks(client: Client, pool: Pool): Promise<void> {
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
