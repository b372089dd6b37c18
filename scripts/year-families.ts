/** What families of a simulated year do: orders, cancels, changes of mind, late texts. The same seed, the same year. */
import type { CarrierProfile } from '../workflows/domain/carrier-profile.ts';
import { decideCancel, decideOrder } from '../workflows/domain/subscription/decide.ts';
import type { ChargeEvent } from '../workflows/domain/subscription/log.ts';
import {
  NO_SUBSCRIPTION,
  type SubscriptionEvent,
  type SubscriptionState,
} from '../workflows/domain/subscription/state.ts';
import { mulberry32 } from './random.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** An event as the subscription's activity would record it. */
export interface RecordedEvent extends SubscriptionEvent {
  family: number;
  channel: string;
  at: number;
  receivedAt: number;
}

interface Action {
  family: number;
  does: 'order' | 'cancel';
  package: string;
  channel: 'sms' | 'web' | 'agent';
  at: number;
  receivedAt: number;
}

/** How often families do what, as shares of those who could in a month. */
const HABITS = {
  orderInFirstMonth: 0.4,
  orderLater: 0.06,
  cancelSoonAfter: 0.25,
  cancel: 0.04,
  orderAgain: 0.3,
  change: 0.02,
  orderTwice: 0.02,
  consent: 0.6,
  byAgent: 0.15,
  lateText: 0.15,
};

/** Families with their subscriptions, from nothing. */
export class Families {
  readonly states: SubscriptionState[];
  readonly #profile: CarrierProfile;
  readonly #random: () => number;
  readonly #logs: ChargeEvent[][];
  #texts: Action[] = [];

  constructor(count: number, profile: CarrierProfile, seed: number) {
    this.states = Array.from({ length: count }, () => NO_SUBSCRIPTION);
    this.#logs = Array.from({ length: count }, () => []);
    this.#profile = profile;
    this.#random = mulberry32(seed);
  }

  /** A number of [0, 1): the year's only chance. */
  chance(): number {
    return this.#random();
  }

  /** Lets a month [from, until) happen; texts that reach us after `known` wait. Returns what was recorded. */
  live(from: number, until: number, known: number): RecordedEvent[] {
    const first = this.#texts.length === 0 && this.states.every(({ state }) => state === 'none');
    this.states.forEach((state, family) => this.#act(family, state, from, until, first));
    this.#texts.sort((a, b) => a.receivedAt - b.receivedAt || a.family - b.family);
    const events = this.#texts.filter(({ receivedAt }) => receivedAt <= known).flatMap((text) => this.#take(text));
    this.#texts = this.#texts.filter(({ receivedAt }) => receivedAt > known);
    return events;
  }

  #act(family: number, { state }: SubscriptionState, from: number, until: number, first: boolean): void {
    const at = from + Math.floor(this.chance() * (until - from - 1));
    const chance = this.chance();
    if (state === 'active') {
      if (chance < HABITS.cancel) {
        this.#text(family, 'cancel', at);
        if (this.chance() < HABITS.orderAgain) this.#text(family, 'order', this.#within(at, 5 * DAY_MS, until));
      } else if (chance < HABITS.cancel + HABITS.change) this.#text(family, 'order', at, this.#anyPackage());
      else if (chance < HABITS.cancel + HABITS.change + HABITS.orderTwice) this.#text(family, 'order', at);
    } else if (state === 'pending') {
      if (chance < HABITS.consent) this.#text(family, 'order', at);
    } else if (chance < (first ? HABITS.orderInFirstMonth : HABITS.orderLater)) {
      this.#text(family, 'order', at, this.#anyPackage(), this.chance() < HABITS.byAgent ? 'agent' : 'sms');
      if (this.chance() < HABITS.cancelSoonAfter) this.#text(family, 'cancel', this.#within(at, 4 * DAY_MS, until));
    }
  }

  #text(
    family: number,
    does: Action['does'],
    at: number,
    id = this.#profile.defaultPackage,
    channel: Action['channel'] = 'sms',
  ): void {
    const late = channel === 'sms' && this.chance() < HABITS.lateText ? this.chance() * 10 * DAY_MS : 0;
    this.#texts.push({ family, does, package: id, channel, at, receivedAt: at + Math.floor(late) });
  }

  #within(after: number, most: number, until: number): number {
    return Math.min(until - 1, after + 1000 + Math.floor(this.chance() * most));
  }

  #anyPackage(): string {
    const paid = this.#profile.packages.filter(({ fen }) => fen > 0);
    return paid[Math.floor(this.chance() * paid.length)]!.id;
  }

  #take({ family, does, package: id, channel, at, receivedAt }: Action): RecordedEvent[] {
    const log = this.#logs[family]!;
    const [unit, payer] = [String(family), String(family)];
    const said = { unit, payer, channel, at, receivedAt };
    const versions = [this.#profile];
    const { state, events } =
      does === 'order'
        ? decideOrder({ events: log, trial: null }, { ...said, package: id, onNet: true }, versions)
        : decideCancel({ events: log, trial: null }, { ...said, scope: 'home-school' }, versions);
    this.states[family] = state;
    log.push(...events.map((event) => ({ ...said, type: event.type, package: event.package })));
    return events.map((event) => ({ ...event, family, channel, at, receivedAt }));
  }
}
