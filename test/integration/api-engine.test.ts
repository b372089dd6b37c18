import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSubscriptionActivities } from '../../activities/subscription.ts';
import { createTeacherMessageActivities } from '../../activities/teacher-message.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { TASK_QUEUE, teacherMessageId } from '../../workflows/ids.ts';
import { insertRoster, OPS_TOKEN, startApi, TOKENS, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';
import { localTemporal, runWorker } from '../support/temporal.ts';

let db: TestDatabase;
let api: TestApi;
let environment: TestWorkflowEnvironment;
let stopWorker: (() => Promise<void>) | undefined;
let teacher: string;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertRoster(db.pool);
  // No quiet hours: the tests run at night too.
  await db.pool.query('update school set quiet_from = null, quiet_until = null');
  environment = await localTemporal();
  const carriers = loadCarriers();
  stopWorker = await runWorker(environment, {
    taskQueue: TASK_QUEUE.core,
    workflows: 'workflows/index.ts',
    activities: {
      ...createSubscriptionActivities({ pool: db.pool, carriers }),
      ...createTeacherMessageActivities({ pool: db.pool, carriers }),
    },
  });
  api = await startApi({ pool: db.pool, temporal: environment.client });
  teacher = await api.signIn('teacher');
});
afterAll(async () => {
  await api?.close();
  await stopWorker?.();
  await environment?.teardown();
  await db?.drop();
});

const message = { kind: 'homework', audience: { classIds: ['g1c1'] }, text: '请带跳绳' };
const send = (body: unknown, key: string) =>
  api.ask('POST', '/api/v1/messages', { cookie: teacher, body, headers: { 'idempotency-key': key } });
const idOf = async (response: Response) => ((await response.json()) as { id: string }).id;

describe('messages', () => {
  it('starts its workflow once, however often it is sent with the same key', async () => {
    const responses = await Promise.all([send(message, 'once'), send(message, 'once'), send(message, 'once')]);
    expect(responses.map(({ status }) => status)).toEqual([202, 202, 202]);
    const ids = await Promise.all(responses.map(idOf));
    expect(new Set(ids).size).toBe(1);
    expect(responses[0].headers.get('location')).toBe(`/api/v1/messages/${ids[0]}`);
    expect((await send({ ...message, text: 'other' }, 'once')).status).toBe(422);

    const description = await environment.client.workflow.getHandle(teacherMessageId(ids[0]!)).describe();
    expect(description.type).toBe('teacherMessage');
    const { rows } = await db.pool.query('select id from message');
    expect(rows).toHaveLength(1);
  });

  it('shows how it fares, to its school and to customer service alone', async () => {
    const id = await idOf(await send(message, 'fares'));
    const path = `/api/v1/messages/${id}`;
    // The guardian is not subscribed: the one text there would be is suppressed, which only the carrier's side is told.
    const progress = await until('the outcome', async () => {
      const body = (await (await api.ask('GET', path, { token: TOKENS.cs })).json()) as {
        counts: { suppressed: number };
      };
      return body.counts.suppressed === 1 && body;
    });
    expect(progress).toMatchObject({ id, counts: { queued: 0, submitted: 0, accepted: 0, delivered: 0, failed: 0 } });
    const seen = await api.ask('GET', path, { cookie: teacher });
    expect(await seen.json()).toMatchObject({ id, state: 'sent', counts: { suppressed: 0 }, counted: false });
    expect((await api.ask('GET', path, { cookie: await api.signIn('teacher2') })).status).toBe(404);
    expect((await api.ask('GET', path, { cookie: await api.signIn('teacher3') })).status).toBe(404);
    expect((await api.ask('GET', path, { cookie: await api.signIn('13900000001') })).status).toBe(403);
  });

  it('is kept back when cancelled in time, and the cancel may be repeated', async () => {
    const sendAt = new Date(Date.now() + 3_600_000).toISOString();
    const path = `/api/v1/messages/${await idOf(await send({ ...message, sendAt }, 'later'))}`;
    expect((await api.ask('POST', `${path}/cancel`, { cookie: await api.signIn('teacher2') })).status).toBe(404);
    expect((await api.ask('POST', `${path}/cancel`, { cookie: teacher })).status).toBe(202);
    await until('cancelled', async () => {
      const body = (await (await api.ask('GET', path, { cookie: teacher })).json()) as { state: string };
      return body.state === 'cancelled';
    });
    expect((await api.ask('POST', `${path}/cancel`, { cookie: teacher })).status).toBe(202);
  });

  it('says when there is nothing left to keep back', async () => {
    const path = `/api/v1/messages/${await idOf(await send(message, 'gone'))}`;
    await until('sent', async () => {
      const body = (await (await api.ask('GET', path, { token: TOKENS.cs })).json()) as { state: string };
      return body.state === 'sent';
    });
    expect((await api.ask('POST', `${path}/cancel`, { cookie: teacher })).status).toBe(409);
  });

  it('lists a teacher’s own, newest first, in pages; a school admin sees the school’s', async () => {
    const seen: string[] = [];
    for (let next: string | undefined = ''; next !== undefined;) {
      const page = (await (
        await api.ask('GET', `/api/v1/messages?limit=2${next && `&cursor=${next}`}`, { cookie: teacher })
      ).json()) as { messages: { id: string; createdAt: string }[]; next?: string };
      seen.push(...page.messages.map(({ createdAt }) => createdAt));
      next = page.next;
    }
    expect(seen).toHaveLength(4);
    expect(seen).toEqual(seen.toSorted().reverse());
    const admin = await api.ask('GET', '/api/v1/messages', { cookie: await api.signIn('admin') });
    expect(((await admin.json()) as { messages: object[] }).messages).toHaveLength(4);
    const other = await api.ask('GET', '/api/v1/messages', { cookie: await api.signIn('teacher2') });
    expect(await other.json()).toEqual({ messages: [] });
  });

  it('offers a teacher the classes and the kinds of her school', async () => {
    const offer = (await (await api.ask('GET', '/api/v1/classes', { cookie: teacher })).json()) as {
      kinds: { id: string }[];
    };
    expect(offer).toMatchObject({
      school: { id: 'g1' },
      classes: [{ id: 'g1c1', name: '一班', students: 1, homeroom: true }],
    });
    expect(offer.kinds.map(({ id }) => id)).toContain('homework');
    const kindergarten = await api.ask('GET', '/api/v1/classes', { cookie: await api.signIn('teacher2') });
    expect(JSON.stringify(await kindergarten.json())).not.toContain('homework');
  });
});

describe('orders', () => {
  const order = { phone: '13900000001', package: 'home-school', action: 'subscribe', channel: 'web' };
  const ask = async (who: { cookie?: string; token?: string }, body: object, key?: string) => {
    const response = await api.ask('POST', '/api/v1/orders', {
      ...who,
      body,
      headers: key === undefined ? {} : { 'idempotency-key': key },
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('a parent orders on the web and is subscribed: the order is the consent', async () => {
    const cookie = await api.signIn('13900000001');
    const first = await ask({ cookie }, order, 'web-1');
    expect(first).toMatchObject({
      status: 200,
      body: { tenant: 'gansu', unit: 'h1', state: 'active', package: 'home-school', outcome: 'subscribed' },
    });
    expect(await ask({ cookie }, order, 'web-1')).toEqual(first);
    expect((await ask({ cookie }, { ...order, action: 'cancel' }, 'web-1')).status).toBe(422);
    const { rows } = await db.pool.query(`select actor, channel from subscription_event where unit = 'h1'`);
    expect(rows).toEqual([{ actor: 'gu1', channel: 'web' }]);
  });

  it('customer service cancels, and a second cancel is harmless', async () => {
    const cancel = { ...order, action: 'cancel', channel: 'customer-service' };
    expect(await ask({ token: TOKENS.cs }, cancel)).toMatchObject({
      status: 200,
      body: { state: 'cancelled', services: [], outcome: 'cancelled' },
    });
    expect(await ask({ token: TOKENS.cs }, cancel)).toMatchObject({ status: 200, body: { outcome: 'not-subscribed' } });
  });

  it("an agent's order waits for the parent's consent, and is an agent's unless said otherwise", async () => {
    const silent = { phone: '13900000002', package: 'home-school', action: 'subscribe' };
    const pending = await ask({ token: TOKENS.agent }, silent);
    expect(pending).toMatchObject({ status: 200, body: { state: 'pending', outcome: 'pending-consent' } });
    const { rows } = await db.pool.query(`select channel from subscription_event where unit = 'h2'`);
    expect(rows).toEqual([{ channel: 'agent' }]);
    for (const channel of ['sms', 'web', 'customer-service', 'admin', 'import'])
      expect(await ask({ token: TOKENS.agent }, { ...silent, channel })).toMatchObject({
        status: 403,
        body: { errors: [{ field: 'channel' }] },
      });
  });

  it('a paper is one family’s', async () => {
    const paper = { ...order, phone: '13900000002', channel: 'agent', slip: 'A-2026/0007', signedOn: '2026-11-01' };
    await db.pool.query(`insert into slip (tenant, number, household_id) values ('gansu', 'B-1', 'h1')`);
    expect(await ask({ token: TOKENS.agent }, { ...paper, slip: 'B-1' })).toMatchObject({
      status: 409,
      body: { errors: [{ field: 'slip' }] },
    });
  });

  it("an agent's order with the slip that the parent signed is the parent's", async () => {
    const slip = { ...order, phone: '13900000002', channel: 'agent', slip: 'A-2026/0007', note: '家长签字,已存档' };
    expect(await ask({ token: TOKENS.agent }, slip)).toMatchObject({
      status: 200,
      body: { state: 'active', outcome: 'subscribed' },
    });
    const { rows } = await db.pool.query(
      `select e.type, e.channel, e.actor, e.evidence, n.note from subscription_event e
      left join subscription_note n using (tenant, request_id) where unit = 'h2' order by e.id`,
    );
    expect(rows).toMatchObject([
      { type: 'order', actor: 'agent', evidence: {}, note: null },
      { type: 'consent', actor: 'agent', evidence: { slip: 'A-2026/0007' }, note: '家长签字,已存档' },
    ]);
  });

  it('a cancel that the parent had said before is dated back, with a note, and counts from then', async () => {
    const at = new Date(Date.now() + 1_000).toISOString();
    const cancel = { ...order, action: 'cancel', phone: '13900000002', channel: 'customer-service', tenant: 'gansu' };
    const said = { ...cancel, at, note: '来电退订,工单8812' };
    expect(await ask({ token: TOKENS.cs }, said)).toMatchObject({ status: 200, body: { outcome: 'cancelled' } });
    const { rows } = await db.pool.query<{ at: Date; received_at: Date; note: string }>(
      `select e.at, e.received_at, n.note from subscription_event e join subscription_note n using (tenant, request_id)
      where unit = 'h2' and type = 'cancel' and package = 'home-school'`,
    );
    // A clock that is ahead is held to ours.
    expect(rows[0]!.at).toEqual(rows[0]!.received_at);
    expect(rows[0]!.note).toBe('来电退订,工单8812');
  });

  it('a slip overrules no stop unless its date says that it was signed since', async () => {
    const slip = { phone: '13900000001', package: 'home-school', action: 'subscribe', slip: 'A-9' };
    const on = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
    for (const dated of [{}, { signedOn: on(5) }])
      expect(await ask({ token: TOKENS.agent }, { ...slip, ...dated })).toMatchObject({
        body: { outcome: 'cancelled-since' },
      });
    // What was said just now, three days ago.
    await db.pool.query(`alter table subscription_event disable trigger append_only`);
    await db.pool.query(`update subscription_event set at = at - interval '3 days' where unit = 'h1'`);
    await db.pool.query(`alter table subscription_event enable trigger append_only`);
    expect(await ask({ token: TOKENS.agent }, { ...slip, signedOn: on(1) })).toMatchObject({
      body: { outcome: 'subscribed' },
    });
  });

  it.each<[string, { at?: number; [field: string]: unknown }, string]>([
    ['in the future', { at: 3_600_000, note: 'x' }, 'at'],
    ['ancient', { at: -93 * 86_400_000, note: 'x' }, 'at'],
    ['dated back without a note', { at: -3_600_000 }, 'note'],
    ['dated back though it is an order', { at: -3_600_000, note: 'x', action: 'subscribe' }, 'at'],
    ['a cancel with a slip', { slip: 'R-1' }, 'slip'],
    ['a slip that is a phone number', { slip: '13900000002', action: 'subscribe' }, 'slip'],
    ['a slip with a name', { slip: '王小兵', action: 'subscribe' }, 'slip'],
  ])('%s is refused, the field named', async (_what, { at, ...given }, field) => {
    const when = at === undefined ? {} : { at: new Date(Date.now() + at).toISOString() };
    const wrong = { ...order, phone: '13900000002', channel: 'customer-service', action: 'cancel', ...given, ...when };
    expect(await ask({ token: TOKENS.cs }, wrong)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  it('a parent dates nothing back', async () => {
    const cookie = await api.signIn('13900000001');
    const dated = { ...order, action: 'cancel', at: new Date().toISOString(), note: 'x' };
    expect(await ask({ cookie }, dated)).toMatchObject({ status: 403, body: { errors: [{ field: 'at' }] } });
  });

  it('a phone of two carriers is ordered for where the carrier is named', async () => {
    const two = { ...order, phone: '13900000003', channel: 'customer-service' };
    expect((await ask({ token: TOKENS.cs }, two)).status).toBe(409);
    expect(await ask({ token: TOKENS.cs }, { ...two, tenant: 'shanxi' })).toMatchObject({
      status: 200,
      body: { tenant: 'shanxi', unit: 'gu4' },
    });
  });

  it("a number off the carrier's network is refused, the field named", async () => {
    await db.pool.query(`insert into household values ('h9', 'gansu');
      insert into guardian values ('gu9', 'gansu', 'h9', '外网', '13300000009');
      insert into guardianship values ('z', 'gu9')`);
    const off = await ask({ token: TOKENS.cs }, { ...order, phone: '13300000009', channel: 'customer-service' });
    expect(off).toMatchObject({ status: 422, body: { errors: [{ field: 'phone' }] } });
  });
});

describe('readiness', () => {
  it('is ready, and shows each link, known or not', async () => {
    await db.pool.query(`insert into carrier_link (tenant, link, epoch) values ('gansu', 0, 3)`);
    const response = await api.ask('GET', '/readyz', { token: OPS_TOKEN });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      ready: true,
      parts: [
        { name: 'postgres', status: 'ok' },
        { name: 'temporal', status: 'ok' },
        { name: 'carrier-link/gansu/0', status: 'unknown', detail: { unsettled: 0, epoch: 3 } },
        { name: 'reader-link/gansu/0', status: 'unknown', detail: { readers: 2, lastSeen: null } },
      ],
    });
  });
});
