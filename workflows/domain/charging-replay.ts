/**
 * Replays one unit's consented orders and cancels in order of time, as the rules of spec §6 say. Two things happen
 * besides the events: the end of a first order's waiver (R1) and the beginning of a month (R4). At one instant the
 * waiver's end comes first, then the month, then orders, then cancels: "cancelled *before*" is strict.
 */
import { isKeyword } from './subscription/state.ts';
import { packageSold, profileAt, type CarrierProfile, type Package, type Service } from './carrier-profile.ts';
import type { ChargeEvent } from './subscription/log.ts';
import type { ChargeBasis, ChargeLine, ChargeRule } from './charging.ts';
import { calendarMonth, formatMonth, type CivilMonths } from './civil-month.ts';
import { refundOf, YEAR_MONTHS, type PaidYear } from './paid-year.ts';

const HOUR_MS = 3_600_000;

/** What a replay is asked for: lines of the months `from` to `to`. */
export interface ReplayScope {
  versions: readonly CarrierProfile[];
  months: CivilMonths;
  from: number;
  to: number;
}

/** What was ordered. */
interface Ordered {
  package: string;
  payer: string;
  at: number;
  receivedAt: number;
  changed: boolean;
  event: number | undefined;
}

/** What a unit pays for; null: nothing. `next` replaces it when the month begins (R7). */
export interface Paid {
  active: { package: string; payer: string; since: number } | null;
  /** When what was paid for last ended (epoch ms); null: it goes on. */
  endedAt: number | null;
  next: { package: string; payer: string; from: number } | null;
}

/** A cancel and when we first knew of it, or of a later one that also came in time. */
interface Cancelled {
  at: number;
  learntAt: number;
}

/** A first order within its waiver (R1). */
interface Waiver {
  order: Ordered;
  month: number;
  endsAt: number;
  cancelled: Cancelled | undefined;
}

/** Appends the lines of one unit to `lines`. `events` are consented orders and cancels, in order. */
export function replayUnit(events: readonly ChargeEvent[], scope: ReplayScope, lines: ChargeLine[]): void {
  const replay = new Replay(events[0]!, scope, lines);
  const end = scope.months.start(scope.to + 1);
  for (const event of events) {
    if (event.at >= end && !replay.hasWaiver) break;
    replay.take(event);
  }
  replay.advance(Infinity);
}

/** A unit's story so far: `take` each event in order, `advance` to where it is asked. */
export class Replay {
  readonly #scope: ReplayScope;
  readonly #lines: ChargeLine[];
  readonly #unit: string;
  /** The active order, and the one that replaces it next month (R7). */
  #active: Ordered | undefined;
  #next: Ordered | undefined;
  #year: (PaidYear & { order: Ordered }) | undefined;
  #waivers: Waiver[] = [];
  /** Ended by a cancel that may not be known yet when the next month is charged (R8). */
  #ended: { order: Ordered; cancelled: Cancelled } | undefined;
  /** The month's fee last charged, where it stands. */
  #fee: { order: Ordered; month: number; fen: number } | undefined;
  /** Months that have their standing fee, their own or a year's. */
  readonly #charged = new Set<number>();
  /** The next month to begin. */
  #month: number;
  /** What the unit had in the month, carried over into it or ordered in it, and whether it gave that up in it. */
  #had: { month: number; services: Set<Service>; cancelled: boolean } | undefined;
  /** When the order that counts last was said, since when its package is active, and what ended since. */
  #orderedAt: number | undefined;
  #since = 0;
  #endedAt: number | null = null;
  /** The last year that ended with nothing ordered to follow it. */
  yearOver: { at: number; package: string; payer: string } | null = null;

  constructor(first: ChargeEvent, scope: ReplayScope, lines: ChargeLine[]) {
    this.#unit = first.unit;
    this.#scope = scope;
    this.#lines = lines;
    this.#month = scope.months.of(first.at) + 1;
  }

  get hasWaiver(): boolean {
    return this.#waivers.length > 0;
  }

  take(event: ChargeEvent): void {
    this.advance(event.at);
    if (event.type === 'cancel') this.#cancel(event);
    else this.#order(event);
  }

  /** What is paid for by what was said. */
  get paid(): Paid {
    const [active, next] = [this.#active, this.#next];
    const { months } = this.#scope;
    return {
      active: active ? { package: active.package, payer: active.payer, since: this.#since } : null,
      endedAt: this.#endedAt,
      next: next ? { package: next.package, payer: next.payer, from: months.start(months.of(next.at) + 1) } : null,
    };
  }

  get yearEndsAt(): number | null {
    return this.#year && !this.#next ? this.#scope.months.start(this.#year.from + YEAR_MONTHS) : null;
  }

  isLastMonth(month: number): boolean {
    return this.#year !== undefined && month === this.#year.from + YEAR_MONTHS - 1;
  }

  /** When something next happens by itself after `now`, up to which it was replayed; a month that just goes on is nothing. */
  nextDue(now: number): number | null {
    const { months } = this.#scope;
    const due = this.#waivers.filter(({ cancelled }) => !cancelled).map(({ endsAt }) => endsAt);
    if (this.yearEndsAt !== null) due.push(this.yearEndsAt);
    // A change is made, and a year ordered late begins, with the next month.
    const beginsLate = this.#active && !this.#year && this.#isYear(this.#active);
    if (this.#next || beginsLate) due.push(months.start(months.of(now) + 1));
    return due.length === 0 ? null : Math.min(...due);
  }

  /** Lets happen what happens by itself up to and including `to`. */
  advance(to: number): void {
    const { months } = this.#scope;
    for (;;) {
      const waiver = this.#waivers[0];
      const monthBegins = this.#month <= this.#scope.to ? months.start(this.#month) : Infinity;
      if (waiver && waiver.endsAt <= Math.min(to, monthBegins)) {
        this.#waivers.shift();
        this.#endWaiver(waiver);
      } else if (monthBegins <= to && monthBegins < Infinity) {
        this.#beginMonth(this.#month, monthBegins);
        this.#month = this.#monthAfter(this.#month, to);
      } else return;
    }
  }

  /** A consented order. */
  #order(event: ChargeEvent): void {
    const { months } = this.#scope;
    const profile = this.#profile(event.at);
    const { id, fen, services } = this.#package(event.package, profile);
    if (fen === 0) return; // Gifts and free services print no line.
    // Of two at one instant the first in order counts: the cheaper (spec §6).
    if (event.at === this.#orderedAt) return;
    this.#orderedAt = event.at;
    const month = months.of(event.at);
    const { payer, at, receivedAt } = event;
    const order = { package: id, payer, at, receivedAt, changed: false, event: event.id };
    if (this.#active) return this.#change(order, month, isKeyword(event, profile));

    const had = this.#hadIn(month);
    // Another bundle of the same service wins no new waiver (反复订购相同的业务, spec §6).
    const isFirst = !had.cancelled || !services.some((service) => had.services.has(service));
    for (const service of services) had.services.add(service);
    this.#active = order;
    this.#since = at;
    this.#endedAt = null;
    this.#ended = undefined;
    const { firstOrder, repeatOrder } = profile;
    if (isFirst && months.isWithinDays(event.at, firstOrder.fromDay, firstOrder.untilDay)) {
      const endsAt = event.at + firstOrder.waiverHours * HOUR_MS;
      this.#waivers.push({ order, month, endsAt, cancelled: undefined });
      this.#waivers.sort((a, b) => a.endsAt - b.endsAt);
    } else if (!isFirst && months.isWithinDays(event.at, repeatOrder.fromDay, repeatOrder.untilDay)) {
      this.#charge(order, month, event.at, 'R3');
    }
    // Otherwise R2: nothing this month, and the next begins with it.
  }

  /**
   * A cancel. One subscription per unit: a cancel of any paid package ends it, whichever bundle it names, because a
   * parent who says stop must never be billed for having named it wrongly. One of a gift ends nothing that is paid.
   */
  #cancel(event: ChargeEvent): void {
    const profile = this.#profile(event.at);
    if (this.#package(event.package, profile).fen === 0) return;
    const cancelled = { at: event.at, learntAt: event.receivedAt };
    for (const waiver of this.#waivers) waiver.cancelled = earlierKnown(waiver.cancelled, cancelled);
    if (!this.#active) {
      if (this.#ended) this.#ended.cancelled = earlierKnown(this.#ended.cancelled, cancelled);
      return;
    }
    const month = this.#scope.months.of(event.at);
    this.#hadIn(month).cancelled = true;
    // A paid year has no fee coming that could be charged unknowing, unless a change would have ended it.
    this.#ended = this.#year && !this.#next ? undefined : { order: this.#next ?? this.#active, cancelled };
    if (this.#year) this.#refund(month, month + 1, event.at, profile);
    else if (!profile.feeStandsAfterCancel) this.#returnFee(month, cancelled, profile);
    this.#active = undefined;
    this.#next = undefined;
    this.#endedAt = event.at;
  }

  /**
   * R7. The latest word counts: ordering again what one has takes back a change that has not begun. The keyword, which
   * names no package, changes nothing where what it orders is had already. In a year's last month either is the order of
   * what follows (R6).
   */
  #change(order: Ordered, month: number, byKeyword: boolean): void {
    const active = this.#active!.package;
    const isLastMonth = this.isLastMonth(month);
    const coming = this.#next?.package ?? (isLastMonth ? undefined : active);
    if (order.package === coming || (byKeyword && coming !== undefined && this.#includes(active, order))) return;
    const goesOn = order.package === active;
    this.#next = goesOn && !isLastMonth ? undefined : { ...order, changed: !goesOn };
  }

  #includes(active: string, { package: id, at }: Ordered): boolean {
    const profile = this.#profile(at);
    const { services } = this.#package(active, profile);
    return this.#package(id, profile).services.every((service) => services.includes(service));
  }

  /** What the unit had in the month of an event, up to which it was replayed. */
  #hadIn(month: number) {
    if (this.#had?.month === month) return this.#had;
    return (this.#had = { month, services: new Set(), cancelled: false });
  }

  /** R1: not cancelled *before* the waiver's end. */
  #endWaiver({ order, month, endsAt, cancelled }: Waiver): void {
    if (!cancelled || isLate(cancelled, endsAt, order)) this.#charge(order, month, endsAt, 'R1', cancelled);
  }

  /** R4, R6 and R7: what is active when the month begins is due, unless its year is paid. */
  #beginMonth(month: number, at: number): void {
    if (this.#active && this.#next) {
      // The year that is replaced is over: what is left of it is paid back as on a cancel.
      if (this.#year) this.#refund(month, month, at, this.#profile(at));
      this.#active = this.#next;
      this.#since = at;
      this.#next = undefined;
    }
    if (this.#year && month >= this.#year.from + YEAR_MONTHS) {
      // Renewed only by consent: an order after the year is a new one.
      const { package: ended, payer } = this.#year.order;
      this.yearOver = { at, package: ended, payer };
      this.#year = undefined;
      this.#active = undefined;
      this.#endedAt = at;
    }
    if (this.#active && !this.#year) this.#charge(this.#active, month, at, 'R4');
    if (!this.#active && this.#ended) {
      const { order, cancelled } = this.#ended;
      if (isLate(cancelled, at, order)) this.#charge(order, month, at, 'R4', cancelled);
      else this.#ended = undefined;
    }
    const carried = this.#active && this.#package(this.#active.package, this.#profile(at)).services;
    this.#had = { month, services: new Set(carried), cancelled: false };
  }

  /** The next month whose beginning changes anything: nothing does while a monthly order just goes on. */
  #monthAfter(month: number, to: number): number {
    const { from, months } = this.#scope;
    if (this.#next || this.#year || this.#ended) return month + 1;
    const last = to === Infinity ? from : months.of(to);
    const asked = month < from ? from : month + 1;
    return Math.max(month + 1, Math.min(asked, last));
  }

  /** The month's fee, unless it has one. `cancelled`: what we learn too late, and reverse it for (R8). */
  #charge(order: Ordered, month: number, at: number, rule: 'R1' | 'R3' | 'R4', cancelled?: Cancelled): void {
    if (this.#charged.has(month)) return;
    this.#charged.add(month);
    const profile = this.#profile(at);
    const { fen, period } = this.#package(order.package, profile);
    const kind = rule === 'R1' ? 'first-order' : rule === 'R3' ? 'repeat-order' : 'monthly';
    const basis: ChargeBasis = {
      ...{ kind, orderedAt: order.at },
      ...(order.changed && { changed: true }),
      ...(cancelled && { cancelledAt: cancelled.at, learntAt: cancelled.learntAt }),
    };
    const isYear = period === 'year';
    // A year's price is for its non-free months (its refund says so): a year that begins in a free one is paid all the same.
    const isFree = !isYear && profile.freeMonths.includes(calendarMonth(month));
    const ruled = isYear ? 'R6' : isFree ? 'R5' : rule;
    const consent = order.event !== undefined && { consent: order.event };
    this.#write(order, month, isFree ? 0 : fen, ruled, at, profile, { basis, ...consent });
    if (isFree) return; // Nothing was charged that could be reversed or paid back.
    if (cancelled) {
      this.#reverse(order, month, fen, cancelled, profile);
      // A year charged unknowing is charged once: no month of it comes due before we learn.
      if (isYear) this.#ended = undefined;
    } else if (isYear) this.#year = { order, from: month, fen };
    else this.#fee = { order, month, fen };
  }

  /**
   * R8: a linked entry that takes a fee back; the fee's own line stays (the ledger is append-only). A later order in the
   * month is judged as if the fee had never been.
   */
  #reverse(order: Ordered, month: number, fen: number, { at, learntAt }: Cancelled, profile: CarrierProfile): void {
    const basis: ChargeBasis = { kind: 'reversal', orderedAt: order.at, cancelledAt: at, learntAt };
    this.#write(order, month, -fen, 'R8', learntAt, profile, { basis, feeMonth: formatMonth(month) });
    this.#charged.delete(month);
  }

  /** Where the profile says that a fee does not stand after a cancel, the month's is taken back like a late arrival's. */
  #returnFee(month: number, cancelled: Cancelled, profile: CarrierProfile): void {
    if (this.#fee?.month !== month) return;
    this.#reverse(this.#fee.order, month, this.#fee.fen, cancelled, profile);
    this.#fee = undefined;
  }

  /** R6: what is left of the paid year from the month `firstUnused` on is paid back; what it has paid for has its fee. */
  #refund(month: number, firstUnused: number, at: number, profile: CarrierProfile): void {
    const { order, ...year } = this.#year!;
    this.#year = undefined;
    const refund = refundOf(year, firstUnused, profile);
    if (refund?.fen === year.fen) this.#charged.delete(year.from);
    else this.#pay(year.from, refund ? firstUnused : year.from + YEAR_MONTHS);
    if (!refund || refund.fen === 0) return;
    const { unusedMonths } = refund;
    const basis: ChargeBasis = { kind: 'refund', orderedAt: order.at, cancelledAt: at, unusedMonths };
    this.#write(order, month, -refund.fen, 'R6', at, profile, { basis, feeMonth: formatMonth(year.from) });
  }

  #pay(from: number, until: number): void {
    for (let month = from; month < until; month++) this.#charged.add(month);
  }

  #write(
    { package: id, payer }: Ordered,
    month: number,
    fen: number,
    rule: ChargeRule,
    decidedAt: number,
    { version }: CarrierProfile,
    because: Pick<ChargeLine, 'basis' | 'consent' | 'feeMonth'>,
  ): void {
    if (month < this.#scope.from || month > this.#scope.to) return;
    const line = { unit: this.#unit, payer, package: id, month: formatMonth(month), fen, rule, decidedAt };
    this.#lines.push({ ...line, profile: version, ...because });
  }

  #isYear({ package: id, at }: Ordered): boolean {
    return this.#package(id, this.#profile(at)).period === 'year';
  }

  #profile(at: number): CarrierProfile {
    return profileAt(this.#scope.versions, at);
  }

  #package(id: string, profile: CarrierProfile): Package {
    return packageSold(this.#scope.versions, profile, id);
  }
}

/**
 * R8: whether a cancel before the deciding instant was learnt of after the charge. An order learnt of late is charged
 * when it is learnt of; what is known by then is no late arrival.
 */
function isLate({ learntAt }: Cancelled, decidedAt: number, { receivedAt }: Ordered): boolean {
  return learntAt > Math.max(decidedAt, receivedAt);
}

/** Of two cancels that both came in time, the one we knew of first counts. */
function earlierKnown(a: Cancelled | undefined, b: Cancelled): Cancelled {
  return a && a.learntAt <= b.learntAt ? a : b;
}
