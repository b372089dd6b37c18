/** What the weekly reports of a trial count, and the reports as they were written. */
import type { Db } from './pool.ts';
import { writeTrialEvent, type Trial } from './trials.ts';
import type { CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import type { WeeklyFacts } from '../../workflows/domain/weekly-report.ts';
import { trialPeriodId } from '../../workflows/ids.ts';

/** A stored report. */
export interface TrialReport {
  number: number;
  from: Date;
  until: Date;
  facts: WeeklyFacts;
}

/** Opinions of one report: more is a book. */
const OPINIONS = 200;

/** Writes the report of [from, until), in the caller's transaction with the trial locked. Done once. */
export async function writeReport(
  db: Db,
  trial: Trial,
  { from, until }: { from: Date; until: Date },
  profile: CarrierProfile,
): Promise<void> {
  const facts = await weeklyFacts(db, trial, { from, until }, profile);
  const { rows } = await db.query<{ number: number }>(
    `insert into trial_report (trial_id, number, from_at, until_at, facts)
    select $1, (select count(*) + 1 from trial_report where trial_id = $1), $2, $3, $4
    on conflict (trial_id, until_at) do nothing returning number`,
    [trial.id, from, until, facts],
  );
  if (!rows[0]) return;
  await writeTrialEvent(db, {
    trialId: trial.id,
    type: 'report',
    actor: trialPeriodId(trial.id),
    at: until,
    evidence: { number: rows[0].number },
  });
}

/** The trial's reports, oldest first: five or six. */
export async function listReports(db: Db, trialId: string): Promise<TrialReport[]> {
  const { rows } = await db.query<TrialReport>(
    `select number, from_at as "from", until_at as until, facts from trial_report where trial_id = $1 order by number`,
    [trialId],
  );
  return rows;
}

/** Records an opinion once per account and key. */
export async function recordOpinion(
  db: Db,
  opinion: { trialId: string; accountId: string; requestKey: string; text: string; at: Date },
): Promise<void> {
  await db.query(
    `insert into trial_opinion (trial_id, account_id, request_key, text, at) values ($1, $2, $3, $4, $5)
    on conflict (account_id, request_key) do nothing`,
    [opinion.trialId, opinion.accountId, opinion.requestKey, opinion.text, opinion.at],
  );
}

async function weeklyFacts(
  db: Db,
  trial: Trial,
  { from, until }: { from: Date; until: Date },
  { billingUnit, zone }: CarrierProfile,
): Promise<WeeklyFacts> {
  const week = [trial.classId, from, until];
  const messages = await db.query<{ kind: string; count: number }>(MESSAGES, week);
  const texts = await db.query<WeeklyFacts['texts'] & { activeDays: number }>(TEXTS, [...week, zone]);
  const replies = await db.query<WeeklyFacts['replies']>(REPLIES, week);
  const families = await db.query<WeeklyFacts['families']>(FAMILIES, [trial.classId, trial.tenant, billingUnit]);
  const demo = await db.query('select from trial_demo where class_id = $1 limit 1', [trial.classId]);
  const opinions = await db.query<{ text: string }>(
    'select text from trial_opinion where trial_id = $1 and at >= $2 and at < $3 order by id limit $4',
    [trial.id, from, until, OPINIONS],
  );
  const { activeDays, ...fates } = texts.rows[0]!;
  return {
    messages: messages.rows,
    texts: fates,
    activeDays,
    replies: replies.rows[0]!,
    families: families.rows[0]!,
    demonstrated: demo.rowCount === 1,
    opinions: opinions.rows.map(({ text }) => text),
  };
}

/** Texts of teachers' messages to guardians of the class; an offset keeps the planner to the index of each message. */
const CLASS_TEXTS = `
  select s.id, s.created_at, m.id as message_id, m.kind
  from (
    select m.id, m.kind from message m join class c on c.school_id = m.school_id
    where c.id = $1 and m.created_at < $3 and (m.audience ->> 'schoolId' = m.school_id
      or m.audience -> 'classIds' ? c.id
      or exists (select from student st where st.class_id = c.id and m.audience -> 'studentIds' ? st.id))
  ) m
  cross join lateral (
    select * from sms where message_id = m.id and created_at >= $2 and created_at < $3 offset 0
  ) s
  where s.guardian_id in (
    select gs.guardian_id from guardianship gs join student st on st.id = gs.student_id where st.class_id = $1)`;

const MESSAGES = `
  select kind, count(distinct message_id) from (${CLASS_TEXTS}) text group by kind
  order by count(distinct message_id) desc, kind`;

const TEXTS = `
  select count(*) as sent, count(*) filter (where sms_counted_as(st.state, st.error is not null) = 'delivered') as delivered,
    count(*) filter (where sms_counted_as(st.state, st.error is not null) = 'failed') as failed,
    count(distinct (text.created_at at time zone $4)::date) as "activeDays"
  from (${CLASS_TEXTS}) text cross join lateral (select * from sms_status where sms_id = text.id limit 1) st`;

const REPLIES = `
  with guardian_of_class as (
    select gs.guardian_id as id from guardianship gs join student s on s.id = gs.student_id where s.class_id = $1
  ), reply as (
    select t.guardian_id as id, 'text' as way from reply_box r join thread t on t.id = r.thread_id
    where r.sender = 'guardian' and r.at >= $2 and r.at < $3 and t.guardian_id in (select id from guardian_of_class)
    union all
    select guardian_id, 'mailbox' from homeroom_mailbox where class_id = $1 and at >= $2 and at < $3
  )
  select count(*) filter (where way = 'text') as texts, count(*) filter (where way = 'mailbox') as mailbox,
    count(distinct id) as guardians
  from reply`;

/** Families are households, as the principal counts them; one is confirmed when any of its phones is. */
const FAMILIES = `
  with family as (
    select g.household_id,
      bool_or(s.state = 'active' or f.state = 'awaiting-order') as confirmed,
      bool_or(s.state = 'trial') as on_trial,
      bool_or(s.state = 'cancelled') as ended
    from student st join guardianship gs on gs.student_id = st.id join guardian g on g.id = gs.guardian_id
    cross join lateral (select case $3 when 'household' then g.household_id else g.id end as unit) billed
    cross join lateral unit_service($2, billed.unit) s
    left join trial_family_state f on f.tenant = $2 and f.unit = billed.unit
    where st.class_id = $1 group by g.household_id
  )
  select count(*) as all, count(*) filter (where confirmed) as confirmed,
    count(*) filter (where on_trial and confirmed is not true) as "onTrial",
    count(*) filter (where ended and confirmed is not true and on_trial is not true) as ended
  from family`;
