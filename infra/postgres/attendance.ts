import type { Db } from './pool.ts';
import type { AttendanceOutcome, Direction } from '../../workflows/domain/attendance.ts';
import { DEBOUNCE_MS } from '../../workflows/domain/attendance.ts';
import type { SwipeKey } from './swipes.ts';

/** A stored swipe and whose it is. */
export interface SwipeFacts {
  tenant: string;
  schoolId: string;
  card: string;
  at: Date;
  dir: Direction;
  /** null when the card was taken out of the registry since. */
  studentId: string | null;
  studentName: string | null;
}

/**
 * The swipe, with its student locked until the transaction ends: two swipes of a child are decided one after the other,
 * whichever workers do it. Undefined when there is no such swipe.
 */
export async function lockSwipe(db: Db, key: SwipeKey): Promise<SwipeFacts | undefined> {
  const { rows } = await db.query<SwipeFacts>({
    name: 'lock-swipe',
    text: `select r.tenant, r.school_id as "schoolId", s.card, s.at, s.dir,
        c.student_id as "studentId", st.name as "studentName",
        pg_advisory_xact_lock(hashtextextended('student/' || c.student_id, 0))
      from swipe s join reader r using (device_id)
      left join card c on c.school_id = r.school_id and c.number = s.card
      left join student st on st.id = c.student_id
      where s.device_id = $1 and s.boot = $2 and s.seq = $3`,
    values: [key.deviceId, key.boot, key.seq],
  });
  return rows[0];
}

/** A guardian of the child, and whether they get its swipes. */
export interface SwipeGuardian {
  guardianId: string;
  phone: string;
  entitled: boolean;
}

/** What was decided before, and who is to hear. */
export interface Neighbourhood {
  now: Date;
  /** Its attendance is recorded already. */
  recorded: boolean;
  /** Times of the same card's swipes in the same direction that were told, near in time. */
  told: Date[];
  guardians: SwipeGuardian[];
}

/** Reads, under the lock, what the decision needs. `billingUnit` says whose subscription counts (spec §4). */
export async function readNeighbourhood(
  db: Db,
  key: SwipeKey,
  swipe: SwipeFacts & { studentId: string },
  billingUnit: 'household' | 'payer',
): Promise<Neighbourhood> {
  const { rows } = await db.query<
    Omit<Neighbourhood, 'guardians'> & { [K in keyof SwipeGuardian]: SwipeGuardian[K] | null }
  >({
    name: 'read-neighbourhood',
    text: `select clock_timestamp() as now,
        exists (select from attendance where (device_id, boot, seq) = ($1, $2, $3)) as recorded,
        array(select a.at from attendance a join swipe s using (device_id, boot, seq)
          where a.student_id = $4 and a.dir = $5 and s.card = $6 and a.outcome in ('texted', 'late')
            and a.at between $7::timestamptz - ${DEBOUNCE_MS} * interval '1 ms'
              and $7::timestamptz + ${DEBOUNCE_MS} * interval '1 ms') as told,
        g.id as "guardianId", g.phone, u.unit is not null as entitled
      from (select) one
      left join (guardianship gs join guardian g on g.id = gs.guardian_id) on gs.student_id = $4
      left join subscription u on u.tenant = g.tenant
        and u.unit = case $8 when 'household' then g.household_id else g.id end
        and u.state in ('trial', 'active') and 'safety-sms' = any(u.services)
      order by g.id`,
    values: [key.deviceId, key.boot, key.seq, swipe.studentId, swipe.dir, swipe.card, swipe.at, billingUnit],
  });
  const { now, recorded, told } = rows[0]!;
  const guardians = rows.filter((row) => row.guardianId !== null) as unknown as SwipeGuardian[];
  return { now, recorded, told, guardians };
}

export interface NewAttendance extends SwipeKey {
  tenant: string;
  schoolId: string;
  studentId: string;
  dir: Direction;
  at: Date;
  outcome: AttendanceOutcome;
  workflowId: string;
}

/** Writes the attendance and takes the swipe off those still to be recorded. */
export async function insertAttendance(db: Db, row: NewAttendance): Promise<void> {
  await db.query({
    name: 'insert-attendance',
    text: `with done as (delete from swipe_pending where (device_id, boot, seq) = ($5, $6, $7))
      insert into attendance (tenant, school_id, student_id, dir, device_id, boot, seq, at, outcome, workflow_id)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    values: [
      ...[row.tenant, row.schoolId, row.studentId, row.dir, row.deviceId],
      ...[row.boot, row.seq, row.at, row.outcome, row.workflowId],
    ],
  });
}

/** Takes the swipe off those still to be recorded. */
export async function forgetPending(db: Db, key: SwipeKey): Promise<void> {
  await db.query('delete from swipe_pending where (device_id, boot, seq) = ($1, $2, $3)', [
    key.deviceId,
    key.boot,
    key.seq,
  ]);
}
