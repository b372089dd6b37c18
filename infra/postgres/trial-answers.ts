/** What families answer to the fee notices, and the orders that come of it. */
import { heed, standsAfter, type FamilyWord } from '../../workflows/domain/trial-answer.ts';
import type { FamilyTrial } from '../../workflows/domain/trial-forecast.ts';
import { epochMs, type Db } from './pool.ts';
import { writeTrialEvent, type Trial } from './trials.ts';

/** A trial that a unit may still answer. */
export interface OpenTrial {
  trialId: string;
  endsAt: Date;
  /** Whether it is over, so that its workflow hands nothing over any more. */
  closed: boolean;
  /** Whether a notice had asked by then, so that a plain yes or no is an answer to it. */
  asked: boolean;
  /** Whether one had by text, which may be answered in any words. */
  texted: boolean;
}

/**
 * The trial that the unit may answer by what it said at `at`: it is on trial; or it gave the trial up and comes back
 * before its end; or it was in time, and was heard only after the trial was closed. A request answered before finds its
 * trial again. Locked until the caller's transaction ends, so that it isn't closed over an answer.
 */
export async function findOpenTrial(
  db: Db,
  { tenant, unit, at, requestId }: { tenant: string; unit: string; at: Date; requestId: string },
): Promise<OpenTrial | undefined> {
  // A statement of its own: what is found below is as the lock found it.
  await db.query(
    `select from trial where id = (select trial_id from trial_family where tenant = $1 and unit = $2) for no key update`,
    [tenant, unit],
  );
  const { rows } = await db.query<OpenTrial>(
    `select t.id as "trialId", t.ends_at as "endsAt", t.closed_at is not null as closed, coalesce(t.notice_1_at <= $3, false) as asked,
      coalesce(t.notice_2_at <= $3, false) as texted
    from trial_family f join trial t on t.id = f.trial_id cross join lateral unit_service(f.tenant, f.unit) s
    where f.tenant = $1 and f.unit = $2 and (f.request_id = $4 or s.state = 'trial' or s.state = 'cancelled' and (
      f.closed_as = 'silent' and $3 < t.silent_at or coalesce(f.closed_as, 'declined') = 'declined' and $3 < t.ends_at))`,
    [tenant, unit, at, requestId],
  );
  return rows[0];
}

/** A trial as it was, and when its family answered last (epoch ms). */
export interface HadTrial extends FamilyTrial {
  startedAt: number;
  answeredAt: number | null;
}

/** The unit's trial, if it ever had one, for telling what comes. */
export async function trialOfUnit(db: Db, tenant: string, unit: string): Promise<HadTrial | undefined> {
  const { rows } = await db.query<HadTrial>(
    `select coalesce(f.package, t.package) as package, f.answer, t.decision, ${epochMs('t.started_at')} as "startedAt",
      ${epochMs('t.ends_at')} as "endsAt", ${epochMs('f.answered_at')} as "answeredAt", ${epochMs('t.notice_1_at')} as "notice1At",
      ${epochMs('t.notice_2_at')} as "notice2At", ${epochMs('t.silent_at')} as "silentAt"
    from trial_family f join trial t on t.id = f.trial_id where f.tenant = $1 and f.unit = $2`,
    [tenant, unit],
  );
  return rows[0];
}

/** Which of the trial's units the guardian speaks for, if any. */
export async function findFamily(db: Db, trialId: string, unit: string): Promise<{ householdId: string } | undefined> {
  const { rows } = await db.query<{ householdId: string }>(
    'select household_id as "householdId" from trial_family where trial_id = $1 and unit = $2',
    [trialId, unit],
  );
  return rows[0];
}

/** What a family answers, and by what. */
export interface FamilyAnswer {
  trialId: string;
  tenant: string;
  unit: string;
  answer: 'yes' | 'no';
  at: Date;
  guardianId: string;
  channel: 'sms' | 'web' | 'agent' | 'admin' | 'customer-service';
  /** Account id, or guardian id where the parent said it. */
  actor: string;
  /** The order's, so that one answer orders once however often it is handed over. */
  requestId: string;
  package: string;
  /** `signedOn`: the date on the slip. */
  evidence: { moId?: number; slip?: string; signedOn?: string };
}

/**
 * Records an answer, in the caller's transaction. A yes keeps the free service until its order; before the trial's end
 * it brings back what was given up. A no ends the service at once.
 * @returns whether it is what the family says now: no later answer or cancel overrules it
 */
export async function recordAnswer(db: Db, answer: FamilyAnswer): Promise<boolean> {
  const { tenant, unit, at, evidence } = answer;
  const now = await readWord(db, tenant, unit);
  if (!now) return false;
  const { slip = null, signedOn = null } = evidence;
  const said = { ...answer, at: at.getTime(), byText: answer.channel === 'sms', slip, signedOn };
  const heeded = heed(now, said);
  if (heeded === 'later')
    await db.query('update trial_family set answered_at = $3 where tenant = $1 and unit = $2', [tenant, unit, at]);
  if (heeded === 'replaces') await replaceAnswer(db, answer);
  return standsAfter(heeded === 'replaces' ? said.answer : now.answer, now.stoppedAt, said);
}

async function readWord(db: Db, tenant: string, unit: string): Promise<FamilyWord | undefined> {
  const { rows } = await db.query<FamilyWord>(
    `select f.answer, ${epochMs('f.answered_at')} as "answeredAt", f.package, f.request_id as "requestId",
      f.evidence ->> 'slip' as slip, f.evidence ->> 'signedOn' as "signedOn",
      f.closed_as is not null or s.state = 'cancelled' as "hasEnded", ${epochMs('stop.at')} as "stoppedAt"
    from trial_family f cross join lateral unit_service(f.tenant, f.unit) s
    cross join lateral (select max(at) as at from subscription_event e
      where e.tenant = f.tenant and e.unit = f.unit and e.type = 'cancel') stop
    where f.tenant = $1 and f.unit = $2`,
    [tenant, unit],
  );
  return rows[0];
}

async function replaceAnswer(db: Db, answer: FamilyAnswer): Promise<void> {
  const { trialId, tenant, unit, at, actor, guardianId, channel, requestId, evidence } = answer;
  await db.query(
    `update trial_family set answer = $3, answered_at = $4, guardian_id = $5, channel = $6, actor = $7, request_id = $8,
      package = $9, evidence = $10, closed_as = case $3 when 'no' then 'declined' end,
      closed_at = case $3 when 'no' then $4::timestamptz end,
      declined_at = case $3 when 'no' then $4::timestamptz else declined_at end
    where tenant = $1 and unit = $2`,
    [tenant, unit, answer.answer, at, guardianId, channel, actor, requestId, answer.package, evidence],
  );
  const told = { ...evidence, answer: answer.answer, channel, package: answer.package };
  await writeTrialEvent(db, { trialId, type: 'answer', unit, actor, at, evidence: told });
}

/** Units of the household in the trial that have not answered: a slip that says no speaks for all of them. */
export async function unansweredUnits(db: Db, trialId: string, householdId: string): Promise<string[]> {
  const { rows } = await db.query<{ unit: string }>(
    `select unit from trial_family_state where trial_id = $1 and household_id = $2 and state = 'unanswered'
    order by unit`,
    [trialId, householdId],
  );
  return rows.map(({ unit }) => unit);
}

/** A yes whose order has not been made. */
export type ConfirmedFamily = Omit<FamilyAnswer, 'answer' | 'trialId'>;

/** The trial's families that said yes and have no order yet, at most `limit`. */
export async function confirmedFamilies(db: Db, trialId: string, limit: number): Promise<ConfirmedFamily[]> {
  const { rows } = await db.query<ConfirmedFamily>(
    `select tenant, unit, answered_at as at, guardian_id as "guardianId", channel, actor, request_id as "requestId",
      package, evidence
    from trial_family_state where trial_id = $1 and state = 'awaiting-order' order by unit limit $2`,
    [trialId, limit],
  );
  return rows;
}

/** Records that the subscription took the order, or, with a reason, that it didn't: then the service ends, unbilled. */
export async function recordHandOver(
  db: Db,
  trial: Trial,
  { unit, at, actor, refused }: { unit: string; at: Date; actor: string; refused?: string | undefined },
): Promise<void> {
  const evidence = refused === undefined ? {} : { reason: refused };
  await writeTrialEvent(db, {
    trialId: trial.id,
    type: refused === undefined ? 'handed-over' : 'not-taken',
    unit,
    actor,
    at,
    evidence,
  });
  if (refused === undefined) return;
  await db.query(`update trial_family set closed_as = 'not-taken', closed_at = $3 where tenant = $1 and unit = $2`, [
    trial.tenant,
    unit,
    at,
  ]);
}
