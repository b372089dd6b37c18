/**
 * A worker process: `node workers/main.ts [--roles core,carrier,readers]`, by default all three. Addresses come from
 * the environment (infra/config.ts). Says {ready: true} to a parent process when it polls, and drains and ends on
 * SIGTERM or when that parent is gone.
 */
import { parseArgs } from 'node:util';
import { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker, DefaultLogger } from '@temporalio/worker';
import { createActivities, type ActivityDeps } from '../activities/index.ts';
import { loadCarriers } from '../infra/carriers.ts';
import { ConfigError, readConfig, type Config, type Requirement } from '../infra/config.ts';
import { PENDING_KINDS } from '../infra/postgres/pending.ts';
import type { Pool } from '../infra/postgres/pool.ts';
import { createLog, type Logger } from '../infra/telemetry/log.ts';
import { workflowBundle } from '../infra/temporal/bundle.ts';
import { READER_LINK_QUEUE, TASK_QUEUE, type Role } from '../workflows/ids.ts';
import { createPendingStarter } from '../infra/temporal/pending-starter.ts';
import { ensureSearchAttributes } from '../infra/temporal/search-attributes.ts';
import { keepReaderLinks, startCarrierLinks } from './links.ts';
import { createPools } from './pools.ts';
import { startBillingSchedules, startReaderAlarmSchedules } from './schedules.ts';
import { sweepPending } from './sweeps.ts';
import { READER_LINK_TUNING, TUNING } from './tuning.ts';

/** What each role can't do without. */
const NEEDS: Record<Role, Requirement[]> = {
  core: ['DATABASE_URL', 'TEMPORAL_ADDRESS'],
  carrier: ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'SMPP_URL'],
  readers: ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'MQTT_URL'],
};

async function main(): Promise<void> {
  const roles = rolesAsked();
  const carriers = loadCarriers();
  const required = [...new Set(roles.flatMap((role) => NEEDS[role]))];
  const config = readConfig(process.env, { carriers: carriers.names, required });
  const log = createLog('worker');
  logThroughPino(log);

  const pools = createPools(config.databaseUrl!);
  const { pool } = pools;
  const connection = await NativeConnection.connect({ address: config.temporal.address! });
  const client = new Client({ connection, namespace: config.temporal.namespace });
  await ensureSearchAttributes(connection, config.temporal.namespace);
  const codePath = await workflowBundle();
  const smppAddress = smppAddresses(config);
  const starter = createPendingStarter({ pool, client, log });
  const stopping = new AbortController();
  const { signal } = stopping;
  const deps = {
    ...{ ...pools, carriers, client, starter, log, smppAddress, mqttUrl: config.mqttUrl ?? '' },
    stopping: signal,
  };
  const workers = await Promise.all(roles.flatMap((role) => createWorkers(role, deps, connection, codePath)));

  const runs = workers.map((worker) => worker.run());
  onStop(() => {
    stopping.abort();
    workers.filter((worker) => worker.getState() === 'RUNNING').forEach((worker) => worker.shutdown());
  });
  if (roles.includes('core')) await startBillingSchedules(client, carriers);
  const kinds = PENDING_KINDS.filter((kind) => roles.includes(kind === 'swipe' ? 'readers' : 'core'));
  const sweeping = sweepPending({ pool, starter, log, tenants: carriers.names, kinds }, signal);
  if (roles.includes('carrier'))
    await startCarrierLinks(client, pool, carriers, { smppAddress, smsRate: config.smsRate });
  if (roles.includes('readers')) await startReaderAlarmSchedules(client, carriers);
  const stopWatchingShards = roles.includes('readers') ? await keepReaderLinks(client, pool, log) : () => undefined;
  process.send?.({ ready: true });
  log.info({ roles }, 'worker is up');

  await Promise.all(runs);
  stopWatchingShards();
  // Where they ended by themselves.
  stopping.abort();
  await sweeping;
  await connection.close();
  await Promise.all(Object.values(pools).map((each: Pool) => each.end()));
}

function rolesAsked(): Role[] {
  const all = Object.keys(TASK_QUEUE) as Role[];
  const { values } = parseArgs({ options: { roles: { type: 'string', default: all.join(',') } } });
  const asked = values.roles.split(',');
  const unknown = asked.filter((role) => !(all as string[]).includes(role));
  if (unknown.length > 0) throw new ConfigError(`--roles: ${unknown.join(', ')} is not one of ${all.join(', ')}`);
  return asked as Role[];
}

function createWorkers(role: Role, deps: ActivityDeps, connection: NativeConnection, codePath: string) {
  const common = {
    connection,
    namespace: deps.client.options.namespace,
    workflowBundle: { codePath },
    activities: createActivities(role, deps),
  };
  const workers = [Worker.create({ ...common, taskQueue: TASK_QUEUE[role], ...TUNING[role] })];
  if (role === 'readers')
    workers.push(Worker.create({ ...common, taskQueue: READER_LINK_QUEUE, ...READER_LINK_TUNING }));
  return workers;
}

/** A carrier's own SMSC, else the one for all. */
function smppAddresses({ smpp, smppByCarrier }: Config): ActivityDeps['smppAddress'] {
  return (tenant) => {
    const address = smppByCarrier.get(tenant) ?? smpp;
    if (!address) throw new ConfigError(`no SMSC for ${tenant}: set SMPP_URL`);
    return address;
  };
}

function logThroughPino(log: Logger): void {
  const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
  Runtime.install({
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => log[levels[level]](meta ?? {}, message)),
    // We stop on signals ourselves, also when the parent is gone.
    shutdownSignals: [],
  });
}

function onStop(stop: () => void): void {
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.once('disconnect', stop);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
    else createLog('worker').fatal({ err: error }, 'worker ended');
    process.exit(1);
  },
);
