import { randomUUID } from 'node:crypto';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSubscriptionActivities } from '../../activities/subscription.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { executeSubscriptionCommand, type SubscriptionRequest } from '../../infra/temporal/subscription-client.ts';
import { subscriptionId, TASK_QUEUE } from '../../workflows/ids.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addGuardian } from '../support/family.ts';
import { until } from '../support/poll.ts';
import { localTemporal, longHistory, runWorker } from '../support/temporal.ts';

/** How long a history the server lets grow before it suggests to continue as new. */
const LONG_HISTORY = 60;

describe('the subscription workflow', () => {
  let database: TestDatabase;
  let environment: TestWorkflowEnvironment;
  let stopWorker: () => Promise<void>;
  let people = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    environment = await localTemporal(longHistory(LONG_HISTORY));
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
  const command = (guardianId: string, requestId: string) => ({
    requestId,
    channel: 'sms' as const,
    actor: guardianId,
    guardianId,
    at: '2026-03-05T10:00:00+08:00',
    receivedAt: '2026-03-05T10:00:00+08:00',
    evidence: {},
  });
  const send = (request: SubscriptionRequest) => executeSubscriptionCommand(environment.client, request);
  const order = (guardianId: string, requestId: string = randomUUID()) =>
    send({
      tenant: 'gansu',
      unit: `h-${guardianId}`,
      action: 'order',
      command: { ...command(guardianId, requestId), package: 'home-school' },
    });
  const cancel = (guardianId: string, requestId: string = randomUUID()) =>
    send({
      tenant: 'gansu',
      unit: `h-${guardianId}`,
      action: 'cancel',
      command: { ...command(guardianId, requestId), scope: 'home-school' },
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
    await workflowOf(parent).terminate();
    expect(await order(parent, 'request-1')).toEqual(first);
    expect(await cancel(parent)).toMatchObject({ outcome: 'cancelled' });
    expect(await eventsOf(parent)).toHaveLength(4);
    expect(await textsTo(parent)).toHaveLength(2);
  });

  it('takes commands one after another, whoever sends them at once', async () => {
    const parent = await newFamily();
    const views = await Promise.all(Array.from({ length: 20 }, () => order(parent)));
    const outcomes = views.map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === 'subscribed')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'already-subscribed')).toHaveLength(19);
    expect(await eventsOf(parent)).toHaveLength(1);
  });

  it('continues as new without losing an update', async () => {
    const parent = await newFamily();
    await order(parent);
    const { runId: firstRun } = await workflowOf(parent).describe();
    const rounds = 8;
    for (let round = 0; round < rounds; round++) {
      await Promise.all([order(parent), cancel(parent), order(parent), cancel(parent), order(parent)]);
    }
    const { runId, status } = await workflowOf(parent).describe();
    expect(status.name).toBe('RUNNING');
    expect(runId).not.toBe(firstRun);
    expect(await textsTo(parent)).toHaveLength(1 + rounds * 5);
  });

  it('has nothing pending once its first order is decided', async () => {
    const parent = await newFamily();
    await order(parent);
    const fees = async () =>
      (await database.pool.query('select from charge where unit = $1', [`h-${parent}`])).rowCount;
    await until('the fee', async () => (await fees()) === 1);
    const attributes = await until('nothing is pending', async () => {
      const { raw } = await workflowOf(parent).describe();
      const isIdle = (raw.pendingActivities ?? []).length === 0 && !raw.pendingWorkflowTask;
      return isIdle && (await workflowOf(parent).fetchHistory()).events!;
    });
    const timers = (field: 'timerStartedEventAttributes' | 'timerFiredEventAttributes') =>
      attributes.filter((event) => event[field]).length;
    expect(timers('timerStartedEventAttributes')).toBe(1);
    expect(timers('timerFiredEventAttributes')).toBe(1);
  });

  it('makes a change of bundle when its month begins', async () => {
    const parent = await newFamily('shanxi');
    const target = { tenant: 'shanxi', unit: parent, action: 'order' as const };
    await send({ ...target, command: { ...command(parent, randomUUID()), package: 'home-school' } });
    // Said in a month that is long over, so the next has begun and the timer is due at once.
    const change = { ...command(parent, randomUUID()), package: 'home-school+safety-sms' };
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
    const request = { ...command(stranger, randomUUID()), package: 'home-school' };
    await expect(send({ tenant: 'gansu', unit: `h-${parent}`, action: 'order', command: request })).rejects.toThrow();
    expect(await cancel(parent)).toMatchObject({ outcome: 'cancelled' });
  });
});
