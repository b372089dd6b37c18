import { createTeacherMessageActivities } from '../../activities/teacher-message.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { inTransaction, type Pool } from '../../infra/postgres/pool.ts';
import { messageCounts } from '../../infra/postgres/messages.ts';
import { enqueueSms, suppressSms } from '../../infra/postgres/outbox.ts';
import { giveToken } from './api.ts';
import { recordAnswer } from '../../infra/postgres/trial-answers.ts';
import { writeReport } from '../../infra/postgres/trial-reports.ts';
import { closeTrial, issueNotice1, lockTrial, sendNotice2 } from '../../infra/postgres/trials.ts';

const DAY = 86_400_000;
/** Trials of then are over, and may still be decided on. */
const START = Date.now() - 41 * DAY;
const carriers = loadCarriers();
const profile = carriers.profile('shanxi');
/** Families of each class; those of `one` and `two` are alone in theirs. */
const CLASSES = { paid: 8, tried: 8, one: 1, two: 1, late: 6, later: 6 };
type ClassId = keyof typeof CLASSES;

/** A family by its class and number: guardian, student and household are named by it. */
export const family = (of: ClassId, n: number) => `${of}-${n}`;
export const phoneOf = (of: ClassId, n: number) => `13900${Object.keys(CLASSES).indexOf(of)}0000${n}`;

const messageId = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const audiences = {
  class: { classIds: ['paid'] },
  'class and a class of one': { classIds: ['paid', 'one'] },
  'class and the class of the other': { classIds: ['paid', 'two'] },
  'one child': { studentIds: ['paid-1'] },
  'the other child': { studentIds: ['paid-2'] },
  'all but one': { studentIds: Array.from({ length: 7 }, (_, i) => `paid-${i + 2}`) },
  'all but the other': { studentIds: [1, 3, 4, 5, 6, 7, 8].map((n) => `paid-${n}`) },
  'a class of one': { classIds: ['one'] },
  'the class of the other': { classIds: ['two'] },
  school: { schoolId: 'k' },
};
/** Messages of the teacher by whom they are for; each twice: on its way, and sent. */
export const MESSAGES = Object.keys(audiences).flatMap((name, i) => [
  { name, state: 'sending', id: messageId(2 * i + 1) },
  { name, state: 'sent', id: messageId(2 * i + 2) },
]);

/**
 * A school of shanxi in which one of each pair of families pays, by any of the ways there are, and the other does not:
 * the first of each pair where `pays` is 1, the second where it is 2. All else is the same, to the ids.
 */
export async function noShameWorld(pool: Pool, pays: 1 | 2): Promise<void> {
  const not = pays === 1 ? 2 : 1;
  const [paying, notPaying] = pays === 1 ? (['one', 'two'] as const) : (['two', 'one'] as const);
  await addRoster(pool);
  for (const id of [family('paid', pays), family(paying, 1), family('paid', 3), family('paid', 4)])
    await subscribe(pool, id, 'active');
  for (const id of [family('paid', not), family(notPaying, 1), family('paid', 5)])
    await subscribe(pool, id, 'cancelled');
  for (const id of [6, 7, 8].map((n) => family('paid', n))) await subscribe(pool, id, 'active');
  await addTrials(pool, pays);
  await addMessages(pool);
  await addMorning(pool, pays);
}

async function addRoster(pool: Pool): Promise<void> {
  await pool.query(`
    insert into school (id, tenant, name, kind, quiet_from, quiet_until) values ('k', 'shanxi', '迎泽小学', 'primary', null, null);
    insert into teacher (id, tenant, school_id, name, phone) values ('t', 'shanxi', 'k', '李红', '13800000001');
    insert into account (id, tenants, role, login, school_id, teacher_id) values
      ('teacher', '{shanxi}', 'teacher', 'li', 'k', 't'), ('principal', '{shanxi}', 'school-admin', 'principal', 'k', null),
      ('cs', '{shanxi}', 'customer-service', 'cs', null, null), ('agent', '{shanxi}', 'agent', 'agent', null, null);
    insert into reader (device_id, tenant, school_id, shard, key) values ('r', 'shanxi', 'k', '0', 'k')`);
  for (const id of ['teacher', 'principal', 'cs', 'agent']) await giveToken(pool, id, id);
  for (const [id, families] of Object.entries(CLASSES)) {
    await pool.query(
      `insert into class (id, tenant, school_id, name, homeroom_teacher_id) values ($1, 'shanxi', 'k', $1 || '班', 't')`,
      [id],
    );
    for (let n = 1; n <= families; n++) await addFamily(pool, id as ClassId, n);
  }
}

async function addFamily(pool: Pool, of: ClassId, n: number): Promise<void> {
  const id = family(of, n);
  await pool.query(`insert into household (id, tenant) values ($1, 'shanxi')`, [id]);
  await pool.query(
    `insert into guardian (id, tenant, household_id, name, phone) values ($1, 'shanxi', $1, '家长', $2)`,
    [id, phoneOf(of, n)],
  );
  await pool.query(
    `insert into student (id, tenant, school_id, class_id, household_id, name) values ($1, 'shanxi', 'k', $2, $1, '学生')`,
    [id, of],
  );
  await pool.query('insert into guardianship (guardian_id, student_id) values ($1, $1)', [id]);
}

async function subscribe(pool: Pool, unit: string, state: 'active' | 'cancelled'): Promise<void> {
  await pool.query(
    `insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
    values ('shanxi', $1, $1, 'home-school', case $2 when 'active' then '{home-school,safety-sms}'::text[] else '{}' end, $2, $3)`,
    [unit, state, new Date(START)],
  );
  await pool.query(
    `insert into subscription_event (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at, received_at)
    select 'shanxi', $1, $1 || type, type, 'home-school', 'sms', $1, $1, $3, $3
    from unnest(case $2 when 'active' then '{order}'::text[] else '{order,cancel}' end) type`,
    [unit, state, new Date(START)],
  );
}

/** A class on trial of which all but one have answered, and two later ones of single families, one each way. */
async function addTrials(pool: Pool, pays: 1 | 2): Promise<void> {
  const at = (days: number) => new Date(START + days * DAY);
  await text(pool, messageId(101), { classIds: ['tried'] }, at(0));
  const yes = (n: number) => n === pays || n > 2;
  for (const n of [1, 2, pays === 1 ? 3 : 4, 5, 6, 7, 8])
    await answer(pool, 'tried', family('tried', n), yes(n) ? 'yes' : 'no', at(3));
  for (const [of, said] of [
    ['late', pays === 1 ? 'yes' : 'no'],
    ['later', pays === 1 ? 'no' : 'yes'],
  ] as const) {
    // All had subscribed, but for one that joined later.
    for (let n = 1; n <= 5; n++) await subscribe(pool, family(of, n), 'active');
    await pool.query(
      `insert into trial (id, tenant, class_id, round, message_id, profile_version, package, answer_days, started_at, ends_at, services)
      select $1::text || ':2', 'shanxi', $1, 2, $2, version, 'home-school', 7, $3, $4, '{home-school}' from (values ($5)) v (version)`,
      [of, messageId(101), at(0), at(30), profile.version],
    );
    await pool.query(
      `insert into trial_family (tenant, unit, trial_id, household_id, payer_guardian_id) values ('shanxi', $1, $2 || ':2', $1, $1)`,
      [family(of, 6), of],
    );
    await answer(pool, `${of}:2`, family(of, 6), said, at(3));
    await inTransaction(pool, async (db) => closeTrial(db, (await lockTrial(db, `${of}:2`))!, 'answered', at(31)));
  }
  await inTransaction(pool, async (db) => {
    await writeReport(db, (await lockTrial(db, 'tried'))!, { from: at(0), until: at(5) }, profile);
    await issueNotice1(db, (await lockTrial(db, 'tried'))!, at(31));
    await sendNotice2(db, (await lockTrial(db, 'tried'))!, at(34), profile);
  });
}

function answer(pool: Pool, trialId: string, unit: string, said: 'yes' | 'no', at: Date): Promise<boolean> {
  return inTransaction(pool, (db) =>
    recordAnswer(db, {
      ...{ trialId, tenant: 'shanxi', unit, answer: said, at, guardianId: unit, channel: 'agent', actor: 'agent' },
      ...{ requestId: `slip/${unit}`, package: 'home-school', evidence: { slip: 'R1' } },
    }),
  );
}

async function addMessages(pool: Pool): Promise<void> {
  for (const { name, id, state } of MESSAGES) {
    await text(pool, id, audiences[name as keyof typeof audiences], new Date(START + 40 * DAY));
    // As its workflow does: what waits for nothing is sent.
    const { queued, submitted } = await messageCounts(pool, id);
    await pool.query('update message set state = $2 where id = $1', [id, queued + submitted === 0 ? 'sent' : state]);
    if (state === 'sent') await refuse(pool, id);
  }
}

/** A message of the teacher, expanded. */
async function text(pool: Pool, id: string, audience: object, at: Date): Promise<void> {
  await pool.query(
    `insert into message (id, tenant, school_id, account_id, teacher_id, request_key, kind, audience, text, created_at)
    values ($1::uuid, 'shanxi', 'k', 'teacher', 't', $1::text, 'homework', $2, '带跳绳', $3)`,
    [id, audience, at],
  );
  const { expandMessage } = createTeacherMessageActivities({ pool, carriers });
  await expandMessage({ messageId: id, after: '', now: at.getTime() });
}

/** The carrier takes none of the message's texts. */
async function refuse(pool: Pool, id: string): Promise<void> {
  await pool.query(
    `with gone as (delete from sms_queue q using sms s where s.id = q.sms_id and s.message_id = $1 returning s.id)
    insert into sms_part (sms_id, part, state, smsc_id, error)
    select id, 1, 'REJECTED', null, 'no such number (ESME_RINVDSTADR)' from gone`,
    [id],
  );
}

/** A morning at the gate: the children of one pair swipe, one's parents are texted and the other's not. */
async function addMorning(pool: Pool, pays: 1 | 2): Promise<void> {
  for (const n of [1, 2] as const) {
    const id = family('paid', n);
    await pool.query(
      `insert into attendance (tenant, school_id, student_id, device_id, boot, seq, dir, at, outcome, workflow_id)
      values ('shanxi', 'k', $1, 'r', 'b', $2, 'in', now(), 'texted', $3)`,
      [id, n, `swipe/r/b/${n}`],
    );
    const texted = {
      origin: `swipe/r/b/${n}/${id}`,
      tenant: 'shanxi',
      workflowId: `swipe/r/b/${n}`,
      kind: 'safety',
    } as const;
    const whom = { phone: phoneOf('paid', n), guardianId: id, studentId: id };
    if (n === pays) await enqueueSms(pool, [{ ...texted, ...whom, source: '1065827031', body: '已到校' }]);
    else await suppressSms(pool, [{ ...texted, ...whom, reason: '未订制平安短信' }]);
  }
}
