import { describe, expect, it } from 'vitest';
import { textClass } from '../support/trial.ts';
import { DAY, START, END, trialRig } from '../support/trial-rig.ts';

const rig = trialRig();
const { rowsOf, slip, cancel, order, agentOrders } = rig;

describe('a subscription and its trial', () => {
  it("none of it writes a subscription's row, whose one writer is its workflow", async () => {
    const rows = () => rowsOf('select * from subscription order by unit');
    const before = await rows();
    await textClass(rig.pool, START);
    await slip('p1', 'no', END);
    await slip('p2', 'yes', END);
    await slip('p3', 'no', END);
    await slip('p3', 'yes', END + 1000);
    await order('p3', END + 1000);
    const ordered = await rows();
    expect(ordered.map((row) => (row as { unit: string }).unit)).toEqual(['p3', 'p5']);
    await slip('p2', 'no', END + 2000);
    await rig.trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
    expect(await rows()).toEqual(ordered);
    expect(ordered).toEqual(expect.arrayContaining(before));
  });

  it.each<[was: string, then: () => Promise<unknown>, is: { state: string; services: string[]; waiting?: string }]>([
    ['on trial', () => Promise.resolve(), { state: 'trial', services: ['home-school'] }],
    [
      'an agent orders more while on trial',
      () => agentOrders('p1', START + 1000),
      { state: 'trial', services: ['home-school'], waiting: 'home-school+safety-sms' },
    ],
    [
      'which waits no longer when the trial ends in silence',
      async () => {
        await agentOrders('p1', START + 1000);
        await rig.trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
      },
      { state: 'cancelled', services: [] },
    ],
    [
      'an agent orders after the close',
      async () => {
        await rig.trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
        await agentOrders('p1', END + DAY + 1000);
      },
      { state: 'pending', services: [] },
    ],
    [
      'cancelled while on trial, and the trial closed since',
      async () => {
        await cancel('p1', START + DAY);
        await rig.trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
      },
      { state: 'cancelled', services: [] },
    ],
    [
      'a cancel and a yes at one instant: the cancel wins',
      async () => {
        await cancel('p1', START + DAY);
        await slip('p1', 'yes', START + DAY);
      },
      { state: 'cancelled', services: [] },
    ],
    [
      'an agent orders after a yes and a cancel: nothing is consented to',
      async () => {
        await slip('p1', 'yes', START + DAY);
        await cancel('p1', START + 2 * DAY);
        await agentOrders('p1', START + 3 * DAY);
      },
      { state: 'pending', services: [] },
    ],
    [
      'an agent orders after an order and its cancel, while others are on trial',
      async () => {
        await slip('p1', 'yes', START + DAY);
        await order('p1', END);
        await cancel('p1', END + DAY);
        await agentOrders('p1', END + 2 * DAY);
      },
      { state: 'pending', services: [] },
    ],
    [
      'which goes on waiting when their trial is closed',
      async () => {
        await cancel('p1', START + DAY);
        await agentOrders('p1', START + 2 * DAY);
        await rig.trial.closeTrialPeriod({ trialId: 'xc', at: END + DAY, as: 'silent' });
      },
      { state: 'pending', services: [] },
    ],
    [
      'what waited for consent was declined with the trial, and a yes to that brings it not back',
      async () => {
        await agentOrders('p1', START + 1000);
        await slip('p1', 'no', START + DAY, { requestId: 'no' });
        await slip('p1', 'yes', START + 2 * DAY, { signedOn: '2026-03-07' });
      },
      { state: 'trial', services: ['home-school'] },
    ],
    [
      'but what an agent ordered since waits',
      async () => {
        await slip('p1', 'no', START + DAY, { requestId: 'no' });
        await slip('p1', 'yes', START + 2 * DAY, { signedOn: '2026-03-07' });
        await agentOrders('p1', START + 3 * DAY);
      },
      { state: 'trial', services: ['home-school'], waiting: 'home-school+safety-sms' },
    ],
    [
      'ordered after a no',
      async () => {
        await slip('p1', 'no', START + DAY);
        await order('p1', START + 2 * DAY);
      },
      { state: 'active', services: ['home-school'] },
    ],
    [
      'cancelled after the order',
      async () => {
        await slip('p1', 'yes', END);
        await order('p1', END);
        await cancel('p1', END + DAY);
      },
      { state: 'cancelled', services: [] },
    ],
  ])('what a unit has now: %s', async (_, then, { state, services, waiting = null }) => {
    await textClass(rig.pool, START);
    await then();
    expect(await rowsOf(`select state, services, waiting_package from unit_service('shanxi', 'p1')`)).toEqual([
      { state, services, waiting_package: waiting },
    ]);
  });
});
