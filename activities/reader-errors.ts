import pg from 'pg';

/**
 * SQLSTATE classes that tell of the connection, the server's resources, its schema and rights, or of who else is at
 * work: 08 connection, 0A a plan a migration outdated, 25 read-only, 28 and 42 rights and schema, 3D and 3F no such
 * database, 40 serialization and deadlock, 53 resources, 55 locks, 57 shutdown and timeouts, 58 the disk.
 */
const PASSING_CLASSES = new Set(['08', '0A', '25', '28', '3D', '3F', '40', '42', '53', '55', '57', '58']);
/** Of the server's internal errors (XX000 to XX002) those of damaged storage: a person repairs it. */
const PASSING_CODES = new Set(['XX001', 'XX002']);
/** pg says in plain words that its connection is gone, or that the pool has none to give. */
const ABOUT_CONNECTION = /connect|terminated|timeout|queryable|pool|SSL/i;

/**
 * Whether what was to be stored is at fault: the same again tomorrow, so that trying again would hold a gate up for
 * ever. Everything is, but what is known to pass: an error nobody thought of must cost one message and not a shard.
 */
export function isAboutData(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  const { code } = error as { code?: unknown };
  if (error instanceof pg.DatabaseError)
    return !PASSING_CLASSES.has(String(code).slice(0, 2)) && !PASSING_CODES.has(String(code));
  // ECONNRESET and its like are the system's; ERR_… is Node's word for an argument it can't take.
  if (typeof code === 'string') return !/^E[A-Z0-9]+$/.test(code) && !/^ERR_(SSL|TLS|SOCKET)/.test(code);
  return error.name !== 'Error' || !ABOUT_CONNECTION.test(error.message);
}
