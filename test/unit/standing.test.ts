import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import type { Paid } from '../../workflows/domain/charging.ts';
import {
  NO_SUBSCRIPTION,
  type CancelOutcome,
  type OrderOutcome,
  type SubscriptionState,
} from '../../workflows/domain/ordering.ts';
import { asItStands, withPaid } from '../../workflows/domain/standing.ts';

const versions = loadCarriers().versions('gansu');
const shanxi = loadCarriers().versions('shanxi');
const bundle = 'home-school+safety-sms';
const active: SubscriptionState = {
  ...NO_SUBSCRIPTION,
  ...{ state: 'active', package: 'home-school', services: ['home-school', 'safety-sms'], since: 1, payer: 'mother' },
};
const paid = (id: string | null, next: string | null = null): Paid => ({
  active: id === null ? null : { package: id, payer: 'father', since: 5 },
  endedAt: id === null ? 7 : null,
  next: next === null ? null : { package: next, payer: 'father', from: 9 },
});

describe('a subscription beside all that was said', () => {
  it.each<[string, SubscriptionState, Paid, Partial<SubscriptionState>]>([
    [
      'keeps the services of what is paid for, given up gifts included',
      active,
      paid('home-school'),
      { services: ['home-school', 'safety-sms'], payer: 'father', since: 1 },
    ],
    ['ends with what was paid for', active, paid(null), { state: 'cancelled', services: [], since: 7, next: null }],
    [
      'is what a later word ordered, with its gifts',
      { ...active, state: 'cancelled', services: [] },
      paid('home-school'),
      { state: 'active', services: ['home-school', 'safety-sms', 'family-phone'], since: 5 },
    ],
    ['goes on where only something free is had', { ...active, package: 'safety-sms' }, paid(null), { state: 'active' }],
    ['waits where nothing is paid for', { ...active, state: 'pending' }, paid(null), { state: 'pending' }],
  ])('%s', (_words, state, facts, expected) => {
    expect(withPaid(state, facts, versions, versions[0]!)).toMatchObject(expected);
  });

  it('takes over what replaces it with the next month', () => {
    const { next, package: id } = withPaid(active, paid(bundle, 'home-school'), shanxi, shanxi[0]!);
    expect([id, next?.package]).toEqual([bundle, 'home-school']);
  });
});

describe('a decision beside all that was said', () => {
  const ended: SubscriptionState = { ...active, state: 'cancelled', services: [] };
  const changing: SubscriptionState = { ...active, next: { package: bundle, payer: 'mother', from: 9 } };

  it.each<[OrderOutcome | CancelOutcome, string | null, SubscriptionState, OrderOutcome | CancelOutcome]>([
    ['subscribed', 'home-school', active, 'subscribed'],
    ['subscribed', 'safety-sms', active, 'subscribed'],
    ['subscribed', bundle, active, 'already-subscribed'],
    ['subscribed', 'home-school', changing, 'changes-next-month'],
    ['subscribed', 'home-school', ended, 'cancelled-since'],
    ['already-subscribed', 'home-school', active, 'already-subscribed'],
    ['changes-next-month', bundle, changing, 'changes-next-month'],
    ['changes-next-month', 'home-school', active, 'subscribed'],
    ['changes-next-month', bundle, active, 'already-subscribed'],
    ['cancelled', null, ended, 'cancelled'],
    ['cancelled', null, active, 'ordered-since'],
    ['ordered-since', null, active, 'ordered-since'],
    ['ordered-since', null, ended, 'cancelled'],
    ['off-net', null, ended, 'off-net'],
    ['pending-consent', bundle, active, 'pending-consent'],
  ])('%s of %s stands so', (outcome, ordered, state, stands) => {
    const events = ordered === null ? [] : [{ type: 'order' as const, package: ordered }];
    expect(asItStands({ outcome, events, state: NO_SUBSCRIPTION }, state)).toMatchObject({ outcome: stands, state });
  });
});
