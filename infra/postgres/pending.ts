/** What is stored and waits for its workflow (migration 0017): one table and one sweep for all kinds. */
import type { Db } from './pool.ts';

/** What can wait. */
export const PENDING_KINDS = ['swipe', 'inbound-sms', 'message', 'message-cancel', 'subscription', 'trial'] as const;
export type PendingKind = (typeof PENDING_KINDS)[number];

/** One thing that waits. */
export interface Pending {
  kind: PendingKind;
  tenant: string;
  /** What its workflow's id is made of. */
  key: string;
  /** What its workflow is told: ids and words of ours, never people. */
  detail?: Readonly<Record<string, string>> | null;
}

/** A sweep offers again what it offered before after 5 s, then 10, then every 15: all is done within a minute of a fault. */
const AGAIN_AFTER_S = 5;
const AGAIN_AT_MOST_S = 15;

/** Records that something waits, in the transaction that stores it; what waits already is offered anew. */
export async function addPending(db: Db, { kind, tenant, key, detail = null }: Pending): Promise<void> {
  await db.query(
    `insert into pending (kind, tenant, key, detail) values ($1, $2, $3, $4)
    on conflict (kind, tenant, key) do update
      set detail = excluded.detail, next_at = excluded.next_at, attempts = 0`,
    [kind, tenant, key, detail],
  );
}

/** Records that it waits no more, in the transaction that did what it asked for. */
export async function donePending(db: Db, { kind, tenant, key }: Pending): Promise<void> {
  await db.query('delete from pending where kind = $1 and tenant = $2 and key = $3', [kind, tenant, key]);
}

/**
 * What of a kind waits longer than it should, oldest first, of each carrier at most `limit`. What is returned is not
 * returned again for a while, by no process: so what cannot be started hides nothing behind it. Of things of one turn
 * only the first is.
 */
export async function takeOverdue(
  db: Db,
  { kind, tenants, limit }: { kind: PendingKind; tenants: readonly string[]; limit: number },
): Promise<Pending[]> {
  const { rows } = await db.query<Pending>(
    `with overdue as (
      select p.place
      from unnest($2::text[]) t (tenant) cross join lateral (
        select ctid as place from pending p
        where p.kind = $1 and p.tenant = t.tenant and p.next_at <= now() and (p.turn is null or not exists (
          select from pending first
          where first.tenant = p.tenant and first.turn = p.turn
            and (first.turn_at, first.turn_no) < (p.turn_at, p.turn_no)))
        order by p.next_at limit $3 for update skip locked
      ) p
    )
    -- By where the rows are, so that the planner has nothing to guess when much waits.
    update pending p set attempts = p.attempts + 1,
      next_at = now() + least($5, $4 * (p.attempts + 1)) * interval '1 second'
    where ctid = any (array(select place from overdue))
    returning p.kind, p.tenant, p.key, p.detail`,
    [kind, tenants, limit, AGAIN_AFTER_S, AGAIN_AT_MOST_S],
  );
  return rows;
}

/**
 * Whether nothing of its turn waits before it. Asked after its own transaction has committed, and answered no, somebody
 * is serving the turn or will be started for it, and finds this too.
 */
export async function isFirstOfTurn(db: Db, { kind, tenant, key }: Pending): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from pending p join pending first on first.tenant = p.tenant and first.turn = p.turn
      and (first.turn_at, first.turn_no) < (p.turn_at, p.turn_no)
    where p.kind = $1 and p.tenant = $2 and p.key = $3 limit 1`,
    [kind, tenant, key],
  );
  return rowCount === 0;
}
