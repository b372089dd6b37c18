/** A unit's log: all that was recorded of it, from which everything else about it is told (spec §6). */
import { packageSold, profileAt, type CarrierProfile, type Package, type Service } from '../carrier-profile.ts';
import { isOwnConsent } from './state.ts';

/** An order, consent or cancel as it was recorded. */
export interface ChargeEvent {
  /** Household or payer, by profile.billingUnit. */
  unit: string;
  /** Whose phone it was. */
  payer: string;
  package: string;
  /**
   * An `order` through a channel that isn't the parent's own only waits for one, or for a `consent`. `expire` records
   * what a year's end did to the subscription: the rules know it from the order.
   */
  type: 'order' | 'consent' | 'cancel' | 'expire';
  channel: string;
  /** Epoch ms: from when it counts, as the SMSC or our API received it; when we learnt of it. */
  at: number;
  receivedAt: number;
  /**
   * When the word was given that counts only from `at`: the day on a slip, -Infinity where it bears none; the yes to a
   * notice, whose order is of the trial's end. Unset: at `at`.
   */
  saidAt?: number | undefined;
  /** Of the recorded event, where it is one: a fee names the consent it rests on. */
  id?: number;
}

/** The unit's trial as its record has it; times in epoch ms, null until it gets there. */
export interface UnitTrial {
  startedAt: number;
  package: string;
  services: Service[];
  /** Guardian id. */
  payer: string;
  /** What the family says to the notices now, and when it said so. */
  answer: 'yes' | 'no' | null;
  answeredAt: number | null;
  /** When it last said no. */
  declinedAt: number | null;
  /** When it ended without an order. */
  closedAt: number | null;
}

export interface UnitLog {
  events: readonly ChargeEvent[];
  trial: UnitTrial | null;
  /** Up to when a clock has let happen what happens by itself (epoch ms); it is not undone by who comes late. */
  doneUntil?: number;
}

/** By when all that is recorded was known (epoch ms), whatever a clock that is behind may say. */
export function knownBy({ events, trial, doneUntil = -Infinity }: UnitLog, now: number): number {
  const { answeredAt, declinedAt, closedAt } = trial ?? {};
  return Math.max(
    ...[now, doneUntil, answeredAt ?? now, declinedAt ?? now, closedAt ?? now],
    ...events.map((event) => event.receivedAt),
  );
}

/** Whether the event is a consented order or a cancel. */
export function decides({ type, channel }: ChargeEvent): boolean {
  return type === 'order' ? isOwnConsent(channel) : type !== 'expire';
}

/**
 * Order of time; at one instant orders before cancels, so that the cancel wins, and of orders those that only ask first,
 * then the cheaper, then the lower package id and the lower payer (spec §6). What is left to decide is decided by what
 * events say, never by how they came: replay in any order is the same.
 */
export function orderOf(versions: readonly CarrierProfile[]) {
  return (a: ChargeEvent, b: ChargeEvent): number =>
    a.at - b.at ||
    Number(a.type === 'cancel') - Number(b.type === 'cancel') ||
    Number(decides(a)) - Number(decides(b)) ||
    soldAt(versions, a).fen - soldAt(versions, b).fen ||
    compare(a.package, b.package) ||
    compare(a.payer, b.payer) ||
    a.receivedAt - b.receivedAt;
}

/**
 * The events without those that a stop overruled before they came to count: it was said after their word was given. At
 * one instant the stop wins.
 */
export function standing(events: readonly ChargeEvent[], versions: readonly CarrierProfile[]): readonly ChargeEvent[] {
  if (events.every(({ saidAt }) => saidAt === undefined)) return events;
  const stops = events.filter((event) => event.type === 'cancel' && soldAt(versions, event).fen > 0);
  return events.filter(
    ({ saidAt, at }) => saidAt === undefined || !stops.some((stop) => stop.at >= saidAt && stop.at < at),
  );
}

/** The package of the event as it was sold when that was said. */
export function soldAt(versions: readonly CarrierProfile[], { package: id, at }: ChargeEvent): Package {
  return packageSold(versions, profileAt(versions, at), id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
