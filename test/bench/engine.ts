/** A worker of one role in this process, on a Postgres and a Temporal server of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { choosePort } from '../../infra/embedded/ports.ts';
import { startPostgres } from '../../infra/embedded/postgres.ts';
import { ensureTemporalBinary, startTemporal } from '../../infra/embedded/temporal.ts';
import { migrate } from '../../infra/postgres/migrate.ts';
import { createPool, LONG_STATEMENT_MS, type Pool } from '../../infra/postgres/pool.ts';
import { TASK_QUEUE, type Role } from '../../workflows/ids.ts';
import { TUNING } from '../../workers/tuning.ts';
import { until } from '../support/poll.ts';

const NAMESPACE = 'bench';

/** What a bench works with: the client is over the worker's own connection, so that starts may be eager. */
export interface Engine {
  pool: Pool;
  client: Client;
}

/** Runs `bench` beside a worker with these activities; everything is stopped and removed after it. */
export async function withEngine<T>(
  role: Role,
  activities: (engine: Engine) => object,
  bench: (engine: Engine) => Promise<T>,
): Promise<T> {
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
  const engine = { pool, client: new Client({ connection, namespace: NAMESPACE }) };
  const worker = await Worker.create({
    connection,
    namespace: NAMESPACE,
    taskQueue: TASK_QUEUE[role],
    workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
    activities: activities(engine),
    ...TUNING[role],
  });
  const running = worker.run();
  try {
    return await bench(engine);
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

/** Starts `count` workflows, so many at a time, and tells how many a second were completed. */
export async function completedPerSecond(
  { client }: Engine,
  type: string,
  { before, count, atATime }: { before: number; count: number; atATime: number },
  start: (n: number) => Promise<unknown>,
): Promise<number> {
  const numbers = Array.from({ length: count }, (_, i) => before + i + 1);
  const begun = performance.now();
  const startNext = async (): Promise<void> => {
    for (let n = numbers.shift(); n !== undefined; n = numbers.shift()) await start(n);
  };
  await Promise.all(Array.from({ length: atATime }, startNext));
  const completed = `WorkflowType = '${type}' and ExecutionStatus = 'Completed'`;
  await until(
    `all ${type} completed`,
    async () => (await client.workflow.count(completed)).count >= before + count,
    120_000,
    // Counting costs the server as much as some workflows do.
    250,
  );
  return count / ((performance.now() - begun) / 1_000);
}

/** Starts an empty workflow as what it is compared with is started. */
export function startEmpty({ client }: Engine, role: Role, n: number): Promise<unknown> {
  return client.workflow.start('emptyWorkflow', {
    workflowId: `empty/${n}`,
    taskQueue: TASK_QUEUE[role],
    args: [{ deviceId: 'gate', boot: 'bench', seq: n }],
    requestEagerStart: true,
  });
}
