/** The record of who looked at whom, or changed what, and why. Nothing in it is ever changed. */
import { createHash } from 'node:crypto';
import type { AccountRole } from './accounts.ts';
import type { Db } from './pool.ts';

/** Whom or what something was about. */
export interface Subject {
  kind: string;
  id: string;
  /** Carriers whose admins see it. */
  tenants: string[];
}

/** A look or a change, as it is recorded. */
export interface Deed extends Subject {
  accountId: string;
  action: string;
  isChange: boolean;
  reason: string;
  note: string | null;
}

/** How many an account has looked at within the hour. */
export interface Looks {
  /** The same was recorded a moment ago: it is the same look, a page further or once more. */
  isRepeat: boolean;
  /** Families and teachers. */
  people: number;
  /** Phones that are nobody's: guesses. */
  unknown: number;
}

/** A page that is read to its end, or asked again while something is awaited, is one look. */
const SAME_LOOK_MINUTES = 10;
/** Of a busy machine the count stops here: more is as unusual. */
const COUNTED = 5_000;
const PEOPLE = `('guardian', 'teacher', 'stranger')`;

/** The subject of a phone that is nobody's: it is kept by its hash. */
export function nobodyOf(tenants: readonly string[], phone: string): Subject {
  const id = createHash('sha256').update(phone).digest('hex').slice(0, 32);
  return { kind: 'unknown-phone', id, tenants: [...tenants] };
}

/** Whose a phone is, in these carriers: nobody's is one subject for all of them. */
export async function subjectsOfPhone(db: Db, tenants: readonly string[], phone: string): Promise<Subject[]> {
  const { rows } = await db.query<Subject>(
    `with own as (
      select 'guardian' as kind, id, array[tenant] as tenants from guardian where phone = $2 and tenant = any ($1)
      union all
      select 'teacher', id, array[tenant] from teacher where phone = $2 and tenant = any ($1)
    )
    select * from own
    union all
    select case when exists (select from sms where phone = $2 and tenant = any ($1))
      or exists (select from mo where phone = $2 and tenant = any ($1)) then 'stranger' else 'unknown-phone' end, $3, $1
    where not exists (select from own)`,
    [tenants, phone, nobodyOf(tenants, phone).id],
  );
  return rows;
}

/**
 * Records a look or change, once for repeated looks, and not where the account has had enough of the hour's looks.
 * @param most looks of an account within an hour
 * @returns how many it had before
 */
export async function recordDeed(db: Db, deed: Deed, most: { people: number; unknown: number }): Promise<Looks> {
  const { rows } = await db.query<Looks>(
    `with recent as materialized (
      select action, subject_kind, subject_id, reason, at from audit
      where account_id = $1 and at > now() - interval '1 hour' and not is_change order by at desc limit ${COUNTED}
    ), had as (
      select count(distinct (subject_kind, subject_id)) filter (where subject_kind in ${PEOPLE}) as people,
        count(distinct subject_id) filter (where subject_kind = 'unknown-phone') as unknown,
        not $3 and coalesce(bool_or(action = $2 and subject_kind = $5 and subject_id = $6 and reason = $7
          and at > now() - make_interval(mins => ${SAME_LOOK_MINUTES})), false) as "isRepeat"
      from recent
    ), added as (
      insert into audit (account_id, action, is_change, tenants, subject_kind, subject_id, reason, note)
      select $1, $2, $3, $4, $5, $6, $7, $8 from had
      where $3 or (not "isRepeat" and people < $9 and unknown < $10)
    )
    select * from had`,
    [
      ...[deed.accountId, deed.action, deed.isChange, deed.tenants, deed.kind, deed.id, deed.reason, deed.note],
      ...[most.people, most.unknown],
    ],
  );
  return rows[0]!;
}

/** A row of the record as a carrier's admin sees it. */
export interface AuditRow {
  id: number;
  /** ISO time to the microsecond: with the id, its place in the list. */
  at: string;
  accountId: string;
  login: string;
  role: AccountRole;
  action: string;
  isChange: boolean;
  kind: string;
  subject: string;
  reason: string;
  note: string | null;
}

/** What to list: of an account, about some subjects, within a time. */
export interface AuditQuery {
  tenants: readonly string[];
  account: string | null;
  subjects: readonly Subject[] | null;
  from: Date | null;
  to: Date | null;
  after: [at: string, id: string] | undefined;
  limit: number;
}

/**
 * The carriers that rows of the record name together, each such set once, by one step in an index for each (Postgres has
 * no other way to find what is distinct without reading it all): every account has one of a few sets.
 */
const SHARED = `recursive shared (tenants) as (
  (select tenants from audit order by tenants limit 1)
  union all
  select (select d.tenants from audit d where d.tenants > shared.tenants order by d.tenants limit 1)
  from shared where shared.tenants is not null
)`;

/** A page of the record, the newest first. */
export async function listDeeds(db: Db, query: AuditQuery): Promise<AuditRow[]> {
  const { subjects } = query;
  const [parts, isOfPart] = subjects
    ? [
        'unnest($8::text[], $9::text[]) as part (kind, id)',
        'd.subject_kind = part.kind and d.subject_id = part.id and d.tenants && $1',
      ]
    : ['(select * from shared where tenants && $1) as part', 'd.tenants = part.tenants'];
  const { rows } = await db.query<AuditRow>(
    `with ${SHARED}
    select d.id, to_char(d.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, d.account_id as "accountId",
      a.login, a.role, d.action, d.is_change as "isChange", d.subject_kind as kind, d.subject_id as subject, d.reason, d.note
    from ${parts} cross join lateral (
      select * from audit d
      where ${isOfPart} and ($2::text is null or d.account_id = $2)
        and ($3::timestamptz is null or d.at >= $3) and ($4::timestamptz is null or d.at < $4)
        and ($5::timestamptz is null or (d.at, d.id) < ($5, $6::bigint))
      order by d.at desc, d.id desc limit $7
    ) d join account a on a.id = d.account_id
    order by d.at desc, d.id desc limit $7`,
    [
      query.tenants,
      query.account,
      query.from,
      query.to,
      query.after?.[0] ?? null,
      query.after?.[1] ?? null,
      query.limit,
      ...(subjects ? [subjects.map(({ kind }) => kind), subjects.map(({ id }) => id)] : []),
    ],
  );
  return rows;
}

/** What an account looked at in the last day. */
export interface DayOfLooks {
  accountId: string;
  login: string;
  role: AccountRole;
  people: number;
  unknown: number;
  /** Looks without a reason. */
  unstated: number;
}

/** Accounts that looked at more than is usual in the last day, those that guessed most first. */
export async function unusualLooks(
  db: Db,
  tenants: readonly string[],
  usual: { people: number; unknown: number },
): Promise<DayOfLooks[]> {
  const { rows } = await db.query<DayOfLooks>(
    `with ${SHARED}
    select a.id as "accountId", a.login, a.role, looks.people, looks.unknown, looks.unstated from (
      select account_id, count(distinct (subject_kind, subject_id)) filter (where subject_kind in ${PEOPLE}) as people,
        count(distinct subject_id) filter (where subject_kind = 'unknown-phone') as unknown,
        count(*) filter (where reason = 'unstated' and subject_kind in ${PEOPLE}) as unstated
      from shared join audit using (tenants)
      where shared.tenants && $1 and at > now() - interval '1 day' and not is_change group by account_id
    ) looks join account a on a.id = looks.account_id
    where looks.people > $2 or looks.unknown > $3
    order by looks.unknown desc, looks.people desc limit 100`,
    [tenants, usual.people, usual.unknown],
  );
  return rows;
}
