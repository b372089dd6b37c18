/** A class of shanxi before its trial, and the activities that its families meet. */
import { afterEach, beforeEach, expect } from 'vitest';
import { createInboundSmsActivities } from '../../activities/inbound-sms.ts';
import { createSubscriptionActivities, type SubscriptionActivities } from '../../activities/subscription.ts';
import { createTrialActivities, type TrialActivities } from '../../activities/trial.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { inTransaction, type Pool } from '../../infra/postgres/pool.ts';
import { recordAnswer } from '../../infra/postgres/trial-answers.ts';
import { lockTrial, recordDecision } from '../../infra/postgres/trials.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { expectChinese } from './inbound.ts';
import { IDLE_STARTER } from '../../infra/temporal/pending-starter.ts';
import { addTrialClass } from './trial.ts';

export const SHORT_CODE = '1065827031';
export const DAY = 86_400_000;
export const START = Date.parse('2026-03-05T10:00:00+08:00');
export const END = Date.parse('2026-04-05T10:00:00+08:00');

/** The class of addTrialClass on a database of its own, anew for each test of the file that calls this. */
export function trialRig() {
  let database: TestDatabase;
  let trial: TrialActivities;
  let subscriptions: SubscriptionActivities;
  let inbound: ReturnType<typeof createInboundSmsActivities>;

  beforeEach(async () => {
    database = await createTestDatabase();
    await addTrialClass(database.pool);
    const deps = {
      pool: database.pool,
      carriers: loadCarriers(),
      starter: IDLE_STARTER,
    };
    trial = createTrialActivities(deps);
    inbound = createInboundSmsActivities(deps);
    subscriptions = createSubscriptionActivities(deps);
  });
  afterEach(() => database.drop());

  const rowsOf = async <Row extends object>(sql: string, values: unknown[] = []) =>
    (await database.pool.query<Row>(sql, values)).rows;
  const subscriptionOf = async (unit: string) =>
    (
      await rowsOf<{ state: string; services: string[] }>(`select state, services from unit_service('shanxi', $1)`, [
        unit,
      ])
    )[0];
  const eventsOf = async (type: string) =>
    (await rowsOf('select unit from trial_event where type = $1', [type])).length;
  const decide = (decision: 'approved' | 'refused', at: number, trialId = 'xc') =>
    inTransaction(database.pool, async (db) =>
      recordDecision(db, (await lockTrial(db, trialId))!, {
        decision,
        actor: 'principal',
        at: new Date(at),
        zone: 'Asia/Shanghai',
      }),
    );

  /** A text of a parent comes in and is routed twice, as when a worker dies after its commit. */
  async function receive(guardian: number, body: string, at: number, to = SHORT_CODE) {
    const phone = guardian === 6 ? '13300000006' : `1390000000${guardian}`;
    const [mo] = await rowsOf<{ id: number; hash: string }>(
      `insert into mo (tenant, hash, phone, destination, body, received_at)
    values ('shanxi', gen_random_uuid()::text, $1, $2, $3, $4) returning id, hash`,
      [phone, to, body, new Date(at)],
    );
    for (let run = 0; run < 2; run++) expect(await inbound.routeTexts({ moId: mo!.id })).toEqual({ more: false });
    const [outcome] = await rowsOf<{ route: string; answered: boolean; reason: string }>(
      'select route, answered, reason from mo_outcome where mo_id = $1',
      [mo!.id],
    );
    expectChinese(outcome!);
    const texts = await rowsOf<{ body: string }>(
      `select body from sms where origin like 'mo/' || $1::text || '/%' or origin = 'subscription/mo/' || $2 || '/answer'`,
      [mo!.id, mo!.hash],
    );
    return { ...mo!, outcome, texts: texts.map((text) => text.body) };
  }

  /** A slip of the family that the agent holds. */
  const slip = (
    unit: string,
    answer: 'yes' | 'no',
    at: number,
    { requestId = `slip-${unit}`, signedOn }: { requestId?: string; signedOn?: string } = {},
  ) =>
    inTransaction(database.pool, (db) =>
      recordAnswer(db, {
        ...{ trialId: 'xc', tenant: 'shanxi', unit, answer, at: new Date(at), guardianId: unit, channel: 'agent' },
        ...{
          actor: 'agent',
          requestId,
          package: 'home-school',
          evidence: { slip: `R-${requestId}`, ...(signedOn !== undefined && { signedOn }) },
        },
      }),
    );

  /** What the family's subscription is told at `at`, not through its trial. */
  const commandOf = (unit: string, at: number) => ({
    ...{ requestId: `web-${unit}-${at}`, channel: 'web' as const, actor: unit, guardianId: unit, evidence: {} },
    ...{ at: new Date(at).toISOString(), receivedAt: new Date(at).toISOString() },
  });
  const cancel = (unit: string, at: number, scope = 'everything') =>
    subscriptions.cancelSubscription({ tenant: 'shanxi', unit, command: { ...commandOf(unit, at), scope } });
  /** `saidAt`: of the yes that is handed over. */
  const order = (unit: string, at: number, saidAt = at) => {
    const said = { ...commandOf(unit, at), ...(saidAt !== at && { saidAt: new Date(saidAt).toISOString() }) };
    return subscriptions.orderSubscription({ tenant: 'shanxi', unit, command: { ...said, package: 'home-school' } });
  };

  const agentOrders = (unit: string, at: number) =>
    subscriptions.orderSubscription({
      ...{ tenant: 'shanxi', unit },
      command: { ...commandOf(unit, at), channel: 'agent', package: 'home-school+safety-sms' },
    });

  return {
    get pool(): Pool {
      return database.pool;
    },
    get trial(): TrialActivities {
      return trial;
    },
    get subscriptions(): SubscriptionActivities {
      return subscriptions;
    },
    ...{ rowsOf, subscriptionOf, eventsOf, decide, receive, slip, cancel, order, agentOrders, commandOf },
  };
}
