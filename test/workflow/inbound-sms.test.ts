import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInboundSmsActivities } from '../../activities/inbound-sms.ts';
import { createSubscriptionActivities } from '../../activities/subscription.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { inboundSmsId, TASK_QUEUE } from '../../workflows/ids.ts';
import type { inboundSms } from '../../workflows/inbound-sms.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { starterOf } from '../support/starter.ts';
import { recordHistory } from '../support/history.ts';
import { addSchool, guardianPhone } from '../support/school.ts';
import { localTemporal, runWorker } from '../support/temporal.ts';

describe('a text to the short code', () => {
  let environment: TestWorkflowEnvironment;
  let database: TestDatabase;
  let stopWorker: () => Promise<void>;
  let texts = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    await addSchool(database.pool);
    environment = await localTemporal();
    const deps = {
      pool: database.pool,
      carriers: loadCarriers(),
      starter: starterOf(database.pool, environment.client),
    };
    stopWorker = await runWorker(environment, {
      taskQueue: TASK_QUEUE.core,
      workflows: 'test/support/core-workflows.ts',
      activities: { ...createInboundSmsActivities(deps), ...createSubscriptionActivities(deps) },
    });
  });
  afterAll(async () => {
    await stopWorker();
    await environment.teardown();
    await database.drop();
  });

  /** The text comes in; returns what was recorded of it and every text it led to. */
  async function receive(phone: string, body: string, runs = 1) {
    const hash = `hash${++texts}`;
    const { rows } = await database.pool.query<{ id: number }>(
      `insert into mo (tenant, hash, phone, destination, body) values ('gansu', $1, $2, '10657099', $3) returning id`,
      [hash, phone, body],
    );
    const moId = rows[0]!.id;
    for (let run = 0; run < runs; run++)
      await environment.client.workflow.execute<typeof inboundSms>('inboundSms', {
        workflowId: inboundSmsId('gansu', hash),
        taskQueue: TASK_QUEUE.core,
        args: [runs > 1 ? { moId } : { tenant: 'gansu', hash }],
      });
    const outcome = await database.pool.query<object>(
      'select route, answered, reason, workflow_id from mo_outcome where mo_id = $1',
      [moId],
    );
    const sent = await database.pool.query<object>(
      `select phone, source, kind from sms where origin like 'mo/' || $1::text || '/%' or origin = 'subscription/mo/' || $2 || '/answer'`,
      [moId, hash],
    );
    return { outcome: outcome.rows[0], sent: sent.rows, workflowId: inboundSmsId('gansu', hash) };
  }

  const subscriptionOf = async (n: number) =>
    (
      await database.pool.query<{ state: string; services: string[] }>(
        'select state, services from subscription where unit = $1',
        [`h${n}`],
      )
    ).rows[0];

  it.each([
    [4, 'JX', 'subscribe', 'subscribed', 'active'],
    [4, 'jx', 'subscribe', 'already-subscribed', 'active'],
    [4, 'QXMF', 'cancel-free', 'free-services-cancelled', 'active'],
    [4, 'QXJX', 'cancel', 'cancelled', 'cancelled'],
    [4, 'QXJX', 'cancel', 'not-subscribed', 'cancelled'],
    [4, 'JX', 'subscribe', 'subscribed', 'active'],
    [4, '退订', 'cancel-all', 'cancelled', 'cancelled'],
    [4, 'TD', 'cancel-all', 'not-subscribed', 'cancelled'],
  ])('guardian %i: %s (%s) is %s, with one answer', async (guardian, body, route, reason, state) => {
    const { outcome, sent, workflowId } = await receive(guardianPhone(guardian), body);
    expect(outcome).toEqual({ route, answered: true, reason, workflow_id: workflowId });
    expect(sent).toEqual([{ phone: guardianPhone(guardian), source: '10657099', kind: 'answer' }]);
    expect((await subscriptionOf(guardian))?.state).toBe(state);
  });

  it('run again, as it was begun before it was one transaction, acts and answers once', async () => {
    const { outcome, sent, workflowId } = await receive(guardianPhone(4), 'JX', 2);
    expect(outcome).toMatchObject({ reason: 'subscribed' });
    await recordHistory('inbound-sms-order', environment.client.workflow.getHandle(workflowId));
    expect(sent).toHaveLength(1);
  });

  it('of a stranger gets help', async () => {
    const { outcome, sent, workflowId } = await receive('13811112222', 'JX');
    await recordHistory('inbound-sms', environment.client.workflow.getHandle(workflowId));
    expect(outcome).toMatchObject({ route: 'help', reason: 'the phone is not registered' });
    expect(sent).toHaveLength(1);
    expect((await database.pool.query(`select from subscription_event where actor = '13811112222'`)).rowCount).toBe(0);
  });
});
