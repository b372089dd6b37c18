import type { Pool } from '../infra/postgres/pool.ts';
import type { CarrierLinkStatus } from '../workflows/contracts.ts';
import { FencedError, type LinkOwner } from './carrier-owner.ts';
import type { LinkCounts } from './link-counts.ts';

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
 * Writes how the link is and what it did, and reads what is asked of it, in one go.
 * @returns undefined while nobody has asked for anything
 * @throws FencedError when another owner has the link
 */
export async function reportAndAsk(
  pool: Pool,
  owner: LinkOwner,
  status: CarrierLinkStatus,
  counts: LinkCounts,
): Promise<Steering | undefined> {
  const { rows } = await pool.query<{ steering: Steering | null }>(
    `update carrier_link set status = $4, status_at = now(), counts = $5
    where tenant = $1 and link = $2 and epoch = $3 returning steering`,
    [owner.tenant, owner.link, owner.epoch, JSON.stringify(status), JSON.stringify(counts)],
  );
  if (!rows[0]) throw new FencedError(owner);
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

/**
 * What earlier owners counted, who are fenced off and count no more, and what is asked of the link by now: what its
 * activity was started with may be weeks old.
 */
export async function readLeft(
  pool: Pool,
  { tenant, link }: LinkOwner,
): Promise<{ counts: Record<string, number>; steering: Steering | undefined }> {
  const { rows } = await pool.query<{ counts: Record<string, number> | null; steering: Steering | null }>(
    'select counts, steering from carrier_link where tenant = $1 and link = $2',
    [tenant, link],
  );
  return { counts: rows[0]?.counts ?? {}, steering: rows[0]?.steering ?? undefined };
}
