/** What an audit holds a family's ledger, state and texts to. Each check returns what does not hold, in words. */
import { stands, type BookedFee } from '../workflows/domain/booking.ts';
import type { CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import { decideUnit, type ChargeEvent } from '../workflows/domain/charging.ts';
import { civilOf } from '../workflows/domain/civil-time.ts';
import { yuan } from '../workflows/domain/money.ts';
import { packageName } from '../workflows/domain/package-words.ts';
import { foldUnit } from '../workflows/domain/subscription/fold.ts';
import { knownBy, type UnitLog } from '../workflows/domain/subscription/log.ts';
import type { SubscriptionState } from '../workflows/domain/subscription/state.ts';

/** A family as the audit finds it at the end. */
export interface Audited {
  events: readonly ChargeEvent[];
  /** In the order they were booked. */
  fees: readonly BookedFee[];
  texts: readonly Told[];
}

/** An answer, and what it was given to. */
export interface Told {
  body: string;
  /** When the command that it answers was said, epoch ms; and heard. */
  at: number;
  heardAt: number;
  /** What was given back with it, in fen. */
  returned: number;
}

/** The ledger says what the calculator says of all that was said: the same fees stand, with the same given back. */
export function ledgerFaults(
  { events, fees }: Pick<Audited, 'events' | 'fees'>,
  versions: readonly CarrierProfile[],
  until: number,
): string[] {
  const decided = new Map<string, { package: string; fen: number; left: number }>();
  let net = 0;
  for (const { month, package: id, fen, feeMonth } of decideUnit(events, versions, until)) {
    net += fen;
    if (feeMonth === undefined) decided.set(month, { package: id, fen, left: fen });
    else decided.get(feeMonth)!.left += fen;
  }
  const line = (month: string, id: string, fen: number, left: number) => `${month} ${id} ${fen} left ${left}`;
  const owed = [...decided]
    .filter(([, { left }]) => left > 0)
    .map(([m, fee]) => line(m, fee.package, fee.fen, fee.left));
  const booked = fees
    .filter((fee) => stands(fee) && fee.fen > 0)
    .map(({ month, package: id, fen, returned }) => line(month, id, fen, fen - returned));
  const faults = differences('the ledger has', booked, 'the rules', owed);
  const paid = fees.reduce((sum, { fen, returned }) => sum + fen - returned, 0);
  return paid === net ? faults : [...faults, `the ledger comes to ${paid} fen, the rules to ${net}`];
}

/** What is served, as a swipe asks it, is what the fold makes of the log, in whatever order it was heard. */
export function stateFaults(
  log: UnitLog,
  state: SubscriptionState,
  versions: readonly CarrierProfile[],
  now: number,
): string[] {
  const told = foldUnit(log, versions, knownBy(log, now)).state;
  const words = (of: SubscriptionState) =>
    `${of.state} ${of.package} (${of.services.toSorted().join(', ')}), ${of.waiting} waits, then ${of.next?.package}`;
  return words(state) === words(told) ? [] : [`the row says ${words(state)}, the log ${words(told)}`];
}

/** Each text says package, price, day of charging and money back as they are, read back from its words alone. */
export function textFaults({ texts, fees, events }: Audited, profile: CarrierProfile): string[] {
  return texts.flatMap((told) => {
    const faults: string[] = [];
    const claim = (what: string, holds: boolean) => holds || faults.push(`${what}: ${told.body}`);
    for (const [, zh, every, amount] of told.body.matchAll(/([^，。]*?)(?:用户)?，(?:每户)?每(月|年)([\d.]+)元/g)) {
      const sold = profile.packages.find(
        ({ id, period, fen }) =>
          zh!.endsWith(packageName(id, profile)) && (period === 'month') === (every === '月') && yuan(fen) === amount,
      );
      claim('names a price that is not the package’s', sold !== undefined);
    }
    const back = /(?:将退费|不再收取)([\d.]+)元/.exec(told.body)?.[1];
    claim('says what was not given back', back === undefined || back === yuan(told.returned));
    claim('does not say what was given back', told.returned === 0 || back !== undefined);
    const day = /(\d+)月(\d+)日起计费|下次计费(\d+)月(\d+)日/.exec(told.body);
    // What was said or heard since may have made it another day.
    const isLast = !events.some(
      ({ receivedAt, at }) => receivedAt > told.heardAt || (at > told.at && receivedAt <= told.heardAt),
    );
    if (day && isLast) {
      const [month, dayOfMonth] = [Number(day[1] ?? day[3]), Number(day[2] ?? day[4])];
      const charged = fees.filter((fee) => stands(fee) && fee.fen > 0 && fee.decidedAt >= told.at);
      const on = charged.length > 0 && civilOf(Math.min(...charged.map(({ decidedAt }) => decidedAt)), profile.zone);
      claim('names a day on which nothing was charged', !on || (on.month === month && on.day === dayOfMonth));
    }
    return faults;
  });
}

/** An instant (epoch ms) for whoever looks for the reason. */
export function timeWords(time: number): string {
  return new Date(time + 8 * 3_600_000).toISOString().slice(0, 19);
}

/** An event, for whoever looks for the reason. */
export function eventWords({ type, package: id, channel, at, receivedAt }: ChargeEvent): string {
  const [said, heard] = [at, receivedAt].map(timeWords);
  return `\n    ${said} ${channel} ${type} ${id}${heard === said ? '' : `, heard ${heard}`}`;
}

function differences(ours: string, have: readonly string[], theirs: string, want: readonly string[]): string[] {
  const extra = have.filter((each) => !want.includes(each));
  const missing = want.filter((each) => !have.includes(each));
  return [
    ...extra.map((each) => `${ours} ${each}, ${theirs} not`),
    ...missing.map((each) => `${theirs} have ${each}, ${ours} not`),
  ];
}
