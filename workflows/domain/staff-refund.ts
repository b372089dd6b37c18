/** Which refunds a second person looks at before they are booked (docs/decisions/0004). */
import type { ReturnLine } from './booking.ts';
import { profileAt, type CarrierProfile } from './carrier-profile.ts';
import type { ChargeEvent } from './charging.ts';
import { isOwnConsent } from './subscription/state.ts';

/**
 * The recorded event of the cancel that staff dated back and that takes back more than the profile lets one person; null:
 * the line is of no such cancel, or the parent's own word says the same.
 * @param events all of the unit's
 */
export function needsSecondPerson(
  { fen, decidedAt, basis }: Pick<ReturnLine, 'fen' | 'decidedAt' | 'basis'>,
  events: readonly ChargeEvent[],
  versions: readonly CarrierProfile[],
): number | null {
  if (-fen <= profileAt(versions, decidedAt).staffRefundFen) return null;
  const said = events.filter(({ type, at }) => type === 'cancel' && at === basis.cancelledAt);
  const isStaffs = said.every(({ channel, at, receivedAt }) => !isOwnConsent(channel) && at < receivedAt);
  return isStaffs ? (said[0]?.id ?? null) : null;
}
