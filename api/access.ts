/** Who may do what, and in whose sight: the one table that routes, lists and `/api/v1/me` read (spec §1, §11). */
import type { AccountRole } from '../infra/postgres/accounts.ts';

/**
 * How far a right reaches: `own` phone, messages or account; the `classes` that a teacher leads or was given by the
 * principal; the whole `school`; the `carriers` that the account works for.
 */
export type Whose = 'own' | 'classes' | 'school' | 'carriers';

type Row = Partial<Record<AccountRole, Whose>>;

/** Those who answer for what was sent and charged. */
const SUPPORT = { 'customer-service': 'carriers', 'carrier-admin': 'carriers', ops: 'carriers' } as const;
/** Those who act for a parent. */
const CLERKS = { agent: 'carriers', 'customer-service': 'carriers' } as const;
/** Whoever has an account. `school-admin` is the principal too. */
const EVERYBODY = { teacher: 'own', 'school-admin': 'own', parent: 'own', ...SUPPORT, agent: 'carriers' } as const;

const TABLE = {
  'me:read': EVERYBODY,
  'me:change': EVERYBODY,
  'tokens:hold': { agent: 'own', 'customer-service': 'own', 'carrier-admin': 'own', ops: 'own' },
  'tokens:look-after': { 'carrier-admin': 'carriers', ops: 'carriers' },
  'audit:read': { 'carrier-admin': 'carriers' },
  'accounts:close': { 'carrier-admin': 'carriers', ops: 'carriers' },

  'classes:read': { teacher: 'classes', 'school-admin': 'school' },
  'classes:demonstrate': { teacher: 'classes', 'school-admin': 'school' },
  'messages:send': { teacher: 'classes', 'school-admin': 'school' },
  // By name, so that the answers are theirs: what others write the school signs, and says who is answered.
  'messages:sign': { teacher: 'own' },
  'messages:list': { teacher: 'own', 'school-admin': 'school' },
  'messages:read': { teacher: 'own', 'school-admin': 'school', ...SUPPORT },
  'messages:cancel': { teacher: 'own', 'school-admin': 'school' },
  'teachers:read': { 'school-admin': 'school' },
  'grants:change': { 'school-admin': 'school' },
  'school:configure': { 'school-admin': 'school' },

  'trace:read': { parent: 'own', teacher: 'classes', 'school-admin': 'school', ...SUPPORT },
  'gates:read': { teacher: 'school', 'school-admin': 'school', ...SUPPORT },
  // What devices nobody registered sent is no school's business.
  'gates:strangers': { 'carrier-admin': 'carriers', ops: 'carriers' },

  'trials:read': { teacher: 'classes', 'school-admin': 'school', agent: 'carriers', ...SUPPORT },
  'trials:decide': { 'school-admin': 'school' },
  'trials:comment': { teacher: 'classes', 'school-admin': 'school', ...CLERKS },
  'trials:record-slip': CLERKS,
  // Slips name families and their phones: for those who hand them out and collect them.
  'trials:print-slips': { 'school-admin': 'school', ...CLERKS },
  'trials:report': { 'school-admin': 'school', ...CLERKS, 'carrier-admin': 'carriers' },

  'prices:read': { agent: 'carriers', ...SUPPORT },
  'orders:place': { parent: 'own', ...CLERKS, 'carrier-admin': 'carriers' },
  'subscribers:read': { parent: 'own', 'customer-service': 'carriers', 'carrier-admin': 'carriers' },
  // Of these, who recorded the cancel may not (docs/decisions/0004).
  'refunds:decide': { 'customer-service': 'carriers', 'carrier-admin': 'carriers' },
  'charges:explain': { 'customer-service': 'carriers', 'carrier-admin': 'carriers' },
  'bills:read': SUPPORT,
  'bills:charge': { 'carrier-admin': 'carriers' },

  'uncertain:decide': SUPPORT,
  'parts:see': SUPPORT,
  'metrics:read': { ops: 'carriers' },
  'smpp-quarantine:read': { 'carrier-admin': 'carriers', ops: 'carriers' },

  // Not routes but what replies show: which family pays (docs/decisions/0003), and ids and pages of workflows.
  'payers:see': { parent: 'own', agent: 'carriers', ...SUPPORT },
  'workflows:see': SUPPORT,
} as const satisfies Record<string, Row>;

/** A right by its name. */
export type What = keyof typeof TABLE;

/** How far the right reaches for a role; undefined: the role doesn't have it. */
export function whoseOf(role: AccountRole, what: What): Whose | undefined {
  return (TABLE[what] as Row)[role];
}

/** Whether the role has the right at all. */
export function may(role: AccountRole, what: What): boolean {
  return whoseOf(role, what) !== undefined;
}

/** Everything a role may do, and how far each right reaches. */
export function rightsOf(role: AccountRole): Partial<Record<What, Whose>> {
  const all = Object.keys(TABLE) as What[];
  return Object.fromEntries(all.filter((what) => may(role, what)).map((what) => [what, whoseOf(role, what)]));
}
