import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSubscriptionActivities } from '../../activities/subscription.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { orderUpdate, type SubscriptionRequest } from '../../workflows/contracts.ts';
import { subscriptionId, TASK_QUEUE } from '../../workflows/ids.ts';
import { liveInAnyYear } from '../support/any-year.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addGuardian } from '../support/family.ts';
import { until } from '../support/poll.ts';
import { recordHistory } from '../support/history.ts';
import { command, starterOf } from '../support/starter.ts';
import { localTemporal, runWorker } from '../support/temporal.ts';

describe('the subscription workflow', () => {
  let database: TestDatabase;
  let environment: TestWorkflowEnvironment;
  let stopWorker: () => Promise<void>;
  let people = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    await liveInAnyYear(database.pool);
    environment = await localTemporal();
    stopWorker = await runWorker(environment, {
      taskQueue: TASK_QUEUE.core,
      workflows: 'workflows/subscription.ts',
      activities: createSubscriptionActivities({ pool: database.pool, carriers: loadCarriers() }),
    });
  });
  afterAll(async () => {
    await stopWorker();
    await environment.teardown();
    await database.drop();
  });

  async function newFamily(tenant = 'gansu') {
    const guardianId = `g${++people}`;
    await addGuardian(database.pool, tenant, guardianId, `139${String(people).padStart(8, '0')}`);
    return guardianId;
  }
  const said = (guardianId: string, requestId: string) => ({
    requestId,
    channel: 'sms' as const,
    actor: guardianId,
    guardianId,
    at: '2026-03-05T10:00:00+08:00',
    receivedAt: '2026-03-05T10:00:00+08:00',
    evidence: {},
  });
  const send = (request: SubscriptionRequest) => command({ pool: database.pool, client: environment.client }, request);
  const order = (guardianId: string, requestId: string = randomUUID()) =>
    send({
      tenant: 'gansu',
      unit: `h-${guardianId}`,
      action: 'order',
      command: { ...said(guardianId, requestId), package: 'home-school' },
    });
  const cancel = (guardianId: string, requestId: string = randomUUID()) =>
    send({
      tenant: 'gansu',
      unit: `h-${guardianId}`,
      action: 'cancel',
      command: { ...said(guardianId, requestId), scope: 'home-school' },
    });
  const workflowOf = (guardianId: string) =>
    environment.client.workflow.getHandle(subscriptionId('gansu', `h-${guardianId}`));
  const eventsOf = async (guardianId: string) =>
    (await database.pool.query<object>('select type from subscription_event where unit = $1', [`h-${guardianId}`]))
      .rows;
  const textsTo = async (guardianId: string) =>
    (await database.pool.query<object>('select body from sms where guardian_id = $1', [guardianId])).rows;

  it('starts with the first order and takes the cancel after it', async () => {
    const parent = await newFamily();
    expect(await order(parent)).toMatchObject({ outcome: 'subscribed', state: 'active' });
    expect(await cancel(parent)).toMatchObject({ outcome: 'cancelled', services: [] });
    expect(await eventsOf(parent)).toHaveLength(4);
    expect(await textsTo(parent)).toHaveLength(2);
  });

  it('answers the same request id the same, even when its workflow is gone', async () => {
    const parent = await newFamily();
    const first = await order(parent, 'request-1');
    expect(await order(parent, 'request-1')).toEqual(first);
    expect(await cancel(parent)).toMatchObject({ outcome: 'cancelled' });
    expect(await order(parent, 'request-1')).toEqual(first);
    expect(await eventsOf(parent)).toHaveLength(4);
    expect(await textsTo(parent)).toHaveLength(2);
  });

  it('takes commands one after another, whoever sends them at once', async () => {
    const parent = await newFamily();
    const views = await Promise.all(Array.from({ length: 20 }, () => order(parent)));
    const outcomes = views.map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'subscribed')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'already-subscribed')).toHaveLength(19);
    expect(await eventsOf(parent)).toHaveLength(20);
  });

  it('keeps one timer, and ends when nothing is due', async () => {
    const parent = await newFamily();
    await order(parent);
    // Ordered long ago: the waiver's end is over, and its fee due at once.
    await workflowOf(parent).result();
    const { rowCount } = await database.pool.query('select from charge where unit = $1', [`h-${parent}`]);
    expect(rowCount).toBe(1);
    const events = (await workflowOf(parent).fetchHistory()).events!;
    expect(events.filter((event) => event.timerStartedEventAttributes).length).toBeLessThanOrEqual(1);
    expect((await database.pool.query('select from subscription_due')).rowCount).toBe(0);
  });

  it('hears every command at the seam where a run ends', async () => {
    const parents = await Promise.all(Array.from({ length: 20 }, () => newFamily()));
    for (let round = 0; round < 15; round++)
      await Promise.all(parents.map((parent) => (round % 2 === 0 ? order(parent) : cancel(parent))));
    await until('all ended', async () =>
      (await Promise.all(parents.map(async (parent) => (await workflowOf(parent).describe()).status.name))).every(
        (status) => status === 'COMPLETED',
      ),
    );
    const waiting = await database.pool.query('select from pending union all select from subscription_due');
    expect(waiting.rowCount).toBe(0);
  });

  it('of the time when it took commands itself goes on as the clock, told once', async () => {
    const parent = await newFamily();
    const unit = `h-${parent}`;
    const handle = await environment.client.workflow.start('subscription', {
      ...{ taskQueue: TASK_QUEUE.core, workflowId: subscriptionId('gansu', unit), args: [{ tenant: 'gansu', unit }] },
    });
    const view = await handle.executeUpdate(orderUpdate, {
      args: [{ ...said(parent, 'before-the-upgrade'), package: 'home-school' }],
    });
    expect(view).toMatchObject({ outcome: 'subscribed' });
    starterOf(database.pool, environment.client).offer([{ kind: 'subscription', tenant: 'gansu', key: unit }]);
    await until('it has ended', async () => (await workflowOf(parent).describe()).status.name === 'COMPLETED');
    await recordHistory('subscription-clock', workflowOf(parent));
    const { rowCount } = await database.pool.query('select from charge where unit = $1', [unit]);
    expect(rowCount).toBe(1);
  });

  it('makes a change of bundle when its month begins', async () => {
    const parent = await newFamily('shanxi');
    const target = { tenant: 'shanxi', unit: parent, action: 'order' as const };
    await send({ ...target, command: { ...said(parent, randomUUID()), package: 'home-school' } });
    // Said in a month that is long over, so the next has begun and the timer is due at once.
    const first = said(parent, randomUUID());
    const at = new Date(Date.parse(first.at) + 1000).toISOString();
    const change = { ...first, at, package: 'home-school+safety-sms' };
    expect(await send({ ...target, command: change })).toMatchObject({ outcome: 'changes-next-month' });
    const changed = await until('the new bundle', async () => {
      const { rows } = await database.pool.query<{ package: string; services: string[]; next_package: string | null }>(
        'select package, services, next_package from subscription where unit = $1',
        [parent],
      );
      return rows[0]!.package === change.package && rows[0];
    });
    expect(changed).toMatchObject({ services: ['home-school', 'safety-sms'], next_package: null });
  });

  it('refuses a guardian of another unit, and takes the next command', async () => {
    const [parent, stranger] = [await newFamily(), await newFamily()];
    await order(parent);
    const request = { ...said(stranger, randomUUID()), package: 'home-school' };
    await expect(send({ tenant: 'gansu', unit: `h-${parent}`, action: 'order', command: request })).rejects.toThrow();
    expect(await cancel(parent)).toMatchObject({ outcome: 'cancelled' });
  });
});
