/**
 * The one fold of a unit's log (spec §6): what it has, by all that was said of it in the order it was said in, whenever
 * it was heard. What is paid for is the replay's, by which it is also charged; beside that there are what is free, what
 * waits for consent, and the trial.
 */
import { packageSold, profileAt, type CarrierProfile, type Package, type Service } from '../carrier-profile.ts';
import { Replay, type ReplayScope } from '../charging-replay.ts';
import { CivilMonths } from '../civil-month.ts';
import { decides, orderOf, soldAt, standing, type ChargeEvent, type UnitLog, type UnitTrial } from './log.ts';
import { isKeyword, NO_SUBSCRIPTION, type SubscriptionState } from './state.ts';

/** A unit as it is at an instant, and what happens to it by itself. */
export interface Unit {
  state: SubscriptionState;
  upcoming: Upcoming;
}

/** What happens to a unit by itself, as far as its log says. */
export interface Upcoming {
  /** The next instant (epoch ms) at which something does: a waiver's end, a change's month, a year's end; null: none. */
  dueAt: number | null;
  /** When the paid year ends, if there is one and nothing was ordered to follow it. */
  yearEndsAt: number | null;
  /** Whether this is the last month of a paid year, in which an order is that of what follows. */
  isLastMonth: boolean;
  /** The last paid year that ended with nothing ordered to follow it (R6: renewed only by consent); `at` epoch ms. */
  yearOver: { at: number; package: string; payer: string } | null;
}

/** Tells the unit as it is at `now` (epoch ms); what was said later is not known yet. */
export function foldUnit(log: UnitLog, versions: readonly CarrierProfile[], now: number): Unit {
  const fold = new Fold(versions, now);
  const said = standing(log.events, versions);
  const stands = new Set(said);
  for (const event of log.events) if (decides(event) && event.at <= now && !stands.has(event)) fold.overrule(event);
  for (const entry of entriesOf(said, log.trial, versions)) {
    if (entry.at > now) break;
    fold.take(entry);
  }
  return fold.end();
}

type Entry = ChargeEvent | { type: 'trial' | 'trial-yes' | 'trial-no' | 'trial-end'; at: number; trial: UnitTrial };

function entriesOf(
  events: readonly ChargeEvent[],
  trial: UnitTrial | null,
  versions: readonly CarrierProfile[],
): Entry[] {
  const said: Entry[] = events.filter(({ type }) => type !== 'expire').toSorted(orderOf(versions));
  if (!trial) return said;
  // At the instant of a cancel the trial's entry comes before it, so that the cancel wins.
  const place = (type: Entry['type'], at: number | null) => {
    if (at === null) return;
    const after = said.findIndex((each) => each.at > at || (each.at === at && each.type === 'cancel'));
    said.splice(after === -1 ? said.length : after, 0, { type, at, trial } as Entry);
  };
  place('trial', trial.startedAt);
  if (trial.answer === 'yes') place('trial-yes', trial.answeredAt);
  place('trial-no', trial.declinedAt);
  place('trial-end', trial.closedAt);
  return said;
}

interface Had {
  package: string;
  payer: string;
  since: number;
}

class Fold {
  readonly #versions: readonly CarrierProfile[];
  readonly #scope: ReplayScope;
  readonly #now: number;
  #replay: Replay | undefined;
  /** Received free beside what is paid for. */
  readonly #free = new Set<Service>();
  /** Ordered free where nothing is paid for. */
  #gift: Had | undefined;
  /** Somebody else's order, which waits for consent. */
  #waiting: Had | undefined;
  #trial: (Had & { services: Service[] }) | undefined;
  /** What ended last, and when. */
  #ended: Had | undefined;
  /** Whether a stop, or a no to the trial, was ever said, after which none begins. */
  #wasStopped = false;
  /** What is paid for. */
  #paid: Had | undefined;

  constructor(versions: readonly CarrierProfile[], now: number) {
    this.#versions = versions;
    this.#now = now;
    const months = new CivilMonths(versions[0]!.zone);
    this.#scope = { versions, months, from: months.of(now), to: months.of(now) };
  }

  /** An order that a stop overruled before it counts as ended: it may have been served until the stop was heard. */
  overrule({ package: id, payer, at }: ChargeEvent): void {
    this.#ended = { package: id, payer, since: at };
  }

  take(entry: Entry): void {
    this.#advance(entry.at);
    switch (entry.type) {
      case 'trial':
        return this.#beginTrial(entry.trial);
      case 'trial-yes':
        return this.#confirm(entry.trial, entry.at);
      case 'trial-no':
        this.#wasStopped = true;
        if (this.#trial) this.#endAll(entry.at);
        return;
      case 'trial-end':
        if (this.#trial) this.#endAll(entry.at);
        return;
      case 'cancel':
        return this.#cancel(entry);
      default:
        return decides(entry) ? this.#order(entry) : this.#ask(entry);
    }
  }

  end(): Unit {
    this.#advance(this.#now);
    const replay = this.#replay;
    const isLastMonth = replay?.isLastMonth(this.#scope.to) ?? false;
    const { yearEndsAt = null, yearOver = null } = replay ?? {};
    return {
      state: this.#state(),
      upcoming: { dueAt: replay?.nextDue(this.#now) ?? null, yearEndsAt, isLastMonth, yearOver },
    };
  }

  #state(): SubscriptionState {
    const waiting = this.#waiting?.package ?? null;
    const having = (state: SubscriptionState['state'], { package: id, payer, since }: Had, services: Service[]) => ({
      ...{ ...NO_SUBSCRIPTION, state, package: id, payer, since },
      services: [...new Set(services)],
    });
    if (this.#paid) {
      const { services } = this.#package(this.#paid.package, this.#now);
      const gifts = profileAt(this.#versions, this.#now).gifts.filter((gift) => this.#free.has(gift));
      const { next } = this.#replay!.paid;
      return { ...having('active', this.#paid, [...services, ...gifts, ...this.#free]), waiting, next };
    }
    if (this.#gift) return { ...having('active', this.#gift, [...this.#free]), waiting };
    if (this.#trial) return { ...having('trial', this.#trial, this.#trial.services), waiting };
    if (this.#waiting) return having('pending', this.#waiting, []);
    return this.#ended ? having('cancelled', this.#ended, []) : NO_SUBSCRIPTION;
  }

  /** Lets happen what happens by itself: a change's month begins, a year ends. */
  #advance(to: number): void {
    if (!this.#replay) return;
    this.#replay.advance(to);
    const { active, endedAt } = this.#replay.paid;
    if (this.#paid && !active) this.#endAll(endedAt!);
    this.#paid = active ?? undefined;
  }

  /** Somebody else orders. What is had already, or waits while something does, changes nothing. */
  #ask({ package: id, payer, at }: ChargeEvent): void {
    if (!this.#waiting && !this.#has(id, at)) this.#waiting = { package: id, payer, since: at };
  }

  #has(id: string, at: number): boolean {
    const { services, fen } = this.#package(id, at);
    if (fen === 0) return services.every((service) => this.#free.has(service));
    if (!this.#paid) return false;
    const isLastMonth = this.#replay!.isLastMonth(this.#scope.months.of(at));
    return (this.#replay!.paid.next?.package ?? (isLastMonth ? undefined : this.#paid.package)) === id;
  }

  /** A consented order; one of a paid package gives the gifts too (spec §4). */
  #order(event: ChargeEvent): void {
    const { package: id, payer, at } = event;
    const profile = profileAt(this.#versions, at);
    const { services, fen } = this.#package(id, at);
    // The keyword names no package, and a gift is ordered beside what waits: that waits on.
    const isAside = event.type === 'order' && (isKeyword(event, profile) || fen === 0);
    if (!isAside || this.#waiting?.package === id) this.#waiting = undefined;
    this.#trial = undefined;
    if (fen === 0) {
      if (!this.#paid) this.#gift ??= { package: id, payer, since: at };
      for (const service of services) this.#free.add(service);
      return;
    }
    if (!this.#paid) this.#free.clear();
    this.#gift = undefined;
    for (const gift of profile.gifts) this.#free.add(gift);
    this.#charge(event);
  }

  #charge(event: ChargeEvent): void {
    this.#replay ??= new Replay(event, this.#scope, []);
    this.#replay.take(event);
    this.#paid = this.#replay.paid.active ?? undefined;
  }

  /** A cancel of what is paid ends all there is but what was ordered free alone; one of a gift, that. */
  #cancel(event: ChargeEvent): void {
    const { services, fen } = soldAt(this.#versions, event);
    if (fen === 0) return this.#endGifts(services, event.at);
    this.#wasStopped = true;
    if (this.#paid || this.#trial || this.#waiting) this.#endAll(event.at);
    if (this.#replay) this.#charge(event);
  }

  #endGifts(services: readonly Service[], at: number): void {
    for (const service of services) this.#free.delete(service);
    if (this.#gift && this.#free.size === 0) {
      this.#ended = { ...this.#gift, since: at };
      this.#gift = undefined;
    }
    if (this.#trial) {
      const bundled = this.#package(this.#trial.package, at).services;
      this.#trial.services = this.#trial.services.filter((each) => bundled.includes(each) || !services.includes(each));
    }
  }

  #endAll(at: number): void {
    const had = this.#paid ?? this.#trial ?? this.#waiting;
    if (had) this.#ended = { ...had, since: at };
    if (!this.#gift) this.#free.clear();
    this.#trial = undefined;
    this.#waiting = undefined;
  }

  #beginTrial({ startedAt, package: id, services, payer }: UnitTrial): void {
    const had = { package: id, payer, since: startedAt };
    // A stop said before it, and heard after.
    if (this.#wasStopped) this.#ended = had;
    else if (!this.#paid) this.#trial = { ...had, services: [...services] };
  }

  /** A yes keeps the free service until its order, and brings back what was given up. */
  #confirm({ startedAt, package: id, services, payer }: UnitTrial, at: number): void {
    if (this.#paid || this.#gift || at < startedAt) return;
    this.#trial ??= { package: id, payer, since: startedAt, services: [...services] };
  }

  #package(id: string, at: number): Package {
    return packageSold(this.#versions, profileAt(this.#versions, at), id);
  }
}
