/** The database side of a simulated year: its roster and events, what each month came to, and what must always hold. */
import { createHash } from 'node:crypto';
import { chargeEvent } from '../workflows/domain/billing-decision.ts';
import { decideCharges } from '../workflows/domain/charging.ts';
import type { CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import { eventsPage } from '../infra/postgres/billing-replay.ts';
import type { Db } from '../infra/postgres/pool.ts';
import type { SubscriptionState } from '../workflows/domain/subscription/state.ts';
import type { RecordedEvent } from './year-families.ts';

/** One school with a household, a guardian and a student for each family. */
export async function addRoster(db: Db, tenant: string, families: number): Promise<void> {
  await db.query(`insert into school (id, tenant, name, kind) values ('school', $1, '第一小学', 'primary')`, [tenant]);
  await db.query(
    `insert into teacher (id, tenant, school_id, name, phone) values ('teacher', $1, 'school', '老师', '13800000000')`,
    [tenant],
  );
  await db.query(
    `insert into class (id, tenant, school_id, name, homeroom_teacher_id)
    values ('class', $1, 'school', '一班', 'teacher')`,
    [tenant],
  );
  const each = `from generate_series(0, $2::integer - 1) n`;
  await db.query(`insert into household (id, tenant) select 'h' || n, $1 ${each}`, [tenant, families]);
  await db.query(
    `insert into guardian (id, tenant, household_id, name, phone)
    select 'g' || n, $1, 'h' || n, '家长', '139' || lpad(n::text, 8, '0') ${each}`,
    [tenant, families],
  );
  await db.query(
    `insert into student (id, tenant, school_id, class_id, household_id, name)
    select 's' || n, $1, 'school', 'class', 'h' || n, '学生' ${each}`,
    [tenant, families],
  );
  await db.query(
    `insert into guardianship (student_id, guardian_id) select 's' || n, 'g' || n
    from generate_series(0, $1::integer - 1) n`,
    [families],
  );
}

/** Records events, and what the families have now. */
export async function recordEvents(
  db: Db,
  { carrier: tenant, billingUnit }: CarrierProfile,
  events: readonly RecordedEvent[],
  states: readonly SubscriptionState[],
  month: string,
): Promise<void> {
  const prefix = billingUnit === 'household' ? 'h' : 'g';
  // A cancel of who never ordered is an event, and no subscription.
  const touched = [...new Set(events.map(({ family }) => family))].filter((family) => states[family]!.state !== 'none');
  const now = touched.map((family) => states[family]!);
  await db.query(
    `insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
    select $1, $2 || family, 'g' || family, coalesce(package, $3), '{}', state, to_timestamp(since / 1000)
    from unnest($4::integer[], $5::text[], $6::text[], $7::float8[]) as x (family, package, state, since)
    on conflict (tenant, unit) do update
      set package = excluded.package, state = excluded.state, since = excluded.since`,
    [
      ...[tenant, prefix, 'home-school', touched],
      now.map((each) => each.package),
      now.map(({ state }) => state),
      now.map(({ since }) => since ?? 0),
    ],
  );
  await db.query(
    `insert into subscription_event (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at,
      received_at)
    select $1, $2 || family, $3 || '/' || n, type, package, channel, 'g' || family, 'g' || family,
      to_timestamp(at / 1000), to_timestamp(received_at / 1000)
    from unnest($4::integer[], $5::text[], $6::text[], $7::text[], $8::float8[], $9::float8[]) with ordinality
      as x (family, type, package, channel, at, received_at, n)`,
    [
      ...[tenant, prefix, month],
      events.map(({ family }) => family),
      events.map(({ type }) => type),
      events.map((event) => event.package),
      events.map(({ channel }) => channel),
      events.map(({ at }) => at),
      events.map(({ receivedAt }) => receivedAt),
    ],
  );
}

/** What a month came to in the ledger. Fen. */
export interface MonthInLedger {
  fees: number;
  feeFen: number;
  waived: number;
  free: number;
  reversed: number;
  reversedFen: number;
  arrears: number;
  arrearsFen: number;
}

/** Adds up a month; `from` and `until` are its instants. Waived: ordered and cancelled in it, and nothing charged. */
export async function monthInLedger(
  db: Db,
  tenant: string,
  month: string,
  from: number,
  until: number,
): Promise<MonthInLedger> {
  const { rows } = await db.query<MonthInLedger>(
    `select ledger.*, (
        select count(*) from (
          select unit from subscription_event where tenant = $1 and at >= $3 and at < $4
          group by unit having bool_or(type <> 'cancel') and bool_or(type = 'cancel')
        ) both_said
        where not exists (select from charge c where c.tenant = $1 and c.unit = both_said.unit and c.month = $2::date)
      ) as waived,
      (select count(*) from arrears where tenant = $1 and month = $2::date) as arrears,
      (select coalesce(sum(fen), 0) from arrears where tenant = $1 and month = $2::date)::integer as "arrearsFen"
    from (
      select count(*) filter (where kind = 'fee' and fen > 0) as fees,
        coalesce(sum(fen) filter (where kind = 'fee'), 0)::integer as "feeFen",
        count(*) filter (where rule = 'R5') as free,
        count(*) filter (where kind = 'reversal') as reversed,
        coalesce(-sum(fen) filter (where kind = 'reversal'), 0)::integer as "reversedFen"
      from charge where tenant = $1 and month = $2::date
    ) ledger`,
    [tenant, `${month}-01`, new Date(from), new Date(until)],
  );
  return rows[0]!;
}

/** What must hold of any ledger, each as a question whose answer is how often it does not. */
const INVARIANTS: Record<string, string> = {
  'at most one standing fee for a unit in a month': `select count(*) from (
    select from charge c where kind = 'fee' and (fen = 0 or fee_left(c) > 0)
    group by tenant, unit, month having count(*) > 1) x`,
  'no fee without consent': `select count(*) from charge c where kind = 'fee' and not exists (
    select from subscription_event e where e.tenant = c.tenant and e.unit = c.unit and e.at <= c.decided_at
      and (e.type = 'consent' or e.type = 'order' and e.channel in ('sms', 'web')))`,
  'a reversal takes back its own unit’s fee, and never more than it': `select count(*) from charge back
    left join charge fee on fee.id = back.fee_id and fee.kind = 'fee'
    where back.kind = 'reversal' and (fee.unit is distinct from back.unit or fee_left(fee) < 0)`,
  'a late cancel takes back the whole fee': `select count(*) from charge back join charge fee on fee.id = back.fee_id
    where back.rule = 'R8' and (fee_left(fee) <> 0 or back.month <> fee.month)`,
  'Σ charges − reversals = Σ file lines': `select count(*) from billing_run
    where balance is null or not (balance ->> 'balanced')::boolean`,
  'every fee above zero that stands was told to the carrier, once': `select count(*) from charge c
    where kind = 'fee' and fee_left(c) > 0
      and (select count(*) from charge_file_line l where l.charge_id = c.id and l.attempt = 1) <> 1`,
  'a refused fee is asked for a bounded number of times': `select count(*) from charge_file_line where attempt > 3`,
};

/** Checks all of them; returns those that do not hold, in words. */
export async function brokenInvariants(db: Db): Promise<string[]> {
  const broken: string[] = [];
  for (const [words, sql] of Object.entries(INVARIANTS)) {
    const { rows } = await db.query<{ count: number }>(sql);
    if (rows[0]!.count > 0) broken.push(`${words}: ${rows[0]!.count} times not`);
  }
  return broken;
}

/** Compares what each unit paid, net, with the rules over all its events at once: charged in chunks and months = whole. */
export async function differencesFromRules(
  db: Db,
  tenant: string,
  versions: readonly CarrierProfile[],
  [first, last]: readonly [string, string],
  until: number,
): Promise<number> {
  const net = new Map<string, number>();
  const add = (key: string, fen: number) => net.set(key, (net.get(key) ?? 0) + fen);
  const { rows } = await db.query<{ key: string; fen: number }>(
    `select unit || ' ' || to_char(month, 'YYYY-MM') as key, fen from charge where tenant = $1`,
    [tenant],
  );
  for (const { key, fen } of rows) add(key, fen);
  for (let page, place = ''; (page = await eventsPage(db, tenant, place, until)); place = page.upto)
    for (const { unit, month, fen } of decideCharges(page.events.map(chargeEvent), versions, first, last))
      add(`${unit} ${month}`, -fen);
  return [...net.values()].filter((fen) => fen !== 0).length;
}

/** The ledger's content in one word: the same seed, the same word. */
export async function ledgerDigest(db: Db): Promise<string> {
  const { rows } = await db.query<{ line: string }>(
    `select concat_ws(' ', unit, to_char(month, 'YYYY-MM'), kind, package, fen, rule, date_part('epoch', decided_at))
      as line
    from charge order by unit, month, kind, id`,
  );
  return createHash('sha256')
    .update(rows.map(({ line }) => line).join('\n'))
    .digest('hex')
    .slice(0, 16);
}
