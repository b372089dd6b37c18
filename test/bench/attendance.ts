import { createAttendanceActivities } from '../../activities/attendance.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import type { Pool } from '../../infra/postgres/pool.ts';
import { attendanceEventId, TASK_QUEUE } from '../../workflows/ids.ts';
import { until } from '../support/poll.ts';
import { completedPerSecond, startEmpty, withEngine } from './engine.ts';
import type { BenchResult } from './result.ts';

const EVENTS = 1_000;
const STUDENTS = 500;
/** As swipes are started. */
const CONCURRENCY = 32;
/** Issue 3. */
const GOAL_RATIO = 0.85;
const GOAL_EVENTS = 8;

/**
 * Attendance events a second, from the start of the first to the completion of the last, over empty workflows started
 * the same way (eagerly, on the same worker and server); and how long an attendance event's history is.
 */
export function benchAttendance(): Promise<BenchResult[]> {
  const activities = ({ pool }: { pool: Pool }) => createAttendanceActivities({ pool, carriers: loadCarriers() });
  return withEngine('readers', activities, async (engine) => {
    const { pool, client } = engine;
    await fill(pool);
    const swipe = (seq: number) =>
      client.workflow.start('attendanceEvent', {
        workflowId: attendanceEventId('gate', 'bench', seq),
        taskQueue: TASK_QUEUE.readers,
        args: [{ deviceId: 'gate', boot: 'bench', seq }],
        requestEagerStart: true,
      });
    const round = (type: string, before: number, start: (n: number) => Promise<unknown>) =>
      completedPerSecond(engine, type, { before, count: EVENTS, atATime: CONCURRENCY }, start);
    const nothing = (n: number) => startEmpty(engine, 'readers', n);
    const rounds = [
      await round('emptyWorkflow', 0, nothing),
      await round('attendanceEvent', 0, swipe),
      await round('attendanceEvent', EVENTS, swipe),
      await round('emptyWorkflow', EVENTS, nothing),
    ] as const;
    // In between and around: the machine's mood changes.
    const empty = (rounds[0] + rounds[3]) / 2;
    const value = (rounds[1] + rounds[2]) / 2;
    await until('every event texted', async () => (await pool.query('select from sms')).rowCount === 2 * EVENTS);
    const { historyLength } = await client.workflow.getHandle(attendanceEventId('gate', 'bench', 1)).describe();
    const ratio = value / empty;
    return [
      {
        ...{ name: 'attendance-vs-empty-workflow', value, unit: 'events/s', ratio, goal: GOAL_RATIO },
        ...{ against: `empty workflows, ${Math.round(empty)}/s`, ok: ratio >= GOAL_RATIO },
      },
      {
        ...{ name: 'attendance-history-events', value: historyLength, unit: 'events', goal: GOAL_EVENTS },
        ok: historyLength <= GOAL_EVENTS,
      },
    ];
  });
}

/** A school of students with a card and a subscribed guardian each, and the swipes the bench is about. */
async function fill(pool: Pool): Promise<void> {
  await pool.query(`
    insert into school (id, tenant, name, kind) values ('k', 'gansu', '城关小学', 'primary');
    insert into teacher (id, tenant, school_id, name, phone) values ('t', 'gansu', 'k', '李红', '13800000000');
    insert into class (id, tenant, school_id, name, homeroom_teacher_id) values ('c', 'gansu', 'k', '一班', 't');
    insert into household (id, tenant) select 'h' || n, 'gansu' from generate_series(1, ${STUDENTS}) n;
    insert into guardian (id, tenant, household_id, name, phone)
      select 'g' || n, 'gansu', 'h' || n, '家长', (13900000000 + n)::text from generate_series(1, ${STUDENTS}) n;
    insert into student (id, tenant, school_id, class_id, household_id, name)
      select 's' || n, 'gansu', 'k', 'c', 'h' || n, '王小兵' from generate_series(1, ${STUDENTS}) n;
    insert into guardianship (guardian_id, student_id) select 'g' || n, 's' || n from generate_series(1, ${STUDENTS}) n;
    insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
      select 'gansu', 'h' || n, 'g' || n, 'home-school', '{home-school,safety-sms}', 'active', now()
      from generate_series(1, ${STUDENTS}) n;
    insert into card (school_id, number, student_id) select 'k', 'C' || n, 's' || n from generate_series(1, ${STUDENTS}) n;
    insert into reader (device_id, tenant, school_id, shard, key) values ('gate', 'gansu', 'k', '0', 'key');
    -- Each round of the school is two minutes after the last, so that none is debounced.
    insert into swipe (device_id, boot, seq, card, at, dir, received_at)
      select 'gate', 'bench', n, 'C' || (n % ${STUDENTS} + 1), at, 'in', at
      from generate_series(1, ${2 * EVENTS}) n
      cross join lateral (select now() + n / ${STUDENTS} * interval '2 minutes' as at) round;
    analyze school, guardian, student, guardianship, household, subscription, card, reader, swipe, pending;`);
}
