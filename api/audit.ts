import { z } from 'zod';
import type { Account } from '../infra/postgres/accounts.ts';
import { nobodyOf, recordDeed, subjectsOfPhone, type Subject } from '../infra/postgres/audit.ts';
import type { Db } from '../infra/postgres/pool.ts';
import { phoneWithin, type Sight } from '../infra/postgres/sight.ts';
import { Problem } from './problem.ts';

/** Why somebody looks a family up: what 10086's callers want, and what else there is. */
export const LOOK_REASONS = [
  'caller',
  'fee',
  'stop',
  'not-received',
  'complaint',
  'check',
  'other',
  'unstated',
] as const;
export type LookReason = (typeof LOOK_REASONS)[number];

/** Programs with a token need not say why; our pages ask. */
export const lookReason = z
  .enum(LOOK_REASONS, { error: `must be one of ${LOOK_REASONS.join(', ')}` })
  .default('unstated')
  .meta({ description: 'Why this is looked at, for the record that the carrier’s admins see.' });

/** Whom or what a call is about: a phone stands for whose it is. */
export type AuditTarget =
  | { phone: string }
  | { kind: 'account' | 'token' | 'text' | 'charge' | 'charge-file' | 'trial' | 'message'; id: string }
  /** Of a whole carrier; without one, of all that the account works for. */
  | { carrier: string | undefined };

/** What of a call is recorded: about whom or what it is, and why. */
export type AuditEntry = AuditTarget & {
  reason?: LookReason;
  /** In the caller's words. */
  note?: string;
  /** A POST that changes nothing. */
  isLook?: true;
};

/** A call to be recorded. */
export interface AuditedCall {
  account: Account;
  sight: Sight;
  /** A program's: of families it knows it may ask as often as it needs. */
  isMachine: boolean;
  action: string;
  isChange: boolean;
  entry: AuditEntry;
}

/**
 * Phones within an hour that are nobody's: a caller mistypes one or two, a program that counts up through the numbers
 * finds that it may not.
 */
const MOST_UNKNOWN = 100;
/** Families a person looks at within an hour: a call takes two minutes. */
const MOST_PEOPLE = 300;
const UNLIMITED = 2 ** 31 - 1;
const RETRY_AFTER_S = 600;

/**
 * Records who looks at or changes whom, before it is answered: what can't be recorded is not told.
 * A parent's own family is nobody else's affair.
 * @throws Problem 429 when the account has looked at more than anybody's work takes
 */
export async function audit(db: Db, call: AuditedCall): Promise<void> {
  const { account, action, entry } = call;
  if (account.role === 'parent') return;
  const { reason = 'unstated', note = null, isLook = false } = entry;
  const isChange = call.isChange && !isLook;
  const most = { people: call.isMachine ? UNLIMITED : MOST_PEOPLE, unknown: MOST_UNKNOWN };
  for (const subject of await subjectsOf(db, call, entry)) {
    const deed = { ...subject, accountId: account.id, action, isChange, reason, note };
    const { isRepeat, people, unknown } = await recordDeed(db, deed, most);
    if (isChange || isRepeat || (people < most.people && unknown < most.unknown)) continue;
    throw new Problem(429, 'This account has looked up more than is usual; your carrier’s admin sees it. Try later.', {
      headers: { 'retry-after': `${RETRY_AFTER_S}` },
    });
  }
}

async function subjectsOf(
  db: Db,
  { account: { tenants }, sight }: AuditedCall,
  target: AuditTarget,
): Promise<Subject[]> {
  if ('phone' in target) {
    // To a school a phone of others is nobody's: else how many more it may try would tell the two apart.
    const theirs = sight.schoolId === null || (await phoneWithin(db, target.phone, sight));
    return theirs ? subjectsOfPhone(db, tenants, target.phone) : [nobodyOf(tenants, target.phone)];
  }
  if ('kind' in target) return [{ kind: target.kind, id: target.id, tenants }];
  const { carrier } = target;
  // A carrier that is none of theirs is refused: it is no name to be kept.
  const known = carrier !== undefined && tenants.includes(carrier);
  return [{ kind: 'carrier', id: known ? carrier : '*', tenants: known ? [carrier] : tenants }];
}
