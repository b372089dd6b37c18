import type { CarrierProfile } from '../../workflows/domain/carrier-profile.ts';
import { decideCharges, type ChargeEvent, type ChargeLine } from '../../workflows/domain/charging.ts';
import { formatWithOffset } from '../../workflows/domain/civil-time.ts';

const WORDS: Record<string, string> = {
  HS: 'home-school',
  SAFE: 'home-school+safety-sms',
  CALL: 'home-school+family-phone',
  ALL: 'home-school+safety-sms+family-phone',
};

/**
 * One event of a worked example: `[agent|admin|web ]order|cancel[ PACKAGE] 03-05 10:00[:00][ learnt 03-09 10:00]`, by
 * SMS and of home-school unless said otherwise; packages HS, SAFE, CALL, ALL, `HS/year`, or an id. Year 2026 or `2027-01-05`.
 */
export function eventOf(text: string, unit = 'family'): ChargeEvent {
  const match =
    /^(?:(agent|admin|customer-service|web) )?(order|consent|cancel)(?: ([\w/+-]*[A-Za-z][\w/+-]*))? (\S+ [\d:]+)(?: learnt (\S+ [\d:]+))?$/.exec(
      text,
    );
  if (!match) throw new Error(`not an event: ${text}`);
  const [, channel = 'sms', type, id = 'HS', at, learnt = at] = match as unknown as string[];
  const [name, period] = id.split('/');
  return {
    unit,
    payer: unit,
    package: [WORDS[name!] ?? name, period].filter(Boolean).join('/'),
    type: type as ChargeEvent['type'],
    channel,
    at: instant(at!),
    receivedAt: instant(learnt!),
  };
}

/** `R1 800 03-08 10:00:00` for each line of the month, in order of time. */
export function linesOf(events: ChargeEvent[], versions: readonly CarrierProfile[], month: string): string[] {
  return decideCharges(events, versions, month)
    .sort((a, b) => a.decidedAt - b.decidedAt || b.fen - a.fen)
    .map((line) => tell(line, versions[0]!.zone));
}

function tell({ rule, fen, decidedAt }: ChargeLine, zone: string): string {
  const at = formatWithOffset(decidedAt, zone).slice(0, 19).replace('T', ' ');
  return `${rule} ${fen} ${at.replace(/^2026-/, '')}`;
}

function instant(text: string): number {
  const [date, time] = text.split(' ') as [string, string];
  const day = date.length === 5 ? `2026-${date}` : date;
  return Date.parse(`${day}T${time.length === 5 ? `${time}:00` : time}+08:00`);
}
