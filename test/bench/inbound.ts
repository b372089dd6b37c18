import { createInboundSmsActivities } from '../../activities/inbound-sms.ts';
import { createSubscriptionActivities } from '../../activities/subscription.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { createLog } from '../../infra/telemetry/log.ts';
import { createPendingStarter } from '../../infra/temporal/pending-starter.ts';
import { inboundSmsId, TASK_QUEUE } from '../../workflows/ids.ts';
import { addHerd, herdPhone } from '../support/herd.ts';
import { completedPerSecond, startEmpty, withEngine, type Engine } from './engine.ts';
import type { BenchResult } from './result.ts';

const TEXTS = 600;
/** As parents' texts are started. */
const CONCURRENCY = 16;
/** What parents text, in turn: an order, a question, words to the teacher. */
const SAID = ['JX', 'CX', 'BZR 您好'];
/** Issue 10. */
const GOAL_RATIO = 0.5;

/**
 * Parents' texts routed, done and answered a second, each from a phone of its own, over empty workflows started the
 * same way on the same worker and server. What an order tells its subscription's clock is done beside and counts too.
 */
export function benchInbound(): Promise<BenchResult> {
  const carriers = loadCarriers();
  const activities = ({ pool, client }: Engine) => ({
    ...createInboundSmsActivities({
      ...{ pool, carriers },
      starter: createPendingStarter({ pool, client, log: createLog('bench') }),
    }),
    ...createSubscriptionActivities({ pool, carriers }),
  });
  return withEngine('core', activities, async (engine) => {
    const { pool, client } = engine;
    await addHerd(pool, 2 * TEXTS + 1);
    const round = (type: string, before: number, start: (n: number) => Promise<unknown>) =>
      completedPerSecond(engine, type, { before, count: TEXTS, atATime: CONCURRENCY }, start);
    const nothing = (n: number) => startEmpty(engine, 'core', n);
    const text = async (n: number) => {
      await pool.query(
        `insert into mo (tenant, hash, phone, destination, body) values ('gansu', $1, $2, '10657099', $3)`,
        [...[String(n), herdPhone(n), SAID[n % SAID.length]]],
      );
      await client.workflow.start('inboundSms', {
        workflowId: inboundSmsId('gansu', String(n)),
        taskQueue: TASK_QUEUE.core,
        args: [{ tenant: 'gansu', hash: String(n) }],
        requestEagerStart: true,
      });
    };
    const rounds = [
      await round('emptyWorkflow', 0, nothing),
      await round('inboundSms', 0, text),
      await round('inboundSms', TEXTS, text),
      await round('emptyWorkflow', TEXTS, nothing),
    ] as const;
    const { rows } = await pool.query<{ answered: number }>(
      'select count(*) as answered from mo_outcome where answered',
    );
    if (rows[0]!.answered !== 2 * TEXTS) throw new Error(`${rows[0]!.answered} of ${2 * TEXTS} texts were answered`);
    const empty = (rounds[0] + rounds[3]) / 2;
    const value = (rounds[1] + rounds[2]) / 2;
    const ratio = value / empty;
    return {
      ...{ name: 'inbound-vs-empty-workflow', value, unit: 'texts/s', ratio, goal: GOAL_RATIO },
      ...{ against: `empty workflows, ${Math.round(empty)}/s`, ok: ratio >= GOAL_RATIO },
    };
  });
}
