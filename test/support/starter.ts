/** Commands as the API gives them, and what tells the workflows. */
import type { Client } from '@temporalio/client';
import { loadCarriers } from '../../infra/carriers.ts';
import { inTransaction, type Pool } from '../../infra/postgres/pool.ts';
import { commandSubscription } from '../../infra/postgres/subscription-command.ts';
import { createLog } from '../../infra/telemetry/log.ts';
import { createPendingStarter, type PendingStarter } from '../../infra/temporal/pending-starter.ts';
import type { SubscriptionRequest, SubscriptionView } from '../../workflows/contracts.ts';
import { until } from './poll.ts';

/** Tells the workflows of this server. */
export function starterOf(pool: Pool, client: Client): PendingStarter {
  return createPendingStarter({ pool, client, log: createLog('test') });
}

/** Gives an order or cancel; when it returns, the unit's workflow knows when something is due. */
export async function command(
  { pool, client }: { pool: Pool; client: Client },
  request: SubscriptionRequest,
): Promise<SubscriptionView> {
  const { view, pending } = await inTransaction(pool, (db) => commandSubscription(db, loadCarriers(), request));
  if (!pending) return view;
  starterOf(pool, client).offer([pending]);
  await until('the workflow has looked', async () => {
    const { rowCount } = await pool.query(`select from pending where kind = 'subscription' and key = $1`, [
      request.unit,
    ]);
    return rowCount === 0;
  });
  return view;
}
