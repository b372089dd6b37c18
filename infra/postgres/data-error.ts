/**
 * Whether what was to be stored is at fault, so that it would be refused again for ever, or something that passes. Asked
 * in three ways, by what is worse to get wrong.
 */
import pg from 'pg';

/** Classes of SQLSTATE that the same data meets every time: data, constraint, limit of the program. */
const ABOUT_DATA = ['22', '23', '54'];

/**
 * The SQLSTATE of an error that is surely about the data; undefined: it may pass, and is waited for. For what exists
 * nowhere else, like the outcome of a submit.
 */
export function dataError(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && ABOUT_DATA.includes(code.slice(0, 2)) ? code : undefined;
}

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
 * Whether an error is about the data unless it is known to pass. For what holds others up, like the records of a gate:
 * an error nobody thought of must cost one of them and not a shard.
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

/** What keeps the database from an answer and passes by itself, so that asking again is right. */
export type Trouble =
  /** Somebody else is at the same rows. */
  | 'locked'
  /** It takes longer than a statement may. */
  | 'slow'
  /** It can't be reached, has fallen silent, or has no connection to give. */
  | 'away';

const LOCKED = new Set(['55P03', '40001', '40P01']);
const SLOW = '57014';
/** Classes of a connection, of resources, of shutdown and idleness, and of a server that is a standby for now. */
const AWAY_CLASSES = new Set(['08', '25', '53', '57']);
/** pg's own words for a connection that is gone, silent or not to be had. */
const FROM_PG =
  /^(Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error)/;
/** What a socket says of a peer or a name that is not there. */
const NOT_REACHED = /^(ECONN\w+|ETIMEDOUT|EPIPE|EHOST\w+|ENET\w+|ENOTFOUND|EAI_\w+)$/;

/** The trouble an error tells of; undefined: it is another's, or it does not pass. For whoever can ask again. */
export function troubleOf(error: unknown): Trouble | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (error instanceof pg.DatabaseError) {
    if (LOCKED.has(String(code))) return 'locked';
    if (code === SLOW) return 'slow';
    return AWAY_CLASSES.has(String(code).slice(0, 2)) ? 'away' : undefined;
  }
  const isAway = typeof code === 'string' ? NOT_REACHED.test(code) : FROM_PG.test(error.message);
  return isAway ? 'away' : undefined;
}
