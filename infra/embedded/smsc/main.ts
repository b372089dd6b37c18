import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { createLog } from '../../telemetry/log.ts';
import { startSmsc } from './smsc.ts';

/** The SMSC simulator as a process of its own: settings from SMSC_…, says `ready` to its parent, ends with it. */
const port = z.coerce.number().int().min(0).max(65_535);
const pemFile = z.string().transform((path, context) => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
    return z.NEVER;
  }
});
const environment = z
  .object({
    SMSC_PORT: port.default(2775),
    SMSC_HTTP_PORT: port.default(8090),
    SMSC_SYSTEM_ID: z.string().min(1).max(15).default('campusline'),
    SMSC_PASSWORD: z.string().max(8).default('campus'),
    SMSC_DATA: z.string().min(1).optional(),
    SMSC_PHONEBOOK: z.string().min(1).optional(),
    SMSC_GATES: z.string().min(1).optional(),
    // Files in PEM: with both, TLS is spoken.
    SMSC_TLS_KEY: pemFile.optional(),
    SMSC_TLS_CERT: pemFile.optional(),
  })
  .transform(({ SMSC_TLS_KEY: key, SMSC_TLS_CERT: cert, ...others }, context) => {
    if (key === undefined && cert === undefined) return { ...others, tls: undefined };
    const refuse = (variable: string, message: string) => {
      context.addIssue({ code: 'custom', path: [variable], message });
      return z.NEVER;
    };
    if (key === undefined) return refuse('SMSC_TLS_KEY', 'is not set, but SMSC_TLS_CERT is');
    if (cert === undefined) return refuse('SMSC_TLS_CERT', 'is not set, but SMSC_TLS_KEY is');
    try {
      createSecureContext({ key, cert });
    } catch (error) {
      return refuse('SMSC_TLS_CERT', `does not go with SMSC_TLS_KEY: ${(error as Error).message}`);
    }
    return { ...others, tls: { key, cert } };
  });

const log = createLog('smsc');
const settings = environment.safeParse(process.env);
if (!settings.success) {
  const faults = settings.error.issues.map(({ path, message }) => `  - ${path.join('.')} ${message}`);
  console.error(`The environment is not right:\n${faults.join('\n')}`);
  process.exit(1);
}
const { data } = settings;
const smsc = await startSmsc({
  port: data.SMSC_PORT,
  httpPort: data.SMSC_HTTP_PORT,
  systemId: data.SMSC_SYSTEM_ID,
  password: data.SMSC_PASSWORD,
  tls: data.tls,
  dataDir: data.SMSC_DATA,
  phonebook: data.SMSC_PHONEBOOK,
  gates: data.SMSC_GATES,
  onError: (error) => log.error(error),
});
const { smpp, handsets } = smsc;

let stopping = false;
const stop = () => {
  if (stopping) return;
  stopping = true;
  smsc.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      log.error(error);
      process.exit(1);
    },
  );
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.on('disconnect', stop);

process.send?.({ ready: true, smpp, handsets });
log.info({ smpp, handsets }, 'ready');
