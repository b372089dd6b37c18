import type { Db } from './pool.ts';
import { DEBOUNCE_MS, type AttendanceOutcome, type Direction } from '../../workflows/domain/attendance.ts';
import type { SwipeKey } from './swipes.ts';

/** A stored swipe and whose it is. */
export interface SwipeFacts extends SwipeKey {
  tenant: string;
  schoolId: string;
  schoolName: string;
  card: string;
  at: Date;
  dir: Direction;
  receivedAt: Date;
  /** null when the card was taken out of the registry since. */
  studentId: string | null;
  studentName: string | null;
}

/** A swipe that is somebody's. */
export type OwnedSwipe = SwipeFacts & { studentId: string; studentName: string };

/** Those of the swipes that are stored. */
export async function findSwipeFacts(db: Db, keys: readonly SwipeKey[]): Promise<SwipeFacts[]> {
  const { rows } = await db.query<SwipeFacts>({
    name: 'find-swipe-facts',
    text: `select s.device_id as "deviceId", s.boot, s.seq, r.tenant, r.school_id as "schoolId",
        sc.name as "schoolName", s.card, s.at, s.dir,
        s.received_at as "receivedAt", c.student_id as "studentId", st.name as "studentName"
      from unnest($1::text[], $2::text[], $3::bigint[]) k (device_id, boot, seq)
      join swipe s using (device_id, boot, seq)
      join reader r using (device_id)
      join school sc on sc.id = r.school_id
      left join card c on c.school_id = r.school_id and c.number = s.card
      left join student st on st.id = c.student_id`,
    values: columnsOf(keys),
  });
  return rows;
}

/**
 * Locks the students until the transaction ends: two swipes of a child are decided one after the other, whichever
 * workers do it. A statement of its own, because what is read after it must see what the last holder wrote.
 */
export async function lockStudents(db: Db, studentIds: readonly string[]): Promise<void> {
  await db.query({
    name: 'lock-students',
    // In one order for all, so that two workers can't wait for each other.
    text: `select pg_advisory_xact_lock(hashtextextended('student/' || id, 0)) from unnest($1::text[]) id`,
    values: [[...new Set(studentIds)].sort()],
  });
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

/**
 * Reads, under the lock, what the decisions need.
 * @param swipes each with whose subscription counts, by its carrier's profile (spec §4)
 * @returns one for each, in their order
 */
export async function readNeighbourhoods(
  db: Db,
  swipes: readonly (OwnedSwipe & { billingUnit: 'household' | 'payer' })[],
): Promise<Neighbourhood[]> {
  type Row = Omit<Neighbourhood, 'guardians'> & { n: number } & (SwipeGuardian | { guardianId: null });
  const { rows } = await db.query<Row>({
    name: 'read-neighbourhoods',
    text: `select k.n, clock_timestamp() as now,
        exists (select from attendance a where (a.device_id, a.boot, a.seq) = (k.device_id, k.boot, k.seq)) as recorded,
        array(select a.at from attendance a join swipe s using (device_id, boot, seq)
          where a.student_id = k.student_id and a.dir = k.dir and s.card = k.card and a.outcome in ('texted', 'late')
            and a.at between k.at - ${DEBOUNCE_MS} * interval '1 ms' and k.at + ${DEBOUNCE_MS} * interval '1 ms') as told,
        g.id as "guardianId", g.phone,
        u.state in ('trial', 'active') and 'safety-sms' = any(u.services) as entitled
      from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[])
        with ordinality k (device_id, boot, seq, student_id, dir, card, at, billing_unit, n)
      left join (guardianship gs join guardian g on g.id = gs.guardian_id) on gs.student_id = k.student_id
      cross join lateral unit_service(g.tenant, case k.billing_unit when 'household' then g.household_id else g.id end) u
      order by k.n, g.id`,
    values: [
      ...columnsOf(swipes),
      swipes.map((swipe) => swipe.studentId),
      swipes.map((swipe) => swipe.dir),
      swipes.map((swipe) => swipe.card),
      swipes.map((swipe) => swipe.at),
      swipes.map((swipe) => swipe.billingUnit),
    ],
  });
  const found: Neighbourhood[] = [];
  for (const row of rows) {
    const { now, recorded, told } = row;
    const neighbourhood = (found[row.n - 1] ??= { now, recorded, told, guardians: [] });
    if (row.guardianId !== null) neighbourhood.guardians.push(row);
  }
  return found;
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

/** Writes attendances, and takes the swipes `settled` off what waits. */
export async function insertAttendances(
  db: Db,
  rows: readonly NewAttendance[],
  settled: readonly SwipeKey[],
): Promise<void> {
  await db.query({
    name: 'insert-attendances',
    text: `with done as (
        delete from pending p
        using unnest($11::text[], $12::text[], $13::bigint[]) k (device_id, boot, seq) join reader r using (device_id)
        where p.kind = 'swipe' and p.tenant = r.tenant and p.key = k.device_id || '/' || k.boot || '/' || k.seq
      )
      insert into attendance (device_id, boot, seq, tenant, school_id, student_id, dir, at, outcome, workflow_id)
      select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::timestamptz[], $9::text[], $10::text[])`,
    values: [
      ...columnsOf(rows),
      rows.map((row) => row.tenant),
      rows.map((row) => row.schoolId),
      rows.map((row) => row.studentId),
      rows.map((row) => row.dir),
      rows.map((row) => row.at),
      rows.map((row) => row.outcome),
      rows.map((row) => row.workflowId),
      ...columnsOf(settled),
    ],
  });
}

function columnsOf(keys: readonly SwipeKey[]): [string[], string[], number[]] {
  return [keys.map((key) => key.deviceId), keys.map((key) => key.boot), keys.map((key) => key.seq)];
}
