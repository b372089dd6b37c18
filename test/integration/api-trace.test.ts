import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enqueueSms, suppressSms } from '../../infra/postgres/outbox.ts';
import { insertRoster, startApi, TOKENS, type AskOptions, type TestApi } from '../support/api.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

interface TraceEvent {
  at: string;
  kind: string;
  outcome: string;
  reason?: string;
  ids: Record<string, string>;
  workflow?: { id: string; url?: string };
}

const PHONE = '13900000001';
let db: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  db = await createTestDatabase();
  await insertRoster(db.pool);
  await insertHistory();
  api = await startApi({ pool: db.pool });
});
afterAll(async () => {
  await api?.close();
  await db?.drop();
});

/** A morning of the family of 13900000001: child x at school g1, child y at g2. */
async function insertHistory(): Promise<void> {
  const { pool } = db;
  await pool.query(`
    insert into swipe (device_id, boot, seq, card, at, dir) values
      ('r1', 'b', 1, '04A2B3C4', now(), 'in'), ('r1', 'b', 2, '04A2B3C4', now(), 'in'), ('r2', 'b', 1, '04A2B3C5', now(), 'in'),
      ('r1', 'b', 3, '04A2B3C4', now(), 'out');
    insert into attendance (tenant, school_id, student_id, device_id, boot, seq, dir, at, outcome, workflow_id) values
      ('gansu', 'g1', 'x', 'r1', 'b', 1, 'in', '2026-11-23T07:31:05+08:00', 'texted', 'swipe/r1/b/1'),
      ('gansu', 'g1', 'x', 'r1', 'b', 2, 'in', '2026-11-23T07:31:09+08:00', 'debounced', 'swipe/r1/b/2'),
      ('gansu', 'g2', 'y', 'r2', 'b', 1, 'in', '2026-11-23T07:40:00+08:00', 'stale', 'swipe/r2/b/1');
    delete from pending where kind = 'swipe' and key <> 'r1/b/3';
    insert into quarantined_swipe (digest, tenant, school_id, device_id, boot, seq, authentic, reason, payload) values
      ('d1', 'gansu', 'g1', 'r1', 'b', 9, true, 'clock-off', '{"card":"04A2B3C4","note":"\\u0000"}'),
      ('d2', 'gansu', 'g1', 'r1', null, null, false, 'not JSON', '{"card":"FFFF');
    insert into message (id, tenant, school_id, account_id, teacher_id, request_key, kind, audience, text) values
      ('11111111-1111-1111-1111-111111111111', 'gansu', 'g1', 'teacher', 'tg1', 'k', 'homework', '{"classIds":["g1c1"]}', '机密'),
      ('22222222-2222-2222-2222-222222222222', 'gansu', 'g2', 'teacher2', 'tg2', 'k', 'notice', '{"classIds":["g2c1"]}', '机密');
    insert into thread (tenant, teacher_id, guardian_id) values ('gansu', 'tg1', 'gu1');
    insert into mo (tenant, hash, phone, destination, body) values
      ('gansu', 'm1', '${PHONE}', '10657099100001', '谢谢老师'), ('gansu', 'm2', '${PHONE}', '10657099', '你好'), ('gansu', 'm3', '${PHONE}', '10657099', '在吗');
    insert into mo_outcome (mo_id, route, answered, reason, workflow_id)
      select id, 'reply', true, null, 'mo/gansu/m1' from mo where hash = 'm1'
      union all select id, 'help', false, 'the phone is not registered; help was sent often enough', 'mo/gansu/m2' from mo where hash = 'm2';
    insert into mo_redelivery (tenant, phone, mo_id) select tenant, phone, id from mo where hash in ('m1', 'm2');
    insert into reply_box (tenant, thread_id, mo_id, sender, body)
      select 'gansu', t.id, m.id, 'guardian', '谢谢老师' from thread t, mo m where m.hash = 'm1';
    insert into subscription_event (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at, received_at) values
      ('gansu', 'h1', 'r', 'order', 'home-school', 'sms', 'gu1', 'gu1', now(), now()), ('gansu', 'h2', 'r2', 'order', 'home-school', 'sms', 'gu2', 'gu2', now(), now());
  `);
  const text = { tenant: 'gansu', phone: PHONE, guardianId: 'gu1', source: '10657099', body: '机密' };
  await enqueueSms(pool, [
    { ...text, origin: 'swipe/r1/b/1/gu1', workflowId: 'swipe/r1/b/1', kind: 'safety', studentId: 'x' },
    {
      ...text,
      origin: 'message/1/gu1/x',
      workflowId: 'message/1',
      kind: 'class-message',
      studentId: 'x',
      messageId: '11111111-1111-1111-1111-111111111111',
    },
    {
      ...text,
      origin: 'message/2/gu1/y',
      workflowId: 'message/2',
      kind: 'class-message',
      studentId: 'y',
      messageId: '22222222-2222-2222-2222-222222222222',
    },
    { ...text, origin: 'mo/1/answer', workflowId: 'mo/gansu/m1', kind: 'answer' },
    {
      ...text,
      origin: 'other',
      workflowId: 'swipe/r2/b/7',
      kind: 'safety',
      phone: '13900000002',
      guardianId: 'gu2',
      studentId: 'z',
    },
  ]);
  await suppressSms(pool, [
    {
      ...text,
      origin: 'swipe/r2/b/1/gu1',
      workflowId: 'swipe/r2/b/1',
      kind: 'safety',
      studentId: 'y',
      reason: '未订制平安短信',
    },
  ]);
  await pool.query(`
    delete from sms_queue where sms_id in (select id from sms where origin in ('swipe/r1/b/1/gu1', 'message/1/gu1/x'));
    insert into sms_part (sms_id, part, state, smsc_id, error)
      select id, 1, 'ACCEPTED', 'abc', null from sms where origin = 'swipe/r1/b/1/gu1'
      union all select id, 1, 'REJECTED', null, 'the number is not valid (ESME_RINVDSTADR)' from sms where origin = 'message/1/gu1/x';
    insert into sms_receipt (tenant, smsc_id, phone, state, sms_id, part)
      select 'gansu', 'abc', '${PHONE}', 'DELIVERED', id, 1 from sms where origin = 'swipe/r1/b/1/gu1';
  `);
}

async function trace(options: AskOptions, query = `phone=${PHONE}`): Promise<TraceEvent[]> {
  const response = await api.ask('GET', `/api/v1/trace?${query}`, options);
  expect(response.status).toBe(200);
  return ((await response.json()) as { events: TraceEvent[] }).events;
}

const cs = { token: TOKENS.cs };

describe('the trace of a phone', () => {
  it.each<[string, string, string, RegExp | undefined]>([
    ['swipe', 'texted', 'swipe/r1/b/1', /07:31:05进校，通知家长。Swiped in at 2026-11-23 07:31:05: guardians are told/],
    ['swipe', 'debounced', 'swipe/r1/b/2', /recorded, not texted/],
    ['swipe', 'stale', 'swipe/r2/b/1', /too late/],
    ['swipe', 'pending', 'swipe/r1/b/3', /not yet processed/],
    ['quarantined-swipe', 'quarantined', '', /时钟相差超过24小时。.*clock-off/],
    ['sms', 'DELIVERED', 'swipe/r1/b/1', /^刷卡的平安短信已送达手机。For a swipe at the gate: the phone has it/],
    ['sms', 'REJECTED', 'message/1', /老师的消息被运营商拒收。.*refused it\. \(the number is not valid/],
    ['sms', 'QUEUED', 'message/2', /waits to leave/],
    ['sms', 'SUPPRESSED', 'swipe/r2/b/1', /未订制平安短信/],
    ['receipt', 'DELIVERED', 'swipe/r1/b/1', /part 1 of 1/],
    ['mo', 'reply', 'mo/gansu/m1', /Answered/],
    ['mo', 'help', 'mo/gansu/m2', /近来已多次发过帮助.*often enough/],
    ['mo', 'received', 'mo/gansu/m3', undefined],
    ['mo', 'redelivered', '', /counts once/],
    ['subscription', 'order', 'subscription/gansu/h1', /^短信：订制“家校互动”。order by text\.$/],
  ])('has the %s that is %s, of %s', async (kind, outcome, workflow, reason) => {
    const event = (await trace(cs)).find(
      (each) => each.kind === kind && each.outcome === outcome && (each.workflow?.id ?? '') === workflow,
    );
    expect(event).toBeDefined();
    if (reason) expect(event!.reason).toMatch(reason);
  });

  it('has these events and no more, oldest first, without what was written', async () => {
    const events = await trace(cs);
    expect(events).toHaveLength(17);
    expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).toSorted());
    expect(JSON.stringify(events)).not.toMatch(/机密|谢谢|139000/);
  });

  it('links a text with its attendance, and a workflow with its page', async () => {
    const events = await trace(cs);
    const sms = events.find(({ kind, outcome }) => kind === 'sms' && outcome === 'DELIVERED')!;
    const swipe = events.find(({ kind, outcome }) => kind === 'swipe' && outcome === 'texted')!;
    expect(sms.ids).toMatchObject({ student: 'x', guardian: 'gu1', attendance: swipe.ids['attendance'] });
    expect(sms.workflow!.url).toBe('http://127.0.0.1:8233/namespaces/default/workflows/swipe%2Fr1%2Fb%2F1');
  });

  it('comes in pages that together are the whole', async () => {
    const whole = await trace(cs);
    const pieces: TraceEvent[] = [];
    for (let next: string | undefined = ''; next !== undefined;) {
      const cursor = next && `&cursor=${next}`;
      const response = await api.ask('GET', `/api/v1/trace?phone=${PHONE}&limit=5${cursor}`, cs);
      const page = (await response.json()) as { events: TraceEvent[]; next?: string };
      pieces.push(...page.events);
      next = page.next;
    }
    expect(pieces).toEqual(whole);
  });

  it('keeps to from and to, and takes an offset as people paste it', async () => {
    expect(await trace(cs, `phone=${PHONE}&to=2020-01-01T00:00:00Z`)).toEqual([]);
    expect(await trace(cs, `phone=${PHONE}&from=2020-01-01T00:00:00+08:00`)).toHaveLength(17);
  });
});

describe('who may see a trace', () => {
  it("a teacher sees her own school's events of a guardian: not the other child's, and neither orders nor texts", async () => {
    const events = await trace({ cookie: await api.signIn('teacher') });
    expect(events.map(({ kind, outcome }) => `${kind} ${outcome}`).toSorted()).toEqual([
      'mo redelivered',
      'mo reply',
      'quarantined-swipe quarantined',
      'swipe debounced',
      'swipe pending',
      'swipe recorded',
    ]);
  });

  it('a parent sees all of their own phone', async () => {
    expect(await trace({ cookie: await api.signIn('13900000001') })).toHaveLength(17);
  });

  it.each(['teacher', '13900000001'])('%s is told in words: no ids, no workflow, no English', async (login) => {
    for (const { ids, workflow, reason } of await trace({ cookie: await api.signIn(login) })) {
      expect(ids).toEqual({});
      expect(workflow).toBeUndefined();
      if (reason !== undefined) expect(reason).toMatch(/^[^A-Za-z]+。$/);
    }
  });

  it('ops see it too; customer service of one carrier sees that carrier’s alone', async () => {
    expect(await trace({ token: TOKENS.ops })).toHaveLength(17);
    expect(await trace({ token: TOKENS.csGansu }, 'phone=13900000003')).toEqual([
      expect.objectContaining({
        kind: 'subscription',
        workflow: expect.objectContaining({ id: 'subscription/gansu/h2' }) as object,
      }),
    ]);
  });

  it.each([
    ['nobody', undefined, 'phone=13900000001', 401],
    ['customer service, an unknown phone', 'cs', 'phone=13999999999', 404],
    ['customer service, no phone', 'cs', '', 400],
    ['customer service, a phone in words', 'cs', 'phone=mum', 400],
    ['customer service, two phones', 'cs', 'phone=13900000001&phone=13900000002', 400],
    ['customer service, no time', 'cs', 'phone=13900000001&from=yesterday', 400],
    [
      'customer service, time backwards',
      'cs',
      'phone=13900000001&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z',
      400,
    ],
    ['customer service, a wrong cursor', 'cs', 'phone=13900000001&cursor=bm9wZQ', 400],
    ['customer service, too long a page', 'cs', 'phone=13900000001&limit=1001', 400],
    ["a teacher, another school's guardian", 'teacher', 'phone=13900000002', 404],
    ['a teacher, an unknown phone', 'teacher', 'phone=13999999999', 404],
    ["a parent, another's phone", '13900000001', 'phone=13900000002', 404],
  ])('%s: %s', async (_who, login, query, status) => {
    const options = login === undefined ? {} : { cookie: await api.signIn(login) };
    const response = await api.ask('GET', `/api/v1/trace?${query}`, options);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    if (status === 400) expect(JSON.stringify(await response.json())).toMatch(/"field":"(phone|from|to|cursor|limit)"/);
  });

  it('and no log line holds a phone', () => {
    expect(api.logged.join('')).not.toContain('139000');
  });
});
