/** The API's process. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { loadCarriers } from '../infra/carriers.ts';
import { ConfigError, readConfig } from '../infra/config.ts';
import { createPool, LONG_STATEMENT_MS } from '../infra/postgres/pool.ts';
import { connectTemporal } from '../infra/temporal/client.ts';
import { createLog } from '../infra/telemetry/log.ts';
import { createApp } from './app.ts';
import { safeError } from './safe-error.ts';
import { buildWeb } from './web/build.ts';

const DEFAULT_PORT = 8080;
/** Requests under way get this long at stop; all is over a second later. */
const DRAIN_MS = 2_000;
const STOP_MS = 3_000;

async function main(): Promise<void> {
  const carriers = loadCarriers();
  const config = readConfig(process.env, {
    carriers: carriers.names,
    required: ['DATABASE_URL', 'TEMPORAL_ADDRESS'],
  });
  const log = createLog('api');
  const { namespace, ui } = config.temporal;
  const [temporal, pages] = await Promise.all([
    connectTemporal({ address: config.temporal.address!, namespace }),
    // Pages that can't be built are no reason to refuse machines their API.
    buildWeb().catch((error: unknown) => void log.error({ error: safeError(error) }, 'the pages could not be built')),
  ]);
  const databaseUrl = config.databaseUrl!;
  const pool = createPool({ databaseUrl, name: 'api' });
  const longPool = createPool({ databaseUrl, max: 4, name: 'api-long', statementMs: LONG_STATEMENT_MS });
  const app = createApp({
    pool,
    longPool,
    temporal,
    carriers,
    log,
    pages: pages ?? undefined,
    allowedHosts: config.allowedHosts,
    opsToken: config.opsToken,
    ...(config.trustedProxies ? { trustedProxies: config.trustedProxies } : {}),
    ui: { url: ui, namespace },
  });

  const server = app.listen(config.port ?? DEFAULT_PORT, config.host);
  await once(server, 'listening');
  const url = urlOf(server.address() as AddressInfo);

  let stopping = false;
  async function stop(): Promise<void> {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOP_MS).unref();
    setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
    server.close();
    server.closeIdleConnections();
    await once(server, 'close');
    await Promise.all([pool.end(), longPool.end()]);
    // Last, and then at once out: what still waits to be tried again over a closed connection throws.
    await temporal.connection.close();
    process.exit(0);
  }
  const stopOrFail = () => void stop().catch(fail);
  process.on('SIGTERM', stopOrFail);
  // Ctrl-C reaches the whole terminal: a parent that started us says when it is our turn.
  process.on('SIGINT', () => !process.connected && stopOrFail());
  process.on('disconnect', stopOrFail);

  log.info({ url }, 'listening');
  process.send?.({ ready: true, url });
}

function urlOf({ address, port }: AddressInfo): string {
  const host = ['0.0.0.0', '::'].includes(address) ? '127.0.0.1' : address;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function fail(error: unknown): never {
  // What a person must put right is said in words; of anything else the message may hold data.
  const words = error instanceof ConfigError ? error.message : `api: ${JSON.stringify(safeError(error))}`;
  process.stderr.write(`${words}\n`);
  process.exit(1);
}

main().catch(fail);
