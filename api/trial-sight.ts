/** What a school sees of a trial: nothing that tells which family pays (docs/decisions/0003-no-shame-list.md). */
import type { AccountRole } from '../infra/postgres/accounts.ts';
import type { RecordedTrialEvent, Trial } from '../infra/postgres/trials.ts';
import { FEWEST_FAMILIES } from '../workflows/domain/few-families.ts';
import { may } from './access.ts';

/** Of few families a number, and how and when their trial goes on, tells what one of them answered. */
export function tellsFamilies({ households }: Pick<Trial, 'households'>, role: AccountRole): boolean {
  return may(role, 'payers:see') || households >= FEWEST_FAMILIES;
}

/** The trial; to a school without what hangs on its families' answers, where they are few. */
export function trialInSight(trial: Trial, role: AccountRole): Trial {
  if (tellsFamilies(trial, role)) return trial;
  return { ...trial, notice1At: null, notice2At: null, silentAt: null, closedAt: null, closedAs: null };
}

/** Steps of the whole class that are taken whatever families answer. */
const ANYHOW: RecordedTrialEvent['type'][] = ['started', 'report', 'approved', 'refused'];

/**
 * The trial's record; to a school that of the whole class, without proofs and who did it: they are ids of accounts and
 * workflows, and of what families sent.
 */
export function eventsInSight(events: RecordedTrialEvent[], trial: Trial, role: AccountRole) {
  if (may(role, 'payers:see')) return events.map((event) => ({ ...event, at: event.at.toISOString() }));
  const told = tellsFamilies(trial, role);
  return events
    .filter(({ unit, type }) => unit === null && (told || ANYHOW.includes(type)))
    .map(({ type, unit, at, evidence }) => ({ type, unit, at: at.toISOString(), evidence: wordsOf(evidence) }));
}

/** What a principal wrote, and which report it was. */
function wordsOf({ note, number }: Record<string, unknown>): Record<string, unknown> {
  return { ...(note === undefined ? {} : { note }), ...(number === undefined ? {} : { number }) };
}
