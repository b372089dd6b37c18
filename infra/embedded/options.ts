import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Config } from '../config.ts';

/** What `npm start -- …` may be told. */
export interface StartOptions {
  help: boolean;
  fresh: boolean;
  /** Asked for, or asked not to; undefined: as the addresses given say (`wantsDemo`). */
  demo: boolean | undefined;
  morning: boolean;
  watch: boolean;
  /** Ports that were asked for by name; 0 is any free one. */
  ports: Partial<Record<PortName, number>>;
}

/** Every port of the stack, with the standard one. */
export const STANDARD_PORTS = {
  port: 8080,
  'postgres-port': 5432,
  'temporal-port': 7233,
  'temporal-ui-port': 8233,
  'mqtt-port': 1883,
  'smpp-port': 2775,
  'handsets-port': 8090,
} as const;
export type PortName = keyof typeof STANDARD_PORTS;
const PORT_NAMES = Object.keys(STANDARD_PORTS) as PortName[];

/** Kept as text: `scripts/run.mjs` prints it before anything is installed. */
export const HELP = readFileSync(new URL('help.txt', import.meta.url), 'utf8');

/** The command line is not right; says how in words for the person who typed it. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** @throws UsageError naming every fault */
export function parseOptions(args: string[]): StartOptions {
  const values = valuesOf(args);
  const faults: string[] = [];
  const ports: StartOptions['ports'] = {};
  for (const name of PORT_NAMES) {
    const value = values[name];
    if (value === undefined) continue;
    if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) ports[name] = Number(value);
    else faults.push(`--${name} must be a whole number from 0 to 65535, not ${value || 'empty'}`);
  }
  if (values.demo && values['no-demo']) faults.push('--demo and --no-demo: only one of them can be meant');
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  return {
    help: values.help,
    fresh: values.fresh,
    demo: values['no-demo'] ? false : values.demo || undefined,
    morning: !values['no-demo'] && !values['no-morning'],
    watch: values.watch,
    ports,
  };
}

/**
 * Whether demo data is loaded: unless asked for (`--demo`, `CAMPUSLINE_DEMO=1`) only when every part is ours, as nobody
 * wants made-up families in a system of their own.
 * @throws UsageError when a demo is asked for beside an SMSC: its made-up phones may be somebody's
 */
export function wantsDemo(options: Pick<StartOptions, 'demo'>, config: Config): boolean {
  const hasSmsc = hasOwnSmsc(config);
  const hasAddress = [config.databaseUrl, config.temporal.address, config.mqttUrl].some(Boolean) || hasSmsc;
  const asked = options.demo ?? config.demo ?? !hasAddress;
  if (asked && hasSmsc)
    throw new UsageError('a demo never texts through an SMSC of yours: leave out --demo (CAMPUSLINE_DEMO) or SMPP_URL');
  return asked;
}

/** Whether texts, of one carrier at least, leave through an SMSC of the user's own. */
export function hasOwnSmsc({ smpp, smppByCarrier }: Config): boolean {
  return smpp !== undefined || smppByCarrier.size > 0;
}

function valuesOf(args: string[]) {
  const flag = { type: 'boolean', default: false } as const;
  const port = { type: 'string' } as const;
  try {
    return parseArgs({
      args,
      strict: true,
      options: {
        help: { ...flag, short: 'h' },
        fresh: flag,
        demo: flag,
        'no-demo': flag,
        'no-morning': flag,
        watch: flag,
        port,
        'postgres-port': port,
        'temporal-port': port,
        'temporal-ui-port': port,
        'mqtt-port': port,
        'smpp-port': port,
        'handsets-port': port,
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
