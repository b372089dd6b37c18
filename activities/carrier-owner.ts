/**
 * Who owns a carrier link, and what a dead owner left (architecture §3). Every statement of an owner that changes
 * something is fenced: it does nothing once another has taken the link.
 */
import { FORMER_PLACE, QUEUE_COLUMNS, QUEUE_VALUES } from '../infra/postgres/outbox.ts';
import { inTransaction, type Db, type Pool } from '../infra/postgres/pool.ts';
import { RESENT_AT, RESENT_LANES_UP_TO } from './carrier-resend.ts';
import { countAbandoned } from './carrier-uncertain.ts';

/** The link, and which of its owners is asking. */
export interface LinkOwner {
  tenant: string;
  link: number;
  links: number;
  epoch: number;
}

/** Another owner has the link: this one must stop at once. */
export class FencedError extends Error {
  override name = 'FencedError';

  constructor({ tenant, link }: LinkOwner) {
    super(`link ${tenant}/${link} has a newer owner`);
  }
}

/**
 * Takes the link: older owners are fenced off from here on. What they claimed and never settled becomes UNCERTAIN, and
 * what is resent goes back to the queue.
 * @returns the new owner
 */
export async function takeLink(pool: Pool, link: Omit<LinkOwner, 'epoch'>): Promise<LinkOwner> {
  return inTransaction(pool, async (db) => {
    const { rows } = await db.query<{ epoch: number }>(
      `insert into carrier_link (tenant, link, epoch) values ($1, $2, 1)
      on conflict (tenant, link) do update set epoch = carrier_link.epoch + 1 returning epoch`,
      [link.tenant, link.link],
    );
    await settleAbandoned(db, link.tenant, [link.link]);
    await countAbandoned(db, link.tenant, link.link);
    return { ...link, epoch: rows[0]!.epoch };
  });
}

/**
 * Settles unsettled batches: what was not handed over goes back to the queue, every other part without an outcome is
 * UNCERTAIN. Only called with all their owners fenced off.
 */
async function settleAbandoned(db: Db, tenant: string, links: number[]): Promise<void> {
  await db.query(
    `with abandoned as (
      update sms_batch set settled_at = now()
      where tenant = $1 and settled_at is null and link = any ($2)
      returning sms_ids, attempts, refs, handed
    ), claimed as (
      select distinct on (u.sms_id, u.attempt) u.sms_id, u.attempt, u.reference, coalesce(u.n <= handed, true) as handed
      from abandoned, unnest(sms_ids, attempts, refs) with ordinality u (sms_id, attempt, reference, n)
      -- A text that is in the queue again never left.
      where not exists (select from sms_queue q where q.sms_id = u.sms_id)
    ), text as (
      select * from claimed where handed
    ), returned as (
      insert into sms_queue (${QUEUE_COLUMNS}, attempt, reference, not_before)
      select ${QUEUE_VALUES}, c.attempt, c.reference, ${FORMER_PLACE}
      from claimed c join sms s on s.id = c.sms_id where not c.handed
      on conflict do nothing
    ), lost as (
      insert into sms_part (sms_id, part, attempt, state, error, reference)
      select t.sms_id, part, t.attempt, 'UNCERTAIN', 'the link''s owner was lost while it was sending', t.reference
      from text t join sms s on s.id = t.sms_id, generate_series(1, s.segments) part
      where not exists (
        select from sms_part p where p.sms_id = t.sms_id and p.part = part.part and p.state in ('ACCEPTED', 'REJECTED'))
      on conflict do nothing
      returning sms_id, attempt
    )
    insert into sms_queue (${QUEUE_COLUMNS}, attempt, reference, not_before)
    select distinct ${QUEUE_VALUES}, 2, t.reference, ${RESENT_AT}
    from lost l join text t on t.sms_id = l.sms_id and t.attempt = l.attempt join sms s on s.id = l.sms_id
    where l.attempt = 1 and s.lane <= $3 and (s.expires_at is null or s.expires_at > now())
    on conflict do nothing`,
    [tenant, links, RESENT_LANES_UP_TO],
  );
}

/** A link's owner that has not reported for this long is gone: it reports every second, and sends nothing unconfirmed. */
const GONE_AFTER = '15 seconds';

/**
 * Settles what links left that are no more, where nobody was there to give it back: until then nothing is claimed, as
 * those texts are first. Called by link 0.
 */
export async function settleRemovedLinks(pool: Pool, { tenant, links }: LinkOwner): Promise<void> {
  const { rowCount } = await pool.query(
    'select from sms_batch where tenant = $1 and settled_at is null and link >= $2 limit 1',
    [tenant, links],
  );
  if (rowCount === 0) return;
  await inTransaction(pool, async (db) => {
    const { rows } = await db.query<{ link: number }>(
      `update carrier_link set epoch = epoch + 1
      where tenant = $1 and link >= $2 and coalesce(status_at, '-infinity') < now() - $3::interval returning link`,
      [tenant, links, GONE_AFTER],
    );
    await settleAbandoned(
      db,
      tenant,
      rows.map(({ link }) => link),
    );
    if (rows[0]) await countAbandoned(db, tenant, rows[0].link);
  });
}
