import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Carriers, loadCarriers } from '../../infra/carriers.ts';
import { startBillingSchedules, startReaderAlarmSchedules } from '../../workers/schedules.ts';
import { billingScheduleId, readerAlarmScheduleId } from '../../workflows/ids.ts';
import { localTemporal } from '../support/temporal.ts';

let environment: TestWorkflowEnvironment;
beforeAll(async () => {
  environment = await localTemporal();
}, 60_000);
afterAll(() => environment?.teardown());

/** Gansu, with the clocks of another zone: what its profile may say in the next version. */
function carriersIn(zone: string): Carriers {
  const versions = loadCarriers().versions('gansu');
  return new Carriers(new Map([['gansu', versions.map((version) => ({ ...version, zone }))]]));
}

it.each([
  ['fees', startBillingSchedules, billingScheduleId('gansu')],
  ['gates', startReaderAlarmSchedules, readerAlarmScheduleId('gansu')],
])('a changed schedule of the %s takes effect, and keeps the pause of an operator', async (_what, start, id) => {
  const { client } = environment;
  const schedule = client.schedule.getHandle(id);
  const described = async () => {
    const { spec, action, policies, state, info } = await schedule.describe();
    return { zone: spec.timezone, args: JSON.stringify(action.args), policies, state, updatedAt: info.lastUpdatedAt };
  };
  await start(client, carriersIn('Asia/Shanghai'));
  await schedule.pause('the carrier asked for it');
  const before = await described();
  expect(before).toMatchObject({ zone: 'Asia/Shanghai', state: { paused: true } });

  await start(client, carriersIn('Asia/Urumqi'));
  const after = await described();
  expect(after).toMatchObject({ zone: 'Asia/Urumqi', policies: before.policies, state: before.state });
  expect(after.state).toMatchObject({ paused: true, note: 'the carrier asked for it' });
  expect(after.args).toBe(before.args.replace('Asia/Shanghai', 'Asia/Urumqi'));

  // The next start finds it as it should be: an update would drop what an outage has left due.
  await start(client, carriersIn('Asia/Urumqi'));
  expect(await described()).toEqual(after);
});
