import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { decideLateCancel, decideLateOrder, type SaidBefore } from '../../workflows/domain/late-commands.ts';
import type { Package } from '../../workflows/domain/carrier-profile.ts';
import { NO_SUBSCRIPTION, type SubscriptionState } from '../../workflows/domain/ordering.ts';

const profile = loadCarriers().profile('gansu', Date.parse('2026-03-05T00:00:00Z'));
const state = (name: SubscriptionState['state']): SubscriptionState => ({
  ...NO_SUBSCRIPTION,
  state: name,
  package: 'home-school',
  services: ['home-school'],
});
const nothing: SaidBefore = { orderedAt: null, consentedAt: null, cancelledAt: null, declinedAt: null };

/** A stop said at 10 and heard after what else was said (spec §6: the later word stands, by when it was said). */
describe('a stop heard late', () => {
  it.each<[string, SubscriptionState['state'], Partial<SaidBefore>, boolean]>([
    ['after the parent ordered', 'active', { orderedAt: 11, consentedAt: 11 }, true],
    ['after an order at the same instant', 'active', { orderedAt: 10, consentedAt: 10 }, false],
    ['after an older order', 'active', { orderedAt: 9, consentedAt: 9 }, false],
    ['after somebody else ordered, unconsented', 'active', { orderedAt: 11, consentedAt: 9 }, false],
    ['on trial, after somebody else ordered', 'trial', { orderedAt: 11, consentedAt: null }, false],
    ['while that order waits for consent', 'pending', { orderedAt: 11 }, true],
    ['after everything ended', 'cancelled', { orderedAt: 11, consentedAt: 11 }, false],
    ['with no order known', 'active', {}, false],
  ])('%s: overruled by it or not', (_, name, said, overruled) => {
    const decision = decideLateCancel(state(name), { scope: 'everything', at: 10 }, { ...nothing, ...said }, profile);
    expect(decision?.outcome).toBe(overruled ? 'ordered-since' : undefined);
  });

  it.each([
    ['home-school', 'ordered-since'],
    ['everything', 'ordered-since'],
    // Gifts cost nothing: they are ended, whatever was said of the rest.
    ['free', undefined],
    ['safety-sms', undefined],
  ])('of %s', (scope, outcome) => {
    const free: Package = { id: 'safety-sms', name: '平安短信', services: ['safety-sms'], fen: 0, period: 'month' };
    const withFree = { ...profile, packages: [...profile.packages, free] };
    const said = { ...nothing, orderedAt: 11, consentedAt: 11 };
    expect(decideLateCancel(state('active'), { scope, at: 10 }, said, withFree)?.outcome).toBe(outcome);
  });
});

/** An order said at 10 and heard after a stop, or a no on trial. */
describe('an order heard late', () => {
  const own = { package: 'home-school', channel: 'sms', payer: 'g1', at: 10, unaware: false } as const;
  const agents = { ...own, channel: 'agent' } as const;

  it.each<[string, Parameters<typeof decideLateOrder>[1], Partial<SaidBefore>, number | undefined]>([
    ['before a stop', own, { cancelledAt: 11 }, 1],
    ['at the same instant as a stop, which wins', own, { cancelledAt: 10 }, 1],
    ['after a stop', own, { cancelledAt: 9 }, undefined],
    ['and no stop is known', own, {}, undefined],
    ['on a slip signed before a stop', { ...agents, at: 20, slip: true, signedAt: 10 }, { cancelledAt: 11 }, 1],
    ['on a slip signed after a stop', { ...agents, at: 20, slip: true, signedAt: 12 }, { cancelledAt: 11 }, undefined],
    ['on a slip without a date, whenever the stop was', { ...agents, at: 20, slip: true, signedAt: null }, { cancelledAt: 1 }, 1], // prettier-ignore
    ['on a slip without a date, and no stop is known', { ...agents, slip: true, signedAt: null }, {}, undefined],
    ['on a slip without a date, after a no', { ...agents, at: 20, slip: true, signedAt: null }, { declinedAt: 9 }, 0],
    ['by somebody else without a slip: it only asks', agents, { cancelledAt: 11 }, undefined],
    ['before a no, which would end no fees: it is not recorded', own, { declinedAt: 11 }, 0],
    ['after a no', own, { declinedAt: 9 }, undefined],
  ])('%s', (_what, order, said, events) => {
    const decision = decideLateOrder(state('cancelled'), order, { ...nothing, ...said });
    expect(decision?.events.length).toBe(events);
    expect(decision?.outcome).toBe(events === undefined ? undefined : 'cancelled-since');
  });
});
