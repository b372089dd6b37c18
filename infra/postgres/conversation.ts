/** Queries of conversations by SMS: who texted, to whom it may go, what was said before. */
import type { Db } from './pool.ts';
import type { OpenThread } from '../../workflows/domain/routing.ts';

/** A text as the carrier link stored it. */
export interface Mo {
  id: number;
  tenant: string;
  hash: string;
  phone: string;
  destination: string;
  body: string;
  /** When the SMSC received it: the decisive time (spec §5). */
  receivedAt: Date;
  /** When we learnt of it. */
  storedAt: Date;
}

export interface Guardian {
  id: string;
  householdId: string;
}

/** A pupil of a guardian, with class and homeroom teacher. */
export interface GuardiansChild {
  studentId: string;
  name: string;
  schoolId: string;
  classId: string;
  className: string;
  homeroomTeacherId: string;
}

/** The two of a thread, with what texting them takes. */
export interface ThreadPeople {
  guardianId: string;
  householdId: string;
  guardianPhone: string;
  teacherId: string;
  teacherName: string;
  teacherPhone: string;
  teacherSchoolId: string;
  teacherSchool: string;
}

/** Whose texts are served in turn: those of one phone to one carrier. */
export interface Line {
  tenant: string;
  phone: string;
}

/** Who sent the text; undefined: there is none. */
export async function lineOf(
  db: Db,
  text: { tenant: string; hash: string } | { moId: number },
): Promise<Line | undefined> {
  const { rows } = await db.query<Line>(
    'moId' in text
      ? { text: 'select tenant, phone from mo where id = $1', values: [text.moId] }
      : { text: 'select tenant, phone from mo where hash = $1 and tenant = $2', values: [text.hash, text.tenant] },
  );
  return rows[0];
}

/**
 * Makes the caller the one that serves the line, until its transaction ends. Nobody waits for another here: who is not
 * given it comes again.
 */
export async function takeLine(db: Db, { tenant, phone }: Line): Promise<boolean> {
  const { rows } = await db.query<{ taken: boolean }>(
    'select pg_try_advisory_xact_lock(hashtext($1), hashtext($2)) as taken',
    [tenant, phone],
  );
  return rows[0]!.taken;
}

/** The line's text that was said first of those that wait; undefined: none does. */
export async function nextText(db: Db, { tenant, phone }: Line): Promise<Mo | undefined> {
  const { rows } = await db.query<Mo>(
    `select mo.id, mo.tenant, mo.hash, mo.phone, mo.destination, mo.body, mo.received_at as "receivedAt",
      mo.stored_at as "storedAt"
    from pending p join mo on mo.hash = p.key
    where p.kind = 'inbound-sms' and p.tenant = $1 and p.turn = $2 order by p.turn_at, p.turn_no limit 1`,
    [tenant, phone],
  );
  return rows[0];
}

export async function findGuardian(db: Db, { tenant, phone }: Mo): Promise<Guardian | undefined> {
  const { rows } = await db.query<Guardian>(
    'select id, household_id as "householdId" from guardian where tenant = $1 and phone = $2',
    [tenant, phone],
  );
  return rows[0];
}

/** Whether the text's phone is a teacher's of its carrier. */
export async function isTeacher(db: Db, { tenant, phone }: Mo): Promise<boolean> {
  const { rowCount } = await db.query('select from teacher where tenant = $1 and phone = $2 limit 1', [tenant, phone]);
  return rowCount === 1;
}

/** The guardian's children, in the order a question lists them. */
export async function childrenOf(db: Db, guardianId: string): Promise<GuardiansChild[]> {
  const { rows } = await db.query<GuardiansChild>(
    `select s.id as "studentId", s.name, s.school_id as "schoolId", c.id as "classId", c.name as "className",
      c.homeroom_teacher_id as "homeroomTeacherId"
    from guardianship gs join student s on s.id = gs.student_id join class c on c.id = s.class_id
    where gs.guardian_id = $1 order by c.name, s.name, s.id`,
    [guardianId],
  );
  return rows;
}

/**
 * Those of the threads that the text's phone is one of the two of, and that are open: the guardian has a child in the
 * teacher's school.
 */
export async function openThreads(db: Db, { tenant, phone }: Mo, threadIds: number[]): Promise<OpenThread[]> {
  const { rows } = await db.query<OpenThread>(
    `select t.id as "threadId", case when g.phone = $2 then 'guardian' else 'teacher' end as side
    from thread t join guardian g on g.id = t.guardian_id join teacher te on te.id = t.teacher_id
    where t.tenant = $1 and $2 in (g.phone, te.phone) and t.id = any ($3::bigint[]) and exists (
      select from guardianship gs join student s on s.id = gs.student_id
      where gs.guardian_id = g.id and s.school_id = te.school_id)
    order by array_position($3::bigint[], t.id)`,
    [tenant, phone, threadIds],
  );
  return rows;
}

/** Texts looked back through for the latest thread. */
const RECENT_TEXTS = 50;

/** Addresses with an extension that texted this phone in the `ms` before its text, latest first. */
export async function recentSources(db: Db, mo: Mo, shortCode: string, ms: number): Promise<string[]> {
  const { rows } = await db.query<{ source: string }>(
    `select source from sms
    where phone = $1 and tenant = $2 and source like $3 || '_%'
      and created_at > $4::timestamptz - $5 * interval '1 millisecond'
    order by id desc limit $6`,
    [mo.phone, mo.tenant, shortCode, mo.receivedAt, ms, RECENT_TEXTS],
  );
  return [...new Set(rows.map(({ source }) => source))];
}

/** The thread of the two, made if there is none. */
export async function threadFor(db: Db, tenant: string, teacherId: string, guardianId: string): Promise<number> {
  const pair = [teacherId, guardianId];
  await db.query(
    `insert into thread (tenant, teacher_id, guardian_id) values ($3, $1, $2)
    on conflict (teacher_id, guardian_id) do nothing`,
    [...pair, tenant],
  );
  const { rows } = await db.query<{ id: number }>(
    'select id from thread where teacher_id = $1 and guardian_id = $2',
    pair,
  );
  return rows[0]!.id;
}

export async function threadPeople(db: Db, threadId: number): Promise<ThreadPeople> {
  const { rows } = await db.query<ThreadPeople>(
    `select g.id as "guardianId", g.household_id as "householdId", g.phone as "guardianPhone", te.id as "teacherId",
      te.name as "teacherName", te.phone as "teacherPhone", te.school_id as "teacherSchoolId",
      k.name as "teacherSchool"
    from thread t join guardian g on g.id = t.guardian_id join teacher te on te.id = t.teacher_id
    join school k on k.id = te.school_id where t.id = $1`,
    [threadId],
  );
  return rows[0]!;
}

/**
 * Whether the teacher may text the guardian back: home-school is subscribed, or the guardian wrote to this teacher in
 * the `ms` before and has cancelled nothing since.
 * @param unit the guardian's billing unit
 */
export async function mayTextGuardian(
  db: Db,
  mo: Mo,
  { guardianId, teacherId, unit, ms }: { guardianId: string; teacherId: string; unit: string; ms: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from unit_service($1, $2) where state in ('active', 'trial') and 'home-school' = any (services)
    union all
    select from (
      select r.at from reply_box r join thread t on t.id = r.thread_id
      where t.teacher_id = $3 and t.guardian_id = $4 and r.sender = 'guardian'
      union all
      select at from homeroom_mailbox where teacher_id = $3 and guardian_id = $4
    ) written
    where at > $5::timestamptz - $6 * interval '1 millisecond' and not exists (
      select from subscription_event e
      where e.tenant = $1 and e.unit = $2 and e.type = 'cancel' and e.at >= written.at)
    limit 1`,
    [mo.tenant, unit, teacherId, guardianId, mo.receivedAt, ms],
  );
  return rowCount === 1;
}

/** The open question to this phone, if it was asked in the `ms` before. */
export async function openQuestion(
  db: Db,
  mo: Mo,
  ms: number,
): Promise<{ moId: number; studentIds: string[]; askedAt: Date } | undefined> {
  const { rows } = await db.query<{ moId: number; studentIds: string[]; askedAt: Date }>(
    `select mo_id as "moId", student_ids as "studentIds", asked_at as "askedAt" from pending_choice
    where tenant = $1 and phone = $2 and asked_at > $3::timestamptz - $4 * interval '1 millisecond'`,
    [mo.tenant, mo.phone, mo.receivedAt, ms],
  );
  return rows[0];
}

/** Remembers the question; a newer one takes the place of an older. */
export async function askQuestion(db: Db, mo: Mo, studentIds: string[]): Promise<void> {
  await db.query(
    `insert into pending_choice (tenant, phone, mo_id, student_ids, asked_at) values ($1, $2, $3, $4, $5)
    on conflict (tenant, phone)
    do update set mo_id = excluded.mo_id, student_ids = excluded.student_ids, asked_at = excluded.asked_at`,
    [mo.tenant, mo.phone, mo.id, studentIds, mo.receivedAt],
  );
}

export async function closeQuestion(db: Db, mo: Mo): Promise<void> {
  await db.query('delete from pending_choice where tenant = $1 and phone = $2', [mo.tenant, mo.phone]);
}

export async function bodyOf(db: Db, moId: number): Promise<string> {
  const { rows } = await db.query<{ body: string }>('select body from mo where id = $1', [moId]);
  return rows[0]!.body;
}

/** When texts of this phone were answered by these routes, in the day before (epoch ms). */
export async function answeredAt(db: Db, mo: Mo, routes: string[]): Promise<number[]> {
  const { rows } = await db.query<{ at: Date }>(
    `select mo.received_at as at from mo join mo_outcome o on o.mo_id = mo.id
    where mo.phone = $1 and mo.tenant = $2 and o.answered and o.route = any ($3)
      and mo.received_at > $4::timestamptz - interval '1 day'`,
    [mo.phone, mo.tenant, routes, mo.receivedAt],
  );
  return rows.map(({ at }) => at.getTime());
}

/** When this side of the thread wrote, in the day before (epoch ms). */
export async function wroteAt(db: Db, mo: Mo, { threadId, side }: OpenThread): Promise<number[]> {
  const { rows } = await db.query<{ at: Date }>(
    `select at from reply_box where thread_id = $1 and sender = $2 and at > $3::timestamptz - interval '1 day'`,
    [threadId, side, mo.receivedAt],
  );
  return rows.map(({ at }) => at.getTime());
}

/** Puts the text in the reply-box. */
export async function recordReply(db: Db, mo: Mo, { threadId, side }: OpenThread): Promise<void> {
  await db.query('insert into reply_box (tenant, thread_id, mo_id, sender, body, at) values ($1, $2, $3, $4, $5, $6)', [
    mo.tenant,
    threadId,
    mo.id,
    side,
    mo.body,
    mo.receivedAt,
  ]);
}

/** Puts a parent's text in the homeroom teacher's mailbox. */
export async function recordMailbox(
  db: Db,
  mo: Mo,
  { moId, guardianId, child, body }: { moId: number; guardianId: string; child: GuardiansChild; body: string },
): Promise<void> {
  await db.query(
    `insert into homeroom_mailbox (tenant, class_id, teacher_id, student_id, guardian_id, mo_id, body, at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [mo.tenant, child.classId, child.homeroomTeacherId, child.studentId, guardianId, moId, body, mo.receivedAt],
  );
}

/** What became of a text. */
export interface MoOutcome {
  route: string;
  answered: boolean;
  /** Why there was no answer, or which one there was. */
  reason: string;
}

/** Records what became of the text; the first record stays. */
export async function recordOutcome(db: Db, moId: number, outcome: MoOutcome, workflowId: string): Promise<void> {
  await db.query(
    `insert into mo_outcome (mo_id, route, answered, reason, workflow_id) values ($1, $2, $3, $4, $5)
    on conflict (mo_id) do nothing`,
    [moId, outcome.route, outcome.answered, outcome.reason, workflowId],
  );
}
