import { accessSync, constants } from 'node:fs';

/** Where an SMSC is, who we are to it, and what it grants us. */
export interface SmppAddress {
  host: string;
  port: number;
  tls: boolean;
  systemId: string;
  password: string;
  /** How many binds at once; texts to one phone always leave by one of them (default 1). */
  binds?: number;
  /** Submits without a response at most, of each bind (default 100). */
  window?: number;
  /** Segments a second of each bind; default: what CAMPUSLINE_SMS_RATE says. */
  rate?: number;
  /** SMPP's system_type, which some SMSCs tell customers' services apart by (default none). */
  systemType?: string;
  /** For TLS: a file with the only CA to trust, PEM (default: the system's). */
  caFile?: string;
}

/** IANA: smpp 2775, ssmpp 3550. */
const PORT = { smpp: 2775, ssmpp: 3550 };
/** More binds than any carrier grants one customer. */
export const MAX_BINDS = 16;
const MAX_WINDOW = 1_000;
const MAX_RATE = 1_000_000;
/** SMPP 3.4 §5.2.3: 13 octets with the NUL. */
const MAX_SYSTEM_TYPE = 12;

/**
 * Reads `smpp://system_id:password@host:port`, `ssmpp://` for TLS, with what the carrier grants behind it:
 * `?binds=2&window=20&rate=200&system_type=X&ca=FILE`.
 * @throws Error naming what is wrong
 */
export function parseSmppUrl(text: string): SmppAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['smpp:', 'ssmpp:'].includes(url.protocol) || !url.hostname || !url.username)
    throw new Error('must be smpp://system_id:password@host:port (ssmpp:// for TLS)');
  const tls = url.protocol === 'ssmpp:';
  return {
    port: url.port ? Number(url.port) : tls ? PORT.ssmpp : PORT.smpp,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    tls,
    systemId: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...grants(url.searchParams),
  };
}

function grants(given: URLSearchParams): Partial<SmppAddress> {
  const read: Record<string, (value: string) => Partial<SmppAddress>> = {
    binds: (value) => ({ binds: whole('binds', value, MAX_BINDS) }),
    window: (value) => ({ window: whole('window', value, MAX_WINDOW) }),
    rate: (value) => ({ rate: whole('rate', value, MAX_RATE) }),
    system_type: (value) => ({ systemType: systemType(value) }),
    ca: (value) => ({ caFile: readable(value) }),
  };
  const known = Object.keys(read).join(', ');
  return Object.assign(
    {},
    ...[...given].map(([name, value]) => {
      if (!Object.hasOwn(read, name)) throw new Error(`has an unknown ${name}; after ? there may be ${known}`);
      return read[name]!(value);
    }),
  ) as Partial<SmppAddress>;
}

function whole(name: string, value: string, most: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= 1 && number <= most) return number;
  throw new Error(`${name} must be a whole number from 1 to ${most}`);
}

function systemType(value: string): string {
  if (/^[\x20-\x7e]*$/.test(value) && value.length <= MAX_SYSTEM_TYPE) return value;
  throw new Error(`system_type must be at most ${MAX_SYSTEM_TYPE} ASCII characters`);
}

function readable(file: string): string {
  try {
    accessSync(file, constants.R_OK);
    return file;
  } catch {
    throw new Error('ca must name a file that can be read');
  }
}

/** The URL that reads as this address. */
export function formatSmppUrl(address: SmppAddress): string {
  const { tls, host, port, systemId, password, binds, window, rate, systemType, caFile } = address;
  const login = `${encodeURIComponent(systemId)}:${encodeURIComponent(password)}`;
  const given = Object.entries({ binds, window, rate, system_type: systemType, ca: caFile }).filter(
    ([, value]) => value !== undefined,
  );
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  const at = `${tls ? 'ssmpp' : 'smpp'}://${login}@${host.includes(':') ? `[${host}]` : host}:${port}`;
  return query === '' ? at : `${at}?${query}`;
}
