import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { parseSmppUrl, type SmppAddress } from './smpp/address.ts';

/** Everything the environment says (architecture §4). What is unset is undefined: embedded, when `npm start` runs it. */
export interface Config {
  databaseUrl: string | undefined;
  /** `ui` is where ops open workflows in a browser (`TEMPORAL_UI_URL`); the trace links there. */
  temporal: { address: string | undefined; namespace: string; ui: string | undefined };
  mqttUrl: string | undefined;
  /** `SMPP_URL`, for every carrier without an address of its own. */
  smpp: SmppAddress | undefined;
  /** `SMPP_URL_<CARRIER>`, by carrier name. */
  smppByCarrier: ReadonlyMap<string, SmppAddress>;
  port: number | undefined;
  /** Address the API listens on (`HOST`): loopback unless told, as a proxy with TLS stands in front. */
  host: string;
  /** `ALLOWED_HOSTS`: names by which the API is asked, beside addresses and `localhost`. */
  allowedHosts: readonly string[];
  /** `OPS_TOKEN`: with it as a bearer token `/metrics` and the details of `/readyz` are seen, also without a database. */
  opsToken: string | undefined;
  /** `TRUSTED_PROXIES`: addresses and networks whose X-Forwarded-For is believed; undefined: those on this machine. */
  trustedProxies: readonly string[] | undefined;
  /** Absolute path of the data folder. */
  dataDir: string;
  carrier: string;
  /** `CAMPUSLINE_DEMO`: whether `npm start` loads demo data; undefined: as the addresses given say. */
  demo: boolean | undefined;
  /** Segments per second of each link whose address names no rate; undefined: as fast as the SMSC's window allows. */
  smsRate: number | undefined;
}

/** The addresses a process may insist on. */
export type Requirement = 'DATABASE_URL' | 'TEMPORAL_ADDRESS' | 'MQTT_URL' | 'SMPP_URL';

const urlOf = (...protocols: string[]) =>
  z.string().superRefine((value, context) => {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (!url || !protocols.includes(url.protocol.slice(0, -1)) || !url.hostname)
      context.addIssue({ code: 'custom', message: `must be a URL like ${protocols[0]}://host:port` });
  });

const smppUrl = z.string().transform((value, context): SmppAddress => {
  try {
    return parseSmppUrl(value);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
});

const wholeNumber = (low: number, high: number) =>
  z.string().transform((value, context) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= low && number <= high) return number;
    context.addIssue({ code: 'custom', message: `must be a whole number from ${low} to ${high}` });
    return z.NEVER;
  });

/** `10.0.0.0/8, 192.168.1.7`: a network without its size is one address. */
const networks = z.string().transform((value, context): string[] => {
  const all = value.split(',').map((each) => each.trim());
  const wrong = all.find((each) => {
    const [address = '', size, ...more] = each.split('/');
    const bits = isIP(address) === 4 ? 32 : 128;
    const sized = size === undefined || (/^\d{1,3}$/.test(size) && Number(size) <= bits);
    return isIP(address) === 0 || !sized || more.length > 0;
  });
  if (wrong === undefined) return all;
  context.addIssue({ code: 'custom', message: `must be addresses or networks, as 10.0.0.0/8: ${wrong} is none` });
  return z.NEVER;
});

/** `xxt.example.cn, api`. */
const hostNames = z.string().transform((value, context): string[] => {
  const all = value.split(',').map((each) => each.trim().toLowerCase());
  if (all.every((each) => /^[a-z\d]([a-z\d.-]*[a-z\d])?$/.test(each))) return all;
  context.addIssue({ code: 'custom', message: 'must be host names without ports, separated by commas' });
  return z.NEVER;
});

const environment = z.object({
  DATABASE_URL: urlOf('postgres', 'postgresql').optional(),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s:/]+:\d{1,5}$/, 'must be host:port')
    .optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_UI_URL: urlOf('http', 'https').optional(),
  MQTT_URL: urlOf('mqtt', 'mqtts', 'ws', 'wss').optional(),
  SMPP_URL: smppUrl.optional(),
  PORT: wholeNumber(0, 65_535).optional(),
  HOST: z.union([z.ipv4(), z.ipv6(), z.literal('localhost')], 'must be an IP address').default('127.0.0.1'),
  TRUSTED_PROXIES: networks.optional(),
  ALLOWED_HOSTS: hostNames.default([]),
  // 20 characters that were drawn can't be guessed; fewer are a word somebody chose.
  OPS_TOKEN: z
    .string()
    .regex(/^[\w.~+/-]{20,200}$/, 'must be 20 to 200 letters, digits and . _ ~ + / -')
    .optional(),
  CAMPUSLINE_DATA: z.string().min(1).default('.campusline/'),
  CAMPUSLINE_DEMO: z.enum(['0', '1'], 'must be 0 or 1').optional(),
  CAMPUSLINE_CARRIER: z.string().default('gansu'),
  CAMPUSLINE_SMS_RATE: wholeNumber(1, 1_000_000).optional(),
});

/** Names every fault of the environment, a line each. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Reads and validates the environment; the only code that does.
 * @param carriers names a carrier may have, from `carriers/`
 * @param required addresses this process can't do without
 * @throws ConfigError naming everything that is wrong or missing
 */
export function readConfig(
  env: NodeJS.ProcessEnv,
  { carriers, required = [] }: { carriers: readonly string[]; required?: readonly Requirement[] },
): Config {
  // Set but empty is how shells and compose files say "unset".
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const faults: string[] = [];
  const parsed = environment.safeParse(given);
  if (!parsed.success) faults.push(...parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`));

  const carrier = given['CAMPUSLINE_CARRIER'] ?? 'gansu';
  if (!carriers.includes(carrier)) faults.push(`CAMPUSLINE_CARRIER must be one of ${carriers.join(', ')}`);

  const smppByCarrier = new Map<string, SmppAddress>();
  for (const name of carriers) {
    const variable = `SMPP_URL_${name.toUpperCase().replaceAll('-', '_')}`;
    if (given[variable] === undefined) continue;
    const address = smppUrl.safeParse(given[variable]);
    if (address.success) smppByCarrier.set(name, address.data);
    else faults.push(`${variable} ${address.error.issues[0]!.message}`);
  }
  for (const name of required) {
    const everyCarrierHasItsOwn = name === 'SMPP_URL' && smppByCarrier.size === carriers.length;
    if (given[name] === undefined && !everyCarrierHasItsOwn) faults.push(`${name} is not set`);
  }
  if (!parsed.success || faults.length > 0) {
    throw new ConfigError(`The environment is not right:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
  const { data } = parsed;
  return {
    databaseUrl: data.DATABASE_URL,
    temporal: { address: data.TEMPORAL_ADDRESS, namespace: data.TEMPORAL_NAMESPACE, ui: data.TEMPORAL_UI_URL },
    mqttUrl: data.MQTT_URL,
    smpp: data.SMPP_URL,
    smppByCarrier,
    port: data.PORT,
    host: data.HOST,
    trustedProxies: data.TRUSTED_PROXIES,
    allowedHosts: data.ALLOWED_HOSTS,
    opsToken: data.OPS_TOKEN,
    dataDir: resolve(data.CAMPUSLINE_DATA),
    carrier: data.CAMPUSLINE_CARRIER,
    demo: data.CAMPUSLINE_DEMO === undefined ? undefined : data.CAMPUSLINE_DEMO === '1',
    smsRate: data.CAMPUSLINE_SMS_RATE,
  };
}
