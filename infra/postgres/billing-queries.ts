/** What customer service asks about money. Everything is narrowed to the tenants the asker may see. */
import type { LedgerInputs } from '../../workflows/domain/billing-decision.ts';
import type { Balance, RunState } from './billing-runs.ts';
import type { Db } from './pool.ts';

/** One line of the ledger with what became of it. */
export interface ChargeRecord {
  id: number;
  tenant: string;
  unit: string;
  month: string;
  kind: 'fee' | 'reversal';
  package: string;
  fen: number;
  rule: string;
  profileVersion: string;
  decidedAt: Date;
  recordedAt: Date;
  reason: string;
  inputs: LedgerInputs;
  workflowId: string;
  /** Of a reversal: the fee it takes back; of a fee: what took it back last, if anything did. */
  linkedId: number | null;
}

const CHARGES = `
  select c.id, c.tenant, c.unit, to_char(c.month, 'YYYY-MM') as month, c.kind, c.package, c.fen, c.rule,
    c.profile_version as "profileVersion", c.decided_at as "decidedAt", c.recorded_at as "recordedAt", c.reason,
    c.inputs, c.workflow_id as "workflowId",
    coalesce(c.fee_id, (select max(back.id) from charge back where back.fee_id = c.id and back.kind = 'reversal')) as "linkedId"
  from charge c`;

export async function findCharge(db: Db, tenants: readonly string[], id: number): Promise<ChargeRecord | undefined> {
  const { rows } = await db.query<ChargeRecord>(`${CHARGES} where c.id = $2 and c.tenant = any($1)`, [tenants, id]);
  return rows[0];
}

/**
 * A page of the unit's ledger, newest first.
 * @param after the line to go on from; undefined: from the newest
 */
export async function chargesOfUnit(
  db: Db,
  { tenant, unit }: { tenant: string; unit: string },
  limit: number,
  after?: Pick<ChargeRecord, 'month' | 'id'>,
): Promise<ChargeRecord[]> {
  // Each kind has an index of its own: an index over both would slow every fee's insert for a rare question.
  const ofKind = (kind: string) => `${CHARGES} where c.tenant = $1 and c.unit = $2 and c.kind = '${kind}'
    and ($3::date is null or (c.month, c.id) < ($3, $4))`;
  const { rows } = await db.query<ChargeRecord>(
    `${ofKind('fee')} union all ${ofKind('reversal')} order by month desc, id desc limit $5`,
    [tenant, unit, after ? `${after.month}-01` : null, after?.id ?? null, limit],
  );
  return rows;
}

/** One attempt to collect a charge and what the carrier said to it; the oldest first. */
export interface CollectionRecord {
  fileId: number;
  line: number;
  attempt: number;
  toldAt: Date;
  outcome: 'success' | 'failure' | null;
  reason: string | null;
  answeredAt: Date | null;
  retryMonth: string | null;
}

/** What the carrier said to each of these charges; of a charge that it was never told of there is no entry. */
export async function collectionsOf(db: Db, chargeIds: readonly number[]): Promise<Map<number, CollectionRecord[]>> {
  const { rows } = await db.query<CollectionRecord & { chargeId: number }>(
    `select l.charge_id as "chargeId", l.file_id as "fileId", l.line, l.attempt, f.created_at as "toldAt", r.outcome,
      r.reason, r.at as "answeredAt", to_char(r.retry_month, 'YYYY-MM') as "retryMonth"
    from charge_file_line l
    join charge_file f on f.id = l.file_id
    left join charge_result r on r.file_id = l.file_id and r.line = l.line
    where l.charge_id = any($1) order by l.charge_id, l.attempt`,
    [chargeIds],
  );
  const byCharge = new Map<number, CollectionRecord[]>();
  for (const { chargeId, ...entry } of rows) byCharge.set(chargeId, [...(byCharge.get(chargeId) ?? []), entry]);
  return byCharge;
}

/** A recorded order, consent or cancel. */
export interface EventRecord {
  id: number;
  type: 'order' | 'consent' | 'cancel' | 'expire';
  package: string;
  channel: string;
  /** Account id, or guardian id where the parent did it. */
  actor: string;
  /** The account's, where it was one. */
  login: string | null;
  at: Date;
  receivedAt: Date;
  evidence: { moId?: number; slip?: string; signedOn?: string };
  /** What whoever did it for the parent wrote about it. */
  note: string | null;
}

const EVENTS = `
  select e.id, e.type, e.package, e.channel, e.actor, a.login, e.at, e.received_at as "receivedAt", e.evidence, n.note
  from subscription_event e left join subscription_note n using (tenant, request_id)
  left join account a on a.id = e.actor`;

/** The unit's events in order of time, its first thousand. */
export async function eventsOfUnit(db: Db, tenant: string, unit: string): Promise<EventRecord[]> {
  const { rows } = await db.query<EventRecord>(
    `${EVENTS} where e.tenant = $1 and e.unit = $2 order by e.at, e.id limit 1000`,
    [tenant, unit],
  );
  return rows;
}

/** The tenant's events with these ids, in order of time. */
export async function eventsById(db: Db, tenant: string, ids: readonly number[]): Promise<EventRecord[]> {
  const { rows } = await db.query<EventRecord>(`${EVENTS} where e.tenant = $1 and e.id = any($2) order by e.at, e.id`, [
    tenant,
    ids,
  ]);
  return rows;
}

/** Fees of the unit that the carrier refused and that stand. */
export async function arrearsOfUnit(db: Db, tenant: string, unit: string) {
  const { rows } = await db.query<{
    chargeId: number;
    month: string;
    fen: number;
    attempt: number;
    reason: string;
    retryMonth: string | null;
  }>(
    `select charge_id as "chargeId", to_char(month, 'YYYY-MM') as month, fen, attempt, reason,
      to_char(retry_month, 'YYYY-MM') as "retryMonth"
    from arrears where tenant = $1 and unit = $2 order by month`,
    [tenant, unit],
  );
  return rows;
}

/** A month as carrier admins see it. */
export interface RunRecord {
  tenant: string;
  month: string;
  state: RunState;
  startedAt: Date;
  chargedAt: Date | null;
  chunks: number;
  chunksCharged: number;
  balance: Balance | null;
  arrears: number;
  files: { id: number; lines: number; fen: number; answered: boolean }[];
}

/** The latest months of these carriers, newest first. */
export async function listRuns(db: Db, tenants: readonly string[], limit: number): Promise<RunRecord[]> {
  const { rows } = await db.query<RunRecord>(
    `with run as (
      select * from billing_run where tenant = any($1) order by month desc, tenant limit $2
    )
    select r.tenant, to_char(r.month, 'YYYY-MM') as month, r.state, r.started_at as "startedAt",
      r.charged_at as "chargedAt", r.balance, chunk.*,
      coalesce(owed.fees, 0) as arrears,
      coalesce((select jsonb_agg(jsonb_build_object('id', f.id, 'lines', f.lines, 'fen', f.fen,
          'answered', exists (select 1 from charge_result x where x.file_id = f.id)) order by f.id)
        from charge_file f where f.tenant = r.tenant and f.month = r.month), '[]') as files
    from run r
    left join (
      -- Refusals are read once, by their index, and not for each month.
      select tenant, month, count(*) as fees from arrears
      where tenant = any($1) and month >= (select min(month) from run) group by tenant, month
    ) owed on owed.tenant = r.tenant and owed.month = r.month
    cross join lateral (
      select count(*) as chunks, count(snapshot) as "chunksCharged"
      from billing_chunk c where c.tenant = r.tenant and c.month = r.month
    ) chunk
    order by r.month desc, r.tenant`,
    [tenants, limit],
  );
  return rows;
}

/** The texts of one phone, both ways, latest first: the complaint pack's evidence. */
export async function textsOfPhone(db: Db, tenant: string, phone: string, limit: number) {
  const { rows } = await db.query<{ at: Date; direction: 'to' | 'from'; kind: string; text: string; state: string }>(
    // The latest first, by their indexes, and then what became of these alone.
    `select at, direction, kind, text,
      coalesce(state, (select state from sms_status where sms_id = texts.sms_id)) as state
    from (
      (select s.created_at as at, 'to' as direction, s.kind, s.body as text, null as state, s.id as sms_id
      from sms s where s.tenant = $1 and s.phone = $2 order by s.created_at desc limit $3)
      union all
      (select m.received_at, 'from', coalesce(o.route, 'received'), m.body,
        case when o.answered then 'ANSWERED' else coalesce(o.reason, 'RECEIVED') end, null
      from mo m left join mo_outcome o on o.mo_id = m.id where m.tenant = $1 and m.phone = $2
      order by m.received_at desc limit $3)
      union all
      (select x.at, 'to', x.kind, x.reason, 'SUPPRESSED', null
      from sms_suppression x where x.tenant = $1 and x.phone = $2 order by x.at desc limit $3)
      order by at desc limit $3
    ) texts order by at desc`,
    [tenant, phone, limit],
  );
  return rows;
}
