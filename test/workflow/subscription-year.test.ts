import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBillingActivities } from '../../activities/billing.ts';
import { createSubscriptionActivities } from '../../activities/subscription.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { billingCycleId, subscriptionId, TASK_QUEUE } from '../../workflows/ids.ts';
import { liveInAnyYear } from '../support/any-year.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { command } from '../support/starter.ts';
import { addGuardian } from '../support/family.ts';
import { runWorker, skippingTemporal } from '../support/temporal.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
/** The next whole year: what is free in it does not depend on the day the test runs. */
const YEAR = new Date().getUTCFullYear() + 1;

/** What the family does when: `['03-05 10:00', 'order']`, `['05-31 23:59:59', 'cancel', 'learnt 06-02 10:00']`. */
type Step = readonly [at: string, does: 'cancel' | (string & {}), learnt?: string];

describe('a subscription under time skipping', { timeout: 60_000 }, () => {
  let environment: TestWorkflowEnvironment;
  let database: TestDatabase;
  let stopWorker: () => Promise<void>;

  beforeAll(async () => {
    environment = await skippingTemporal();
    database = await createTestDatabase();
    await liveInAnyYear(database.pool);
    const deps = { pool: database.pool, carriers: loadCarriers() };
    stopWorker = await runWorker(environment, {
      taskQueue: TASK_QUEUE.core,
      workflows: 'test/support/subscription-workflows.ts',
      activities: { ...createSubscriptionActivities(deps), ...createBillingActivities(deps) },
    });
  });
  afterAll(async () => {
    await stopWorker();
    await environment.teardown();
    await database.drop();
  });

  const sleepUntil = async (at: number) => environment.sleep(Math.max(1, at - (await environment.currentTimeMs())));
  const instant = (monthDayTime: string) => {
    const [day, time] = monthDayTime.split(' ') as [string, string];
    return Date.parse(`${YEAR}-${day}T${time.length === 5 ? `${time}:00` : time}+08:00`);
  };
  const ledgerOf = async (unit: string) => {
    const { rows } = await database.pool.query<{ month: string; rule: string; fen: number; by: string; at: Date }>(
      `select to_char(month, 'MM') as month, rule, fen, split_part(workflow_id, '/', 1) as by, decided_at as at
      from charge where unit = $1 order by charge.month, id`,
      [unit],
    );
    return rows;
  };

  /** Orders a package, or cancels. */
  async function say(tenant: string, guardianId: string, does: string, at: number, learntAt = at): Promise<void> {
    const said = {
      requestId: `${guardianId}/${at}`,
      channel: 'sms' as const,
      ...{ actor: guardianId, guardianId, evidence: {} },
      at: new Date(at).toISOString(),
      receivedAt: new Date(learntAt).toISOString(),
    };
    const target = { tenant, unit: tenant === 'gansu' ? `h-${guardianId}` : guardianId };
    await command(
      { pool: database.pool, client: environment.client },
      does === 'cancel'
        ? { ...target, action: 'cancel', command: { ...said, scope: 'everything' } }
        : { ...target, action: 'order', command: { ...said, package: does } },
    );
  }

  /** What of a family's year happens when: steps when they are learnt of, and each month's cycle once it has ended. */
  function yearOf(tenant: string, guardianId: string, steps: readonly Step[]) {
    const said = steps.map(([at, does, learnt]) => {
      const learntAt = instant(learnt?.replace('learnt ', '') ?? at);
      return { at: learntAt, run: () => say(tenant, guardianId, does, instant(at), learntAt) };
    });
    const months = Array.from({ length: 12 }, (_, month) => ({
      at: Date.UTC(YEAR, month + 1, 1) - 8 * HOUR + 60 * SECOND,
      run: () => charge(tenant, `${YEAR}-${String(month + 1).padStart(2, '0')}`),
    }));
    return [...said, ...months];
  }

  /** Begins the month's cycle, which waits for late texts by itself. */
  async function charge(tenant: string, month: string): Promise<void> {
    await environment.client.workflow.start('billingCycle', {
      workflowId: billingCycleId(tenant, month),
      taskQueue: TASK_QUEUE.core,
      args: [{ tenant, month, options: { resultsDays: 0 } }],
    });
  }

  it('decides a first order’s fee 72 hours later, to the second', async () => {
    await addGuardian(database.pool, 'gansu', 'timely', '13900000001');
    const orderedAt = Date.parse(`${YEAR - 1}-12-05T10:00:00+08:00`);
    await sleepUntil(orderedAt);
    await say('gansu', 'timely', 'home-school', orderedAt);
    await sleepUntil(orderedAt + 72 * HOUR - SECOND);
    expect(await ledgerOf('h-timely')).toEqual([]);
    await sleepUntil(orderedAt + 72 * HOUR + SECOND);
    expect(await ledgerOf('h-timely')).toMatchObject([
      { rule: 'R1', fen: 800, by: 'subscription', at: new Date(orderedAt + 72 * HOUR) },
    ]);
    await say('gansu', 'timely', 'cancel', orderedAt + 80 * HOUR);
  });

  describe('over a year', () => {
    const linesOf = async (unit: string) =>
      (await ledgerOf(unit)).map(({ month, rule, fen, by }) => `${month} ${rule} ${fen} ${by}`);
    const workflowOf = (tenant: string, unit: string) =>
      environment.client.workflow.getHandle(subscriptionId(tenant, unit));
    const historyOf = async (tenant: string, unit: string) => (await workflowOf(tenant, unit).fetchHistory()).events!;

    // One clock for all: both families live through it together.
    beforeAll(async () => {
      await addGuardian(database.pool, 'gansu', 'g-year', '13900000002');
      await addGuardian(database.pool, 'shanxi', 's-year', '13900000003');
      const happenings = [
        ...yearOf('gansu', 'g-year', [
          ['01-05 10:00', 'home-school'],
          ['03-10 10:00', 'cancel'],
          ['05-05 10:00', 'home-school'],
          ['05-08 09:59:59', 'cancel'],
          ['05-10 10:00', 'home-school'],
          ['06-30 23:59:59', 'cancel', 'learnt 07-01 10:00'],
          ['08-25 10:00', 'home-school'],
          ['11-30 23:59:59', 'cancel'],
        ]),
        ...yearOf('shanxi', 's-year', [
          ['01-05 10:00', 'home-school'],
          ['03-10 10:00', 'home-school+safety-sms'],
          ['05-20 10:00', 'cancel'],
          ['06-05 10:00', 'home-school+safety-sms+family-phone/year'],
          ['12-10 10:00', 'cancel'],
        ]),
      ];
      for (const { at, run } of happenings.sort((a, b) => a.at - b.at)) {
        await sleepUntil(at);
        await run();
      }
      // The last month's late texts are waited out.
      await environment.sleep('3 days');
    });

    it('a family in gansu is charged what the rules say, by the one that decides', async () => {
      expect(await linesOf('h-g-year')).toEqual([
        '01 R1 800 subscription',
        '02 R4 800 billing',
        '03 R4 800 billing',
        '05 R3 800 subscription',
        '06 R4 800 billing',
        '07 R4 800 billing',
        '07 R8 -800 billing',
        '09 R4 800 billing',
        '10 R4 800 billing',
        '11 R4 800 billing',
      ]);
    });

    it('a family in shanxi has its free months, its change of bundle, its year and the refund', async () => {
      expect(await linesOf('s-year')).toEqual([
        '01 R1 500 subscription',
        '02 R5 0 billing',
        '03 R4 500 billing',
        '04 R4 700 billing',
        '05 R4 700 billing',
        '06 R6 7500 subscription',
        // Not used: January, March, April, May; February is free.
        `12 R6 -${Math.floor((7500 * 4) / 9)} subscription`,
      ]);
    });

    it('each run had one timer at a time, and the last has ended', async () => {
      for (const [tenant, unit] of [
        ['gansu', 'h-g-year'],
        ['shanxi', 's-year'],
      ] as const) {
        const events = await historyOf(tenant, unit);
        const count = (
          field: 'timerStartedEventAttributes' | 'timerFiredEventAttributes' | 'timerCanceledEventAttributes',
        ) => events.filter((event) => event[field]).length;
        const ended = count('timerFiredEventAttributes') + count('timerCanceledEventAttributes');
        expect(count('timerStartedEventAttributes')).toBe(ended);
        expect((await workflowOf(tenant, unit).describe()).status.name).toBe('COMPLETED');
      }
    });
  });
});
