/** Leases of links (migration 0021): who runs a link, renewed each second by its owner. */
import type { Db } from './pool.ts';

/** A link by its workflow's id, and the run that asks. */
export interface Lease {
  link: string;
  owner: string;
}

/** An owner that has not renewed for so long is gone. It sends nothing after LEASE_HELD_MS, counted from before its renewal. */
const EXPIRES_AFTER = '10 seconds';
export const LEASE_HELD_MS = 8_000;
/** Who wants a lease given back says so each second, and may change its mind. */
const ASKED_WITHIN = '5 seconds';
/** An owner that missed two renewals is gone or cut off from the database. */
const FRESH_FOR = '3 seconds';

/** Takes the lease where nobody has it, or its owner is gone. Returns whether it is ours now. */
export async function takeLease(db: Db, { link, owner }: Lease): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into link_lease (link, owner, renewed_at) values ($1, $2, now())
    on conflict (link) do update set owner = excluded.owner, renewed_at = now(), asked_at = null
      -- Ours: the answer to an earlier try was lost.
      where link_lease.owner is null or link_lease.owner = excluded.owner
        or link_lease.renewed_at < now() - $3::interval`,
    [link, owner, EXPIRES_AFTER],
  );
  return rowCount === 1;
}

/** Renews it. Returns whether the owner is asked to give it back; undefined: another owns the link. */
export async function renewLease(db: Db, { link, owner }: Lease, status: object): Promise<boolean | undefined> {
  const { rows } = await db.query<{ asked: boolean }>(
    `update link_lease set renewed_at = now(), status = $3 where link = $1 and owner = $2
    returning coalesce(asked_at > now() - $4::interval, false) as asked`,
    [link, owner, JSON.stringify(status), ASKED_WITHIN],
  );
  return rows[0]?.asked;
}

/** Gives it back, so that the next owner need not wait. */
export async function releaseLease(db: Db, { link, owner }: Lease): Promise<void> {
  await db.query('update link_lease set owner = null where link = $1 and owner = $2', [link, owner]);
}

/** Asks whoever owns the link to give it back. */
export async function askForLease(db: Db, link: string): Promise<void> {
  await db.query('update link_lease set asked_at = now() where link = $1', [link]);
}

/** A lease as ops see it. */
export interface LeaseRow {
  link: string;
  /** Somebody owns it and has renewed it within the last seconds. */
  fresh: boolean;
  renewedAt: Date;
  status: Record<string, string | number | null> | null;
}

/** Every lease there ever was, by link: a few rows. */
export async function readLeases(db: Db): Promise<Map<string, LeaseRow>> {
  const { rows } = await db.query<LeaseRow>(
    `select link, owner is not null and renewed_at > now() - $1::interval as fresh, renewed_at as "renewedAt", status
    from link_lease`,
    [FRESH_FOR],
  );
  return new Map(rows.map((row) => [row.link, row]));
}
