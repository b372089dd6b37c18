import type { TraceRow } from '../infra/postgres/trace.ts';

/** Why a text exists, by its kind. */
const TEXT_FOR: Record<string, string> = {
  'one-time-password': 'a one-time password that was asked for',
  safety: 'a swipe at the gate',
  conversation: 'an answer passed on between parent and teacher',
  answer: 'the answer to a text or an order',
  'class-message': "a teacher's message",
  notice: 'a notice',
  bulk: 'a notice to many',
};

/** What a text's state means. */
const TEXT_STATE: Record<string, string> = {
  QUEUED: 'waits to leave',
  SUBMITTING: 'is being handed to the carrier',
  ACCEPTED: 'the carrier took it and has sent no receipt yet',
  REJECTED: 'the carrier refused it',
  UNCERTAIN: 'the link broke before the carrier answered: it may or may not have taken it',
  DELIVERED: 'the phone has it',
  FAILED: 'the carrier could not deliver it',
  EXPIRED: 'it was of no use any more',
  CANCELLED: 'cancelled before it left',
};

const SWIPE: Record<string, string> = {
  texted: 'guardians are told',
  late: 'it reached us late; guardians are told so',
  debounced: 'the same card had just been swiped: recorded, not texted',
  stale: 'it reached us too late to be of use: recorded, not texted',
  pending: 'stored, not yet processed',
};

/** Why an event is as it is, in words a person can read out. `zoneOf` names a tenant's time zone. */
export function reasonOf({ kind, outcome, facts }: TraceRow, zoneOf: (tenant: string) => string): string | undefined {
  switch (kind) {
    case 'swipe': {
      const time = clock(facts['swipedAt']!, zoneOf(facts['tenant']!));
      return `Swiped ${facts['dir']} at ${time}: ${SWIPE[outcome] ?? outcome}.`;
    }
    case 'quarantined-swipe':
      return `Not trusted, so not counted and not texted: ${facts['reason']}.`;
    case 'sms':
      return outcome === 'SUPPRESSED' ? (facts['reason'] ?? undefined) : textReason(outcome, facts);
    case 'receipt':
      return withError(`Receipt for part ${facts['part'] ?? '1'} of ${facts['parts']}`, facts['error']);
    case 'mo':
      return facts['reason'] ?? (facts['answered'] === 'true' ? 'Answered.' : undefined);
    case 'subscription':
      return `${facts['package']} by ${facts['channel']}`;
  }
}

function textReason(state: string, { kind, error, attempts }: TraceRow['facts']): string {
  const again = Number(attempts ?? 1) > 1 ? ` (tried ${attempts} times)` : '';
  return withError(`For ${TEXT_FOR[kind!] ?? kind}: ${TEXT_STATE[state] ?? state}${again}`, error ?? null);
}

function withError(words: string, error: string | null | undefined): string {
  return error ? `${words}: ${error}.` : `${words}.`;
}

function clock(at: string, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(new Date(at));
}
