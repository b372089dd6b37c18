import type { Pool } from '../infra/postgres/pool.ts';
import type { CarrierLinkStatus } from '../workflows/contracts.ts';
import { FencedError, type LinkOwner } from './carrier-queue.ts';

/** What ops ask of a link. */
export interface Steering {
  /** Bound for receipts and parents' texts, sending nothing. */
  paused: boolean;
  /** Unbound. */
  drained: boolean;
  /** Segments a second, null: no limit of ours. */
  rate: number | null;
}

/** The last thing that went wrong on a link, whoever noticed it: an old one must not hide a new one. */
export class Trouble {
  #last: { lastError: string | null; lastErrorAt: string | null } = { lastError: null, lastErrorAt: null };

  get last(): Pick<CarrierLinkStatus, 'lastError' | 'lastErrorAt'> {
    return this.#last;
  }

  note(reason: string): void {
    this.#last = { lastError: reason, lastErrorAt: new Date().toISOString() };
  }
}

/**
 * Writes how the link is and reads what is asked of it, in one go.
 * @returns undefined while nobody has asked for anything
 * @throws FencedError when another owner has the link
 */
export async function reportAndAsk(
  pool: Pool,
  owner: LinkOwner,
  status: CarrierLinkStatus,
): Promise<Steering | undefined> {
  const { rows } = await pool.query<{ steering: Steering | null }>(
    `update carrier_link set status = $4, status_at = now() where tenant = $1 and link = $2 and epoch = $3
    returning steering`,
    [owner.tenant, owner.link, owner.epoch, JSON.stringify(status)],
  );
  if (!rows[0]) throw new FencedError(`link ${owner.tenant}/${owner.link} has a newer owner`);
  return rows[0].steering ?? undefined;
}

/** Leaves what ops ask of a link for its owner to find. */
export async function steer(pool: Pool, tenant: string, link: number, steering: Steering): Promise<void> {
  await pool.query(
    `insert into carrier_link (tenant, link, steering) values ($1, $2, $3)
    on conflict (tenant, link) do update set steering = excluded.steering`,
    [tenant, link, JSON.stringify(steering)],
  );
}

/** Parts whose fate is unknown: the operator's list, as long as it is short. */
export async function countUncertain(pool: Pool, tenant: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `select count(*) from sms_part p join sms s on s.id = p.sms_id
    where p.state = 'UNCERTAIN' and s.tenant = $1 and not exists (
      select from sms_part later where later.sms_id = p.sms_id and later.part = p.part and later.attempt > p.attempt)`,
    [tenant],
  );
  return rows[0]!.count;
}
