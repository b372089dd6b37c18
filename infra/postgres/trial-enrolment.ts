/** How a class's trial begins: with its first text, in the transaction that writes it. */
import type { Db } from './pool.ts';
import type { CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import { packageOf } from '../../workflows/domain/subscription/state.ts';
import { trialEnd } from '../../workflows/domain/trial.ts';

/** What is received on trial: what a plain order brings, so that a yes changes nothing but the fee. */
function trialServices(profile: CarrierProfile): string[] {
  return [...new Set([...packageOf(profile, profile.defaultPackage)!.services, ...profile.gifts])];
}

/**
 * Puts every family of the message's classes on trial that has neither been on one nor a subscription, nor ever said
 * stop, in the caller's transaction: the class's first text begins its trial, a later one that of who joined since.
 * A carrier without trials has none of it.
 * @param now epoch ms
 */
export async function enrolInTrials(
  db: Db,
  { messageId, workflowId, now }: { messageId: string; workflowId: string; now: number },
  profile: CarrierProfile,
): Promise<void> {
  if (!profile.trial) return;
  const classes = await db.query<{ id: string }>(CLASSES, [messageId]);
  const endsAt = trialEnd(now, profile.trial.months, profile.zone);
  await db.query(ENROL, [
    messageId,
    classes.rows.map(({ id }) => id),
    profile.carrier,
    profile.billingUnit,
    profile.version,
    profile.defaultPackage,
    profile.trial.answerDays,
    new Date(now),
    new Date(endsAt),
    workflowId,
    trialServices(profile),
  ]);
}

/** The trials that the message began. */
export async function trialsOfMessage(db: Db, messageId: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>('select id from trial where message_id = $1 order by id', [
    messageId,
  ]);
  return rows.map(({ id }) => id);
}

/** Locked, so that two messages to a class at once begin one trial. */
const CLASSES = `
  select c.id from message m join class c on c.school_id = m.school_id and c.tenant = m.tenant
  where m.id = $1 and (m.audience ->> 'schoolId' = m.school_id or m.audience -> 'classIds' ? c.id or exists (
    select from student s where s.class_id = c.id and m.audience -> 'studentIds' ? s.id))
  order by c.id for no key update of c`;

const ENROL = `
  with family as (
    select distinct on (unit) unit, class_id, household_id, guardian_id
    from (
      select case $4 when 'household' then g.household_id else g.id end as unit, s.class_id, g.household_id,
        g.id as guardian_id
      from student s join guardianship gs on gs.student_id = s.id join guardian g on g.id = gs.guardian_id
      where s.class_id = any ($2::text[]) and g.tenant = $3
    ) member
    where not exists (select from trial_family f where f.tenant = $3 and f.unit = member.unit)
      and not exists (
        select from subscription s where s.tenant = $3 and s.unit = member.unit and s.state <> 'pending')
      and not exists (
        select from subscription_request r
        where r.tenant = $3 and r.unit = member.unit and r.outcome = 'not-subscribed')
    order by unit, class_id, guardian_id
  ), begun as (
    insert into trial (id, tenant, class_id, round, message_id, profile_version, package, answer_days, started_at,
      ends_at, services)
    select joined.class_id || case when next.round > 1 then ':' || next.round else '' end, $3, joined.class_id,
      next.round, $1, $5, $6, $7, $8, $9, $11::text[]
    from (select distinct class_id from family) joined
    cross join lateral (select count(*) + 1 as round from trial t where t.class_id = joined.class_id) next
    on conflict (class_id, message_id) do update set round = trial.round
    returning id, class_id
  ), enrolled as (
    insert into trial_family (tenant, unit, trial_id, household_id, payer_guardian_id)
    select $3, f.unit, b.id, f.household_id, f.guardian_id from family f join begun b using (class_id)
    on conflict (tenant, unit) do nothing
  )
  insert into trial_event (trial_id, type, actor, at, evidence)
  select id, 'started', $10, $8, jsonb_build_object('messageId', $1::text) from begun`;
