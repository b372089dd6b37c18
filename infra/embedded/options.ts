import { parseArgs } from 'node:util';

/** What `npm start -- …` may be told. */
export interface StartOptions {
  help: boolean;
  fresh: boolean;
  demo: boolean;
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

export const HELP = `npm start -- [options]    the whole of Campusline on this machine
npm run dev -- [options]  the same, and workers and API restart when their sources change

  --fresh                 begin with empty data (wipes what an earlier start left in the data folder)
  --no-demo               load no demo data, run no morning
  --no-morning            load the demo data, but run no morning at the gate
  --port N                web and API (8080)
  --handsets-port N       page of virtual handsets (8090)
  --postgres-port N       embedded Postgres (5432)
  --temporal-port N       embedded Temporal (7233)
  --temporal-ui-port N    Temporal's web UI (8233)
  --mqtt-port N           embedded MQTT broker (1883)
  --smpp-port N           embedded SMSC simulator (2775)
  --help                  this

A port that is not asked for is the standard one where free, else the next free one; 0 is any free one.

Environment: each address that is set is used instead of the embedded part.
  DATABASE_URL  TEMPORAL_ADDRESS  TEMPORAL_NAMESPACE  TEMPORAL_UI_URL  MQTT_URL
  SMPP_URL (smpp://system_id:password@host:port, ssmpp:// for TLS), SMPP_URL_<CARRIER>
  PORT  CAMPUSLINE_DATA (.campusline/)  CAMPUSLINE_CARRIER (gansu)  CAMPUSLINE_SMS_RATE (segments/s)
`;

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
  if (faults.length > 0) throw new UsageError(faults.join('\n'));
  return {
    help: values.help,
    fresh: values.fresh,
    demo: !values['no-demo'],
    morning: !values['no-demo'] && !values['no-morning'],
    watch: values.watch,
    ports,
  };
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
