import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * The process's log: JSON lines on stderr. Only ids go in, never a phone number, a name or a text (spec §11).
 * @param name the process, e.g. `worker`
 */
export function createLog(name: string): Logger {
  return pino({ name, base: { name } }, pino.destination(2));
}
