import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { decideLateCancel, type SaidBefore } from '../../workflows/domain/late-commands.ts';
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
  ])('%s: overruled by it or not', (_, name, said, overruled) => {
    const decision = decideLateCancel(state(name), { scope: 'everything', at: 10 }, { ...nothing, ...said }, profile);
    expect(decision?.outcome).toBe(overruled ? 'ordered-since' : undefined);
  });
});
