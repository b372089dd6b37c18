/** A class's trial from its start to its close. */
import type { Db } from './pool.ts';
import { enqueueSms } from './outbox.ts';
import type { Sight } from './sight.ts';
import type { CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import { TEXTS } from '../../workflows/domain/texts/index.ts';
import { lapsesAt, silentAt, type TrialEnding, type TrialFacts } from '../../workflows/domain/trial.ts';
import { trialPeriodId } from '../../workflows/ids.ts';

/** A trial's row with where it belongs. Times are null until it gets there. */
export interface Trial {
  id: string;
  tenant: string;
  classId: string;
  className: string;
  schoolId: string;
  schoolName: string;
  /** Households on it. */
  households: number;
  round: number;
  package: string;
  answerDays: number;
  startedAt: Date;
  endsAt: Date;
  decision: 'approved' | 'refused' | null;
  decidedAt: Date | null;
  notice1At: Date | null;
  notice2At: Date | null;
  silentAt: Date | null;
  closedAt: Date | null;
  closedAs: TrialEnding | null;
  quietFrom: string | null;
  quietUntil: string | null;
}

const trialsOf = (trials: string) => `
  select t.id, t.tenant, t.class_id as "classId", c.name as "className", s.id as "schoolId", s.name as "schoolName",
    (select count(distinct f.household_id) from trial_family f where f.trial_id = t.id) as households, t.round, t.package, t.answer_days as "answerDays", t.started_at as "startedAt", t.ends_at as "endsAt", t.decision,
    t.decided_at as "decidedAt", t.notice_1_at as "notice1At", t.notice_2_at as "notice2At", t.silent_at as "silentAt",
    t.closed_at as "closedAt", t.closed_as as "closedAs", s.quiet_from as "quietFrom", s.quiet_until as "quietUntil"
  from ${trials} t join class c on c.id = t.class_id join school s on s.id = c.school_id`;

/** The trial, if there is one. */
export async function findTrial(db: Db, id: string): Promise<Trial | undefined> {
  const { rows } = await db.query<Trial>(`${trialsOf('trial')} where t.id = $1`, [id]);
  return rows[0];
}

/** The trial, locked until the transaction ends. */
export async function lockTrial(db: Db, id: string): Promise<Trial | undefined> {
  const { rows } = await db.query<Trial>(`${trialsOf('trial')} where t.id = $1 for update of t`, [id]);
  return rows[0];
}

/**
 * Trials within the sight, newest first; `after` is the place of the last one seen. To single classes only their own: a
 * later one tells of who joined that they had not subscribed.
 */
export async function listTrials(
  db: Db,
  { tenants, schoolId, classIds }: Sight,
  after: [string, string] | undefined,
  limit: number,
): Promise<Trial[]> {
  const page = [after?.[0] ?? null, after?.[1] ?? null, limit];
  const newest = `($1::timestamptz is null or (t.started_at, t.id) < ($1::timestamptz, $2))
    order by t.started_at desc, t.id desc limit $3`;
  const { rows } =
    schoolId === null
      ? await db.query<Trial>(
          `${trialsOf(`(
            select t.* from unnest($4::text[]) carrier (id)
            cross join lateral (select * from trial t where t.tenant = carrier.id and ${newest}) t
            order by t.started_at desc, t.id desc limit $3)`)} order by t.started_at desc, t.id desc`,
          [...page, tenants],
        )
      : await db.query<Trial>(
          `${trialsOf('trial')} where s.id = $4 and t.tenant = any ($5) and ($6::text[] is null or c.id = any ($6) and t.round = 1) and ${newest}`,
          [...page, schoolId, tenants, classIds],
        );
  return rows;
}

export const FAMILY_STATES = [
  'unanswered',
  'awaiting-order',
  'confirmed',
  'declined',
  'silent',
  'refused',
  'lapsed',
  'not-taken',
  'cancelled',
] as const;
export type FamilyState = (typeof FAMILY_STATES)[number];

/** How many of the trial's families are where. */
export async function countFamilies(db: Db, trialId: string): Promise<Record<FamilyState, number>> {
  const { rows } = await db.query<{ state: FamilyState; count: number }>(
    'select state, count(*) from trial_family_state where trial_id = $1 group by state',
    [trialId],
  );
  const counts = new Map(rows.map(({ state, count }) => [state, count]));
  return Object.fromEntries(FAMILY_STATES.map((state) => [state, counts.get(state) ?? 0])) as Record<
    FamilyState,
    number
  >;
}

/** What the trial's next step is decided from. */
export async function trialFacts(db: Db, trial: Trial, { zone }: CarrierProfile): Promise<TrialFacts> {
  const counts = await countFamilies(db, trial.id);
  const reported = await db.query<{ until: Date | null }>(
    'select max(until_at) as until from trial_report where trial_id = $1',
    [trial.id],
  );
  const { quietFrom, quietUntil } = trial;
  return {
    startedAt: trial.startedAt.getTime(),
    endsAt: trial.endsAt.getTime(),
    answerDays: trial.answerDays,
    zone,
    quiet: quietFrom !== null && quietUntil !== null ? { from: quietFrom, until: quietUntil } : null,
    reports: trial.round === 1,
    reportedUntil: reported.rows[0]!.until?.getTime() ?? null,
    decision: trial.decidedAt && { approved: trial.decision === 'approved', at: trial.decidedAt.getTime() },
    notice1At: trial.notice1At?.getTime() ?? null,
    notice2At: trial.notice2At?.getTime() ?? null,
    unanswered: counts.unanswered,
    awaitingOrder: counts['awaiting-order'],
    closed: trial.closedAt !== null,
  };
}

/** One entry of a trial's record. */
export interface TrialEvent {
  trialId: string;
  type:
    | 'started'
    | 'report'
    | 'approved'
    | 'refused'
    | 'notice-1'
    | 'notice-2'
    | 'answer'
    | 'handed-over'
    | 'not-taken'
    | 'closed';
  unit?: string;
  /** Account id, guardian id, or workflow id. */
  actor: string;
  at: Date;
  evidence?: object;
}

/** An entry as it was recorded. */
export interface RecordedTrialEvent {
  type: TrialEvent['type'];
  /** Null: of the whole class. */
  unit: string | null;
  actor: string;
  at: Date;
  evidence: Record<string, unknown>;
}

/** Appends to the trial's record. */
export async function writeTrialEvent(db: Db, event: TrialEvent): Promise<void> {
  await db.query(
    'insert into trial_event (trial_id, type, unit, actor, at, evidence) values ($1, $2, $3, $4, $5, $6)',
    [event.trialId, event.type, event.unit ?? null, event.actor, event.at, event.evidence ?? {}],
  );
}

/** The trial's record, oldest first: a few lines a family. */
export async function trialEvents(db: Db, trialId: string): Promise<RecordedTrialEvent[]> {
  const { rows } = await db.query<RecordedTrialEvent>(
    'select type, unit, actor, at, evidence from trial_event where trial_id = $1 order by id',
    [trialId],
  );
  return rows;
}

/**
 * What was recorded of the unit's trial: of its class, and its own answers. Oldest first; reports left out.
 * @returns each with the login of the account that did it; null: a parent, or the workflow
 */
export async function trialEventsOfUnit(db: Db, tenant: string, unit: string) {
  const { rows } = await db.query<RecordedTrialEvent & { login: string | null }>(
    `select e.type, e.unit, e.actor, a.login, e.at, e.evidence
    from trial_family f join trial_event e on e.trial_id = f.trial_id and (e.unit is null or e.unit = f.unit)
    left join account a on a.id = e.actor
    where f.tenant = $1 and f.unit = $2 and e.type <> 'report' order by e.id`,
    [tenant, unit],
  );
  return rows;
}

/**
 * Records the principal's decision, in the caller's transaction with the trial locked. The same again changes nothing,
 * and neither does one on a trial of which all have answered: that they have is not told by a refusal.
 * @returns false where it was decided otherwise before, or too late
 */
export async function recordDecision(
  db: Db,
  trial: Trial,
  {
    decision,
    actor,
    at,
    note,
    zone,
  }: { decision: 'approved' | 'refused'; actor: string; at: Date; note?: string | undefined; zone: string },
): Promise<boolean> {
  if (trial.decision !== null) return trial.decision === decision;
  if (at.getTime() >= lapsesAt(trial.endsAt.getTime(), zone) || trial.closedAs === 'lapsed') return false;
  await db.query('update trial set decision = $2, decided_at = $3 where id = $1', [trial.id, decision, at]);
  await writeTrialEvent(db, {
    trialId: trial.id,
    type: decision,
    actor,
    at,
    evidence: note === undefined ? {} : { note },
  });
  return true;
}

/** From now on notice 1 may be printed. Done once. */
export async function issueNotice1(db: Db, trial: Trial, at: Date): Promise<void> {
  if (trial.notice1At !== null) return;
  await db.query('update trial set notice_1_at = $2 where id = $1', [trial.id, at]);
  await writeTrialEvent(db, { trialId: trial.id, type: 'notice-1', actor: trialPeriodId(trial.id), at });
}

/**
 * Texts notice 2 to the guardians of each family of which nobody has answered, in the caller's transaction with the
 * trial locked. Done once.
 * @returns how many were texted
 */
export async function sendNotice2(db: Db, trial: Trial, at: Date, profile: CarrierProfile): Promise<number> {
  if (trial.notice2At !== null) return 0;
  const { rows } = await db.query<{ id: string; phone: string; children: string[] }>(SILENT_GUARDIANS, [
    trial.id,
    profile.billingUnit,
    trial.classId,
  ]);
  const workflowId = trialPeriodId(trial.id);
  const sent = await enqueueSms(
    db,
    rows.map(({ id, phone, children }) => ({
      origin: `${workflowId}/notice-2/${id}`,
      tenant: trial.tenant,
      workflowId,
      kind: 'notice',
      phone,
      source: profile.shortCode,
      body: TEXTS.NOTICE_2.zh({
        school: trial.schoolName,
        children: children.map((name) => ({ name, className: trial.className })),
        days: trial.answerDays,
      }),
      guardianId: id,
      needs: 'open-trial',
    })),
  );
  const silent = new Date(silentAt(at.getTime(), trial.answerDays, profile.zone));
  await db.query('update trial set notice_2_at = $2, silent_at = $3 where id = $1', [trial.id, at, silent]);
  await writeTrialEvent(db, { trialId: trial.id, type: 'notice-2', actor: workflowId, at, evidence: { texts: sent } });
  return sent;
}

/** SQL of a row `f` of `trial_family_state`: neither this unit nor another of its household has answered. */
export const STILL_SILENT = `f.state = 'unanswered' and not exists (
    select from trial_family other
    where other.trial_id = f.trial_id and other.household_id = f.household_id and other.answer is not null)`;

/** Guardians of the class whose family has returned no slip and answered nothing. */
const SILENT_GUARDIANS = `
  select g.id, g.phone, of_class.children
  from (
    select gs.guardian_id as id, array_agg(s.name order by s.name) as children
    from guardianship gs join student s on s.id = gs.student_id where s.class_id = $3 group by gs.guardian_id
  ) of_class
  join guardian g on g.id = of_class.id
  join trial_family_state f
    on f.tenant = g.tenant and f.unit = case $2 when 'household' then g.household_id else g.id end
  where f.trial_id = $1 and ${STILL_SILENT}
  order by g.id`;

/**
 * Ends the trial, in the caller's transaction with the trial locked: who has not answered is served no more, and never
 * billed. Done once, and not while somebody's yes waits for its order: it came since the close was decided.
 */
export async function closeTrial(db: Db, trial: Trial, as: TrialEnding, at: Date): Promise<void> {
  if (trial.closedAt !== null || (await countFamilies(db, trial.id))['awaiting-order'] > 0) return;
  const { rows } = await db.query<{ unit: string }>(
    `update trial_family f set closed_as = $2, closed_at = $3 from trial_family_state silent
    where silent.trial_id = $1 and silent.state = 'unanswered' and (f.tenant, f.unit) = (silent.tenant, silent.unit)
    returning f.unit`,
    [trial.id, as, at],
  );
  const units = rows.map(({ unit }) => unit);
  await db.query('update trial set closed_at = $2, closed_as = $3 where id = $1', [trial.id, at, as]);
  await db.query(
    `insert into trial_event (trial_id, type, unit, actor, at, evidence)
    select $1, 'closed', each, $2, $3, jsonb_build_object('as', $4::text) from unnest($5::text[] || null::text) each`,
    [trial.id, trialPeriodId(trial.id), at, as, units],
  );
}

/** The school of a class's trial; undefined: there is none. */
export async function schoolOfTrial(db: Db, trialId: string): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>(
    'select c.school_id as id from trial t join class c on c.id = t.class_id where t.id = $1',
    [trialId],
  );
  return rows[0]?.id;
}
