import type { CancelCommand, Channel, SubscriptionView } from '../../workflows/contracts.ts';
import type { Service } from '../../workflows/domain/carrier-profile.ts';
import type { SubscriptionEvent, SubscriptionState } from '../../workflows/domain/subscription/state.ts';
import type { Db } from './pool.ts';

/** Keeps two transactions from deciding for one unit at once, also before it has a row. Held until the end. */
export async function lockUnit(db: Db, tenant: string, unit: string): Promise<void> {
  await lockUnits(db, tenant, [unit]);
}

/** The same for several, in the order given: whoever takes some of them at once must take them in one order. */
export async function lockUnits(db: Db, tenant: string, units: readonly string[]): Promise<void> {
  await db.query(
    `select pg_advisory_xact_lock(hashtextextended($1 || '/' || unit, 0)) from unnest($2::text[]) as asked (unit)`,
    [tenant, units],
  );
}

/** How long an offer is remembered by who got it (spec §6, JX). */
const OFFER_VALID = '7 days';

/**
 * Whether what waits for the unit's consent was offered to this phone when the parent spoke: a text that names it and its
 * price was handed to the carrier within the week before. What an order while it waited was answered offers it too.
 */
export async function wasOffered(
  db: Db,
  { tenant, unit, phone, at }: { tenant: string; unit: string; phone: string; at: Date },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `with others as (
      select request_id, at, not evidence ? 'unchanged' as is_new from subscription_event
      where tenant = $1 and unit = $2 and type = 'order' and channel not in ('sms', 'web')
    )
    select from others
    join sms on sms.origin = 'subscription/' || others.request_id || '/answer' and sms.phone = $3
    where others.at >= (select max(at) from others where is_new)
      and exists (
        -- What was said is known to the second.
        select from sms_part p where p.sms_id = sms.id and p.state = 'ACCEPTED'
          and p.at < $4::timestamptz + interval '1 second' and p.at > $4::timestamptz - $5::interval)
    limit 1`,
    [tenant, unit, phone, at, OFFER_VALID],
  );
  return rowCount === 1;
}

/** What the request was answered, if it was decided before. */
export async function readRequest(
  db: Db,
  tenant: string,
  requestId: string,
): Promise<{ unit: string; view: SubscriptionView } | undefined> {
  const { rows } = await db.query<{ unit: string; view: SubscriptionView }>(
    'select unit, answer as view from subscription_request where tenant = $1 and request_id = $2',
    [tenant, requestId],
  );
  return rows[0];
}

/** Remembers a request and its answer. Throws when the request id was used before. */
export async function writeRequest(db: Db, requestId: string, view: SubscriptionView): Promise<void> {
  await db.query(
    'insert into subscription_request (tenant, request_id, unit, outcome, answer) values ($1, $2, $3, $4, $5)',
    [view.tenant, requestId, view.unit, view.outcome, view],
  );
}

/** Whether somebody's order asked the unit for its consent within the last day. */
export async function wasAskedForConsent(db: Db, tenant: string, unit: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from subscription_request
    where tenant = $1 and unit = $2 and outcome = 'pending-consent' and at > now() - interval '1 day' limit 1`,
    [tenant, unit],
  );
  return rowCount === 1;
}

/** When something next happens to the unit by itself, as written last (epoch ms); null: nothing. */
export async function readDue(db: Db, tenant: string, unit: string): Promise<number | null> {
  const { rows } = await db.query<{ at: Date }>(
    'select due_at as at from subscription_due where tenant = $1 and unit = $2',
    [tenant, unit],
  );
  return rows[0]?.at.getTime() ?? null;
}

/**
 * Writes when something next happens to the unit by itself (epoch ms; null: nothing), under lockUnit.
 * @returns whether that is another time than was written before
 */
export async function writeDue(db: Db, tenant: string, unit: string, dueAt: number | null): Promise<boolean> {
  if (dueAt === null) {
    const gone = await db.query('delete from subscription_due where tenant = $1 and unit = $2', [tenant, unit]);
    return gone.rowCount === 1;
  }
  const written = await db.query(
    `insert into subscription_due as due (tenant, unit, due_at) values ($1, $2, $3)
    on conflict (tenant, unit) do update set due_at = excluded.due_at where due.due_at <> excluded.due_at`,
    [tenant, unit, new Date(dueAt)],
  );
  return written.rowCount === 1;
}

/** A deadline whose workflow has not come to it by then has lost it, with the engine's memory or a database restored. */
const OVERDUE_AFTER = '1 minute';
const REMINDED_AT_MOST = 1_000;

/** Lets the workflows of units be told again whose deadline has passed. */
export async function remindOverdue(db: Db, tenants: readonly string[]): Promise<void> {
  await db.query(
    `insert into pending (kind, tenant, key, next_at)
    select 'subscription', tenant, unit, now() from subscription_due
    where tenant = any ($1) and due_at < now() - $2::interval order by due_at limit $3
    on conflict (kind, tenant, key) do nothing`,
    [tenants, OVERDUE_AFTER, REMINDED_AT_MOST],
  );
}

interface Row {
  payer_guardian_id: string | null;
  package: string | null;
  services: Service[];
  state: SubscriptionState['state'];
  since: Date | null;
  waiting_package: string | null;
  next_package: string | null;
  next_payer_guardian_id: string | null;
  next_from: Date | null;
}

/** What the unit has now, its trial included; state `none` where there never was anything. */
export async function readSubscription(db: Db, tenant: string, unit: string): Promise<SubscriptionState> {
  const { rows } = await db.query<Row>('select * from unit_service($1, $2)', [tenant, unit]);
  const row = rows[0]!;
  return {
    state: row.state,
    package: row.package,
    services: row.services,
    since: row.since?.getTime() ?? null,
    payer: row.payer_guardian_id,
    waiting: row.waiting_package,
    next: row.next_package
      ? { package: row.next_package, payer: row.next_payer_guardian_id!, from: row.next_from!.getTime() }
      : null,
  };
}

/**
 * Makes the row say what is so; where nothing was ever ordered there is none, and one that no event explains ends. The only
 * writer of these rows is subscription-command.ts, under lockUnit.
 */
export async function writeSubscription(db: Db, tenant: string, unit: string, state: SubscriptionState): Promise<void> {
  if (state.state === 'none') {
    await db.query(
      `update subscription set state = 'cancelled', services = '{}', waiting_package = null, next_package = null,
        next_payer_guardian_id = null, next_from = null where tenant = $1 and unit = $2 and state <> 'cancelled'`,
      [tenant, unit],
    );
    return;
  }
  await db.query(
    `insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since,
      waiting_package, next_package, next_payer_guardian_id, next_from)
    values ($1, $2, $3, $4, $5, $6, to_timestamp($7::float8 / 1000), $8, $9, $10, to_timestamp($11::float8 / 1000))
    on conflict (tenant, unit) do update set payer_guardian_id = excluded.payer_guardian_id,
      package = excluded.package, services = excluded.services, state = excluded.state, since = excluded.since,
      waiting_package = excluded.waiting_package, next_package = excluded.next_package,
      next_payer_guardian_id = excluded.next_payer_guardian_id, next_from = excluded.next_from`,
    [
      tenant,
      unit,
      state.payer,
      state.package,
      state.services,
      state.state,
      state.since,
      state.waiting,
      state.next?.package ?? null,
      state.next?.payer ?? null,
      state.next?.from ?? null,
    ],
  );
}

/** By what an event came about: a command, or a paid year's end. */
export type EventCause = Omit<CancelCommand, 'channel' | 'scope' | 'saidAt'> & {
  channel: Channel | 'system';
  /** ChargeEvent.saidAt, epoch ms. */
  saidAt?: number | undefined;
};

/** Appends what a command did, numbered in its order. */
export async function writeEvents(
  db: Db,
  tenant: string,
  unit: string,
  command: EventCause,
  events: readonly SubscriptionEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await db.query(
    `insert into subscription_event (tenant, unit, request_id, ordinal, type, package, channel, actor,
      payer_guardian_id, at, received_at, said_at, evidence)
    select $1, $2, $3, each.ordinal - 1, each.type, each.package, $4, $5, $6, $7, $8,
      to_timestamp($13::float8 / 1000), case when each.unchanged then $9::jsonb || '{"unchanged": true}' else $9 end
    from unnest($10::text[], $11::text[], $12::boolean[]) with ordinality as each (type, package, unchanged, ordinal)`,
    [
      tenant,
      unit,
      command.requestId,
      command.channel,
      command.actor,
      command.guardianId,
      command.at,
      command.receivedAt,
      command.evidence,
      events.map(({ type }) => type),
      events.map((event) => event.package),
      events.map(({ unchanged = false }) => unchanged),
      command.saidAt ?? null,
    ],
  );
}
