import { TestWorkflowEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureTemporalBinary } from '../../infra/embedded/temporal.ts';
import { createPendingStarter } from '../../infra/temporal/pending-starter.ts';
import { ensureSearchAttributes, type Services } from '../../infra/temporal/search-attributes.ts';
import { subscriptionId, teacherMessageId } from '../../workflows/ids.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';
import { addMessage, addSchool } from '../support/school.ts';

/** A server of the user's own: it knows nothing of us. */
let environment: TestWorkflowEnvironment;
let database: TestDatabase;
beforeAll(async () => {
  [environment, database] = await Promise.all([
    TestWorkflowEnvironment.createLocal({
      server: {
        executable: { type: 'existing-path', path: await ensureTemporalBinary() },
        log: { format: 'pretty', level: 'never' },
      },
    }),
    createTestDatabase(),
  ]);
  await addSchool(database.pool);
}, 60_000);
afterAll(async () => {
  await environment?.teardown();
  await database?.drop();
});

describe('what workflows are found by', () => {
  it('is told to whoever may not register it, with the command', async () => {
    const { workflowService } = environment.connection;
    const denied = { listSearchAttributes: () => Promise.reject(new Error('permission denied')) };
    const services = { workflowService, operatorService: denied } as unknown as Services;
    await expect(ensureSearchAttributes(services, 'default')).rejects.toThrow(
      /permission denied.*temporal operator search-attribute create --namespace default --name TenantId --type Keyword --name SchoolId/,
    );
  });

  it('is registered where it is missing, and lists what runs of a school, saying what each is', async () => {
    const { client, connection } = environment;
    await ensureSearchAttributes(connection, 'default');
    const [one, other] = [
      await addMessage(database.pool, { audience: { schoolId: 'k1' } }),
      await addMessage(database.pool, { audience: { schoolId: 'k1' } }),
    ];
    await database.pool.query(`update message set school_id = 'k2' where id = $1`, [other]);
    const starter = createPendingStarter({ pool: database.pool, client, log: pino({ level: 'silent' }) });
    starter.offer([one, other].map((key) => ({ kind: 'message', tenant: 'gansu', key })));
    starter.offer([{ kind: 'subscription', tenant: 'gansu', key: 'h1' }]);

    const running = async (query: string) => {
      const ids = [];
      for await (const { workflowId } of client.workflow.list({ query: `${query} and ExecutionStatus = 'Running'` }))
        ids.push(workflowId);
      return ids.toSorted();
    };
    const all = [teacherMessageId(one), teacherMessageId(other), subscriptionId('gansu', 'h1')].toSorted();
    await until('all are listed', async () => (await running(`TenantId = 'gansu'`)).length === 3);
    expect(await running(`TenantId = 'gansu'`)).toEqual(all);
    expect(await running(`SchoolId = 'k1'`)).toEqual([teacherMessageId(one)]);
    const described = await client.workflow.getHandle(teacherMessageId(one)).describe();
    expect(await described.staticSummary()).toBe('老师的一条消息');
  });
});
