import { join } from 'node:path';
import type { Config } from '../config.ts';
import { formatSmppUrl, type SmppAddress } from '../smpp/address.ts';
import type { StackAddresses } from './demo/demo-file.ts';
import { derive } from './demo/roster.ts';
import { STANDARD_PORTS, UsageError, type PortName, type StartOptions } from './options.ts';
import { choosePort } from './ports.ts';
import { postgresUrl } from './postgres-login.ts';

/** Which parts are ours to run, where everything is, and the secrets between the parts. */
export interface Plan {
  embedded: { postgres: boolean; temporal: boolean; broker: boolean; simulator: boolean };
  ports: Record<PortName, number>;
  databaseUrl: string;
  temporal: { address: string; ui: string | null };
  /** With our workers' login. */
  mqttUrl: string;
  platform: { username: string; password: string };
  fleet: { username: string; password: string };
  smpp: SmppAddress;
  /** What is told to the outside. */
  addresses: StackAddresses;
}

/**
 * Decides what is embedded (whatever has no address in the environment) and on which ports.
 * @param secret of the data folder
 * @throws UsageError when a port that was asked for is in use
 */
export async function makePlan(config: Config, options: StartOptions, carriers: number, secret: string): Promise<Plan> {
  const embedded = {
    postgres: !config.databaseUrl,
    temporal: !config.temporal.address,
    broker: !config.mqttUrl,
    // Not when every carrier has an SMSC of its own.
    simulator: !config.smpp && config.smppByCarrier.size < carriers,
  };
  const ports = await choosePorts(config, options, embedded);
  const platform = { username: 'platform', password: derive(secret, 'broker account of the platform') };
  const fleet = { username: 'fleet', password: derive(secret, 'broker account of the fleet').slice(0, 20) };
  const broker = `127.0.0.1:${ports['mqtt-port']}`;
  const mqttUrl = config.mqttUrl ?? `mqtt://${platform.username}:${platform.password}@${broker}`;
  const smpp = config.smpp ?? [...config.smppByCarrier.values()][0];
  // SMPP 3.4 §5.2.2: a password has eight characters at most.
  const simulator = { host: '127.0.0.1', port: ports['smpp-port'], tls: false, systemId: 'campusline' };
  const smppAddress =
    embedded.simulator || !smpp ? { ...simulator, password: derive(secret, 'SMSC').slice(0, 8) } : smpp;
  const temporal = config.temporal.address
    ? { address: config.temporal.address, ui: config.temporal.ui ?? null }
    : {
        address: `127.0.0.1:${ports['temporal-port']}`,
        ui: config.temporal.ui ?? `http://127.0.0.1:${ports['temporal-ui-port']}`,
      };
  return {
    ...{ embedded, ports, temporal, mqttUrl, platform, fleet, smpp: smppAddress },
    databaseUrl: config.databaseUrl ?? postgresUrl(join(config.dataDir, 'postgres'), ports['postgres-port']),
    addresses: {
      api: `http://127.0.0.1:${ports.port}`,
      temporal,
      ...(embedded.broker ? { mqtt: `mqtt://${broker}`, mqttCredentials: fleet } : withoutLogin(mqttUrl)),
      smpp: {
        host: smppAddress.host,
        port: smppAddress.port,
        systemId: smppAddress.systemId,
        password: smppAddress.password,
      },
      metrics: {
        url: `http://127.0.0.1:${ports.port}/metrics`,
        token: config.opsToken ?? derive(secret, 'token of ops').slice(0, 32),
      },
      handsets: embedded.simulator ? `http://127.0.0.1:${ports['handsets-port']}` : null,
    },
  };
}

/** What the parts read of the environment, whoever runs them (infra/config.ts). */
export function environmentOf(plan: Plan, config: Config): Record<string, string> {
  return {
    DATABASE_URL: plan.databaseUrl,
    TEMPORAL_ADDRESS: plan.temporal.address,
    TEMPORAL_NAMESPACE: config.temporal.namespace,
    TEMPORAL_UI_URL: plan.temporal.ui ?? '',
    MQTT_URL: plan.mqttUrl,
    SMPP_URL: formatSmppUrl(plan.smpp),
    PORT: String(plan.ports.port),
    OPS_TOKEN: plan.addresses.metrics.token,
    CAMPUSLINE_DATA: config.dataDir,
  };
}

async function choosePorts(
  config: Config,
  options: StartOptions,
  embedded: Plan['embedded'],
): Promise<Record<PortName, number>> {
  const asked = { port: config.port, ...options.ports };
  const needed: Record<PortName, boolean> = {
    port: true,
    'postgres-port': embedded.postgres,
    'temporal-port': embedded.temporal,
    'temporal-ui-port': embedded.temporal,
    'mqtt-port': embedded.broker,
    'smpp-port': embedded.simulator,
    'handsets-port': embedded.simulator,
  };
  const ports: Record<PortName, number> = { ...STANDARD_PORTS };
  for (const name of Object.keys(ports) as PortName[]) {
    if (!needed[name]) continue;
    const wanted = asked[name];
    ports[name] = await choosePort(wanted ?? STANDARD_PORTS[name]);
    // Who names a port has told others of it: another one would be no help.
    if (wanted && ports[name] !== wanted)
      throw new UsageError(`port ${wanted} (--${name}${name === 'port' ? ' or PORT' : ''}) is in use`);
  }
  return ports;
}

function withoutLogin(mqttUrl: string): Pick<StackAddresses, 'mqtt' | 'mqttCredentials'> {
  const url = new URL(mqttUrl);
  const { username, password } = url;
  url.username = url.password = '';
  const mqtt = url.href.replace(/\/$/, '');
  if (!username) return { mqtt };
  return {
    mqtt,
    mqttCredentials: { username: decodeURIComponent(username), password: decodeURIComponent(password) },
  };
}
