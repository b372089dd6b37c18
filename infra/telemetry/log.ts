import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * The process's log: JSON lines on stderr. Only ids go in, never a phone number, a name or a text (spec §11).
 * @param name the process, e.g. `worker`
 */
export function createLog(name: string): Logger {
  return pino({ name, base: { name } }, pino.destination(2));
}

/** Names an error for the log: Postgres' and gRPC's messages may quote what was sent, their codes do not. */
export function codeOf(error: unknown): string {
  const { code, name } = error as { code?: string | number; name?: string };
  return code === undefined ? (name ?? 'Error') : String(code);
}
