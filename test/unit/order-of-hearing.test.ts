import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { foldUnit } from '../../workflows/domain/subscription/fold.ts';
import type { UnitTrial } from '../../workflows/domain/subscription/log.ts';
import { instant, play } from '../support/play.ts';

const bundle = 'home-school+safety-sms';
const trial: UnitTrial = {
  ...{ startedAt: instant('03-01'), package: 'home-school', services: ['home-school'], payer: 'mother' },
  ...{ answer: null, answeredAt: null, declinedAt: null, closedAt: null },
};
const declined: UnitTrial = {
  ...trial,
  ...{ answer: 'no', answeredAt: instant('03-10'), declinedAt: instant('03-10'), closedAt: instant('03-10') },
};
const cameBack: UnitTrial = { ...declined, answer: 'yes', answeredAt: instant('03-12'), closedAt: null };

/** The last of each story is what is heard last (spec §6: the later word stands, by when it was said). */
describe('what is heard late', () => {
  it.each<[carrier: string, heard: string[], outcome: string, state: string, events: number]>([
    ['gansu', ['sms home-school 03-11', 'cancel everything 03-10'], 'ordered-since', 'active', 1],
    ['gansu', ['sms home-school 03-10', 'cancel everything 03-10'], 'cancelled', 'cancelled', 3],
    ['gansu', ['sms home-school 03-09', 'cancel everything 03-10'], 'cancelled', 'cancelled', 3],
    [
      'gansu',
      ['sms home-school 03-09', 'agent home-school 03-11', 'cancel everything 03-10'],
      'cancelled',
      'pending',
      3,
    ],
    ['gansu', ['agent home-school 03-11', 'cancel everything 03-10'], 'ordered-since', 'pending', 1],
    ['gansu', ['sms home-school 03-11', 'cancel home-school 03-10'], 'ordered-since', 'active', 1],
    // Gifts cost nothing: they are ended, whatever was said of the rest.
    ['gansu', ['sms home-school 03-09', 'cancel free 03-10'], 'free-services-cancelled', 'active', 2],
    ['gansu', ['cancel everything 03-11', 'sms home-school 03-10'], 'cancelled-since', 'cancelled', 1],
    ['gansu', ['cancel everything 03-10', 'sms home-school 03-10'], 'cancelled-since', 'cancelled', 1],
    ['gansu', ['cancel everything 03-09', 'sms home-school 03-10'], 'subscribed', 'active', 1],
    ['gansu', ['cancel everything 03-11', 'agent home-school 03-10'], 'cancelled-since', 'cancelled', 1],
    // A slip has two times: when it was signed, and when it was recorded, from which it counts.
    ['gansu', ['cancel everything 03-11', 'agent home-school! 03-20=03-10'], 'cancelled-since', 'cancelled', 2],
    ['gansu', ['cancel everything 03-10', 'agent home-school! 03-20=03-10'], 'cancelled-since', 'cancelled', 2],
    ['gansu', ['cancel everything 03-11', 'agent home-school! 03-20=03-12'], 'subscribed', 'active', 2],
    ['gansu', ['cancel everything 03-01', 'agent home-school! 03-20=?'], 'cancelled-since', 'cancelled', 2],
    ['gansu', ['agent home-school! 03-20=?'], 'subscribed', 'active', 2],
    ['gansu', ['agent home-school! 03-20=?', 'cancel everything 03-01'], 'cancelled', 'cancelled', 1],
    ['gansu', ['agent home-school! 03-20=03-12', 'cancel everything 03-11'], 'ordered-since', 'active', 1],
    // Free alone ends nothing that is paid for, and overrules nothing.
    ['gansu', ['cancel free 03-11', 'agent home-school! 03-20=03-10'], 'subscribed', 'active', 2],
    // A change of bundle.
    ['shanxi', ['sms home-school 03-05', `web ${bundle} 03-06`], 'changes-next-month', 'active', 1],
    ['shanxi', [`web ${bundle} 03-06`, 'sms home-school 03-05'], 'changes-next-month', 'active', 1],
    ['shanxi', [`web ${bundle} 04-06`, 'sms home-school 03-05'], 'changes-next-month', 'active', 1],
    ['shanxi', ['sms home-school 03-05', 'sms home-school 05-06', `web ${bundle} 03-06`], 'subscribed', 'active', 1],
  ])('at %s of %j: %s', (carrier, heard, outcome, state, events) => {
    const decision = play(carrier, heard);
    expect(decision).toMatchObject({ outcome, state: { state } });
    expect(decision.events).toHaveLength(events);
  });

  it.each<[string, UnitTrial, string, string, string, number]>([
    ['before a no, which would end no fees: it is not recorded', declined, '03-09', 'cancelled-since', 'cancelled', 0],
    ['at the instant of a no', declined, '03-10', 'cancelled-since', 'cancelled', 0],
    ['after a no', declined, '03-11', 'subscribed', 'active', 1],
    ['signed before a no', declined, '03-20=03-09', 'cancelled-since', 'cancelled', 0],
    ['signed nobody knows when, after a no', declined, '03-20=?', 'cancelled-since', 'cancelled', 0],
    ['signed after a no', declined, '03-20=03-11', 'subscribed', 'active', 2],
    ['signed before a no that a yes took back', cameBack, '03-20=03-09', 'cancelled-since', 'trial', 0],
    ['said before a no that a yes took back', cameBack, '03-11', 'subscribed', 'active', 1],
  ])('an order %s', (_, of, when, outcome, state, events) => {
    const who = when.includes('=') ? 'agent home-school!' : 'web home-school';
    const decision = play('shanxi', [`${who} ${when}`], of);
    expect(decision).toMatchObject({ outcome, state: { state } });
    expect(decision.events).toHaveLength(events);
  });

  it('an order that a no overrules is told what is had', () => {
    const heard = ['web home-school 03-15', 'agent home-school! 03-20=03-09'];
    expect(play('shanxi', heard, declined)).toMatchObject({
      outcome: 'already-subscribed',
      state: { state: 'active' },
    });
  });

  it.each([
    ['a stop said before the trial', '02-20'],
    ['a stop said in it', '03-05'],
  ])('%s ends it', (_, when) => {
    const stop = { unit: 'u', payer: 'mother', package: 'home-school', type: 'cancel', channel: 'sms' } as const;
    const events = [{ ...stop, at: instant(when), receivedAt: instant('03-08') }];
    const { state } = foldUnit({ events, trial }, loadCarriers().versions('shanxi'), instant('03-08'));
    expect(state).toMatchObject({ state: 'cancelled', services: [] });
  });
});
