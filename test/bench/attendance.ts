import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createAttendanceActivities } from '../../activities/attendance.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { startPostgres } from '../../infra/embedded/postgres.ts';
import { ensureTemporalBinary, startTemporal } from '../../infra/embedded/temporal.ts';
import { migrate } from '../../infra/postgres/migrate.ts';
import { createPool, LONG_STATEMENT_MS, type Pool } from '../../infra/postgres/pool.ts';
import { attendanceEventId, TASK_QUEUE } from '../../workflows/ids.ts';
import { TUNING } from '../../workers/tuning.ts';
import { choosePort } from '../../infra/embedded/ports.ts';
import { until } from '../support/poll.ts';
import type { BenchResult } from './result.ts';

const NAMESPACE = 'bench';
const EVENTS = 1_000;
const STUDENTS = 500;
/** As the reader link starts them. */
const CONCURRENCY = 32;
/** Issue 3. */
const GOAL_RATIO = 0.85;
const GOAL_EVENTS = 8;

/**
 * Attendance events a second, from the start of the first to the completion of the last, over empty workflows started
 * the same way (eagerly, on the same worker and server); and how long an attendance event's history is.
 */
export async function benchAttendance(): Promise<BenchResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'campusline-bench-'));
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), port: await choosePort(0) });
  const temporal = await startTemporal({
    binary: await ensureTemporalBinary(),
    dataDir: join(folder, 'temporal'),
    port: await choosePort(0),
    uiPort: await choosePort(0),
    namespace: NAMESPACE,
  });
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  await migrate(postgres.url);
  const pool = createPool({ databaseUrl: postgres.url, max: 16, name: 'bench', statementMs: LONG_STATEMENT_MS });
  const connection = await NativeConnection.connect({ address: temporal.address });
  const worker = await Worker.create({
    connection,
    namespace: NAMESPACE,
    taskQueue: TASK_QUEUE.readers,
    workflowsPath: fileURLToPath(new URL('attendance-workflows.ts', import.meta.url)),
    activities: createAttendanceActivities({ pool, carriers: loadCarriers() }),
    ...TUNING.readers,
  });
  const running = worker.run();
  try {
    await fill(pool);
    const client = new Client({ connection, namespace: NAMESPACE });
    const rounds = [
      await eventsPerSecond(client, 'emptyWorkflow', 0),
      await eventsPerSecond(client, 'attendanceEvent', 0),
      await eventsPerSecond(client, 'attendanceEvent', EVENTS),
      await eventsPerSecond(client, 'emptyWorkflow', EVENTS),
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
  } finally {
    worker.shutdown();
    await running;
    await connection.close();
    await pool.end();
    await temporal.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts workflows of a type, as many at a time as the reader link does, and waits until all are completed. */
async function eventsPerSecond(client: Client, type: string, first: number): Promise<number> {
  const seqs = Array.from({ length: EVENTS }, (_, i) => first + i + 1);
  const begun = performance.now();
  const startNext = async (): Promise<void> => {
    for (let seq = seqs.shift(); seq !== undefined; seq = seqs.shift())
      await client.workflow.start(type, {
        workflowId: type === 'attendanceEvent' ? attendanceEventId('gate', 'bench', seq) : `empty/${seq}`,
        taskQueue: TASK_QUEUE.readers,
        args: [{ deviceId: 'gate', boot: 'bench', seq }],
        requestEagerStart: true,
      });
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, startNext));
  const completed = `WorkflowType = '${type}' and ExecutionStatus = 'Completed'`;
  await until(
    `all ${type} completed`,
    async () => (await client.workflow.count(completed)).count >= first + EVENTS,
    120_000,
    // Counting costs the server as much as some workflows do.
    250,
  );
  return EVENTS / ((performance.now() - begun) / 1_000);
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
