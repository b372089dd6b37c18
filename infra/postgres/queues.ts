/** Everything that waits for us, wherever it does: how much there is, and for how long the first in line has waited. */
import { PENDING_KINDS } from './pending.ts';
import type { Db } from './pool.ts';

/** `subscription-due`: deadlines that have passed. `outbox/…`: texts that may leave, by lane. */
export const QUEUE_NAMES = [
  ...PENDING_KINDS,
  'subscription-due',
  'outbox/0',
  'outbox/1',
  'outbox/2',
  'outbox/3',
  'outbox/4',
] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

/** One queue of a carrier. */
export interface Queue {
  queue: QueueName;
  tenant: string;
  waiting: number;
  /** Seconds. */
  oldest: number;
}

/**
 * Reads all that hold anything. Each table is as small as the backlog. A text is as old as its reason and no older than
 * the moment it may leave: one that was handed out and came back keeps its age.
 */
export async function readQueues(db: Db): Promise<Queue[]> {
  const { rows } = await db.query<Queue>(
    `select kind as queue, tenant, count(*) as waiting, extract(epoch from now() - min(since))::float8 as oldest
    from pending group by kind, tenant
    union all
    select 'subscription-due', tenant, count(*), extract(epoch from now() - min(due_at))::float8
    from subscription_due where due_at <= now() group by tenant
    union all
    select 'outbox/' || q.lane, q.tenant, q.waiting, extract(epoch from now()
      - greatest(s.created_at, case when first.reference is null then first.not_before end))::float8
    from (
      select tenant, lane, count(*) as waiting, min(sms_id) as first from sms_queue
      where not_before <= now() group by tenant, lane
    ) q join sms_queue first on first.sms_id = q.first join sms s on s.id = q.first
    order by queue, tenant`,
  );
  return rows;
}
