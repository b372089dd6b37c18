import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInboundSmsActivities } from '../../activities/inbound-sms.ts';
import { createTeacherMessageActivities } from '../../activities/teacher-message.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addMessage, addSchool, guardianPhone, teacherPhone, textsOf } from '../support/school.ts';

const SHORT_CODE = '10657099';
const carriers = loadCarriers();
let database: TestDatabase;
let activities: ReturnType<typeof createInboundSmsActivities>;

beforeEach(async () => {
  database = await createTestDatabase();
  await addSchool(database.pool);
  // Routing itself never asks the engine: this client connects to nothing.
  const client = new Client({ connection: Connection.lazy() });
  activities = createInboundSmsActivities({ pool: database.pool, carriers, client });
});
afterEach(() => database.drop());

const now = Date.now();
const MINUTE = 60_000;

/** A text comes in and is routed, twice: as when a worker dies after its commit. */
async function receive(phone: string, body: string, { to = SHORT_CODE, at = now, tenant = 'gansu' } = {}) {
  const { rows } = await database.pool.query<{ id: number }>(
    `insert into mo (tenant, hash, phone, destination, body, received_at)
    values ($1, gen_random_uuid()::text, $2, $3, $4, $5) returning id`,
    [tenant, phone, to, body, new Date(at)],
  );
  const moId = rows[0]!.id;
  const { command } = await activities.routeInboundSms({ moId });
  expect(await activities.routeInboundSms({ moId })).toEqual({ command });
  const outcome = await database.pool.query<{ route: string; answered: boolean; reason: string }>(
    'select route, answered, reason from mo_outcome where mo_id = $1',
    [moId],
  );
  return { moId, command, outcome: outcome.rows[0], texts: await textsOf(database.pool, `mo/${moId}/`) };
}

/** A text of teacher t1 to class c1: threads with g1, g2, g3. Returns the address it came from, by guardian. */
async function teacherTexts(): Promise<(guardian: number) => string> {
  const messageId = await addMessage(database.pool, { audience: { classIds: ['c1'] } });
  await createTeacherMessageActivities({ pool: database.pool, carriers }).expandMessage({ messageId, after: '', now });
  const texts = await textsOf(database.pool, `message/${messageId}/`);
  return (guardian) => texts.find(({ phone }) => phone === guardianPhone(guardian))!.source;
}

const count = async (table: string) =>
  (await database.pool.query<{ count: number }>(`select count(*) from ${table}`)).rows[0]!.count;

describe('subscription keywords', () => {
  it.each([
    [1, 'JX', 'subscribe'],
    [4, '\uff2a\uff38', 'subscribe'],
    [1, 'qxjx', 'cancel'],
    [1, 'QXMF', 'cancel-free'],
    [1, 'TD', 'cancel-all'],
    [5, '退订', 'cancel-all'],
  ])('guardian %i: %s is left to the subscription', async (guardian, body, command) => {
    expect(await receive(guardianPhone(guardian), body)).toMatchObject({ command, outcome: undefined, texts: [] });
  });

  it.each(['JX', 'QXJX', 'STOP', 'CX', 'BZR你好'])(
    '%s of an unknown phone gets help and orders nothing',
    async (body) => {
      const { command, outcome, texts } = await receive('13811112222', body);
      expect(command).toBeNull();
      expect(outcome).toEqual({ route: 'help', answered: true, reason: 'the phone is not registered' });
      expect(texts).toMatchObject([{ phone: '13811112222', source: SHORT_CODE, kind: 'answer' }]);
      expect(texts[0]!.body).toContain('登记');
    },
  );

  it('JX of a parent without children gets help', async () => {
    expect((await receive(guardianPhone(5), 'JX')).outcome).toMatchObject({
      route: 'help',
      reason: 'no child is registered with the phone',
    });
  });

  it('a phone is known to its own carrier only', async () => {
    const { outcome, texts } = await receive(guardianPhone(1), 'JX', { tenant: 'shanxi', to: '1065827031' });
    expect(outcome).toMatchObject({ route: 'help', reason: 'the phone is not registered' });
    expect(texts[0]!.source).toBe('1065827031');
  });

  it('an unknown text fails at once', async () => {
    await expect(activities.routeInboundSms({ moId: 999 })).rejects.toMatchObject({ nonRetryable: true });
  });

  it('a text nobody took is recorded', async () => {
    const { moId } = await receive(guardianPhone(1), 'TD');
    await activities.recordUnanswered({ moId, command: 'cancel-all' });
    expect((await database.pool.query('select route, answered from mo_outcome')).rows).toEqual([
      { route: 'cancel-all', answered: false },
    ]);
  });
});

describe('replies', () => {
  it("a parent's goes to the reply-box and the teacher's phone, and the teacher's answer back", async () => {
    const address = await teacherTexts();
    const reply = await receive(guardianPhone(1), '收到,谢谢', { to: address(1) });
    expect(reply.outcome).toEqual({ route: 'reply', answered: false, reason: 'forwarded to the teacher' });
    expect(reply.texts).toEqual([
      {
        origin: `mo/${reply.moId}/forward`,
        phone: teacherPhone(1),
        source: address(1),
        body: '【家长回音】三年级1班王小兵家长\uff1a收到,谢谢',
        kind: 'conversation',
      },
    ]);
    const back = await receive(teacherPhone(1), '不客气', { to: address(1) });
    expect(back.outcome).toEqual({ route: 'reply', answered: false, reason: 'forwarded to the guardian' });
    expect(back.texts).toMatchObject([
      { phone: guardianPhone(1), source: address(1), body: '【老师回复】李红\uff1a不客气', kind: 'conversation' },
    ]);
    expect((await database.pool.query('select sender, body from reply_box order by id')).rows).toEqual([
      { sender: 'guardian', body: '收到,谢谢' },
      { sender: 'teacher', body: '不客气' },
    ]);
  });

  it('are kept whole in the reply-box, and passed on up to 1,000 characters', async () => {
    const address = await teacherTexts();
    const long = '😀'.repeat(3000);
    const { texts } = await receive(guardianPhone(1), long, { to: address(1) });
    expect(texts[0]!.body.endsWith(`${'😀'.repeat(999)}…`)).toBe(true);
    expect((await database.pool.query('select body from reply_box')).rows).toEqual([{ body: long }]);
  });

  it('siblings are named together', async () => {
    const address = await teacherTexts();
    const { texts } = await receive(guardianPhone(2), '好', { to: address(2) });
    expect(texts[0]!.body).toBe('【家长回音】三年级1班陈一、三年级1班陈二家长\uff1a好');
  });

  it('of a child in two classes, the one of the teacher’s own class is named', async () => {
    const address = await teacherTexts();
    const { texts } = await receive(guardianPhone(3), '好', { to: address(3) });
    expect(texts[0]!.body).toBe('【家长回音】三年级1班刘大家长\uff1a好');
  });

  it.each([
    ['within 7 days', 7 * 24 * 60 * MINUTE - MINUTE, 'reply'],
    ['after 7 days', 7 * 24 * 60 * MINUTE + MINUTE, 'help'],
  ])('to the short code itself go to the latest thread %s', async (_, later, route) => {
    await teacherTexts();
    const { outcome } = await receive(guardianPhone(1), '收到', { at: now + later });
    expect(outcome).toMatchObject({ route });
  });

  it('of a teacher to the short code itself reach nobody when two families wrote', async () => {
    const address = await teacherTexts();
    await receive(guardianPhone(1), '一', { to: address(1) });
    expect((await receive(teacherPhone(1), '好')).outcome).toMatchObject({ route: 'reply' });
    await receive(guardianPhone(2), '二', { to: address(2) });
    expect((await receive(teacherPhone(1), '好')).outcome).toMatchObject({
      route: 'help',
      reason: 'neither a keyword nor a reply to anything',
    });
  });

  it.each([
    ["another family's thread", () => teacherTexts().then((address) => address(2))],
    ['a thread that does not exist', () => Promise.resolve(`${SHORT_CODE}999999`)],
    ['an extension that is no number', () => Promise.resolve(`${SHORT_CODE}99999999999999999999`)],
  ])('to %s get help and reach nobody', async (_, address) => {
    const { outcome, texts } = await receive(guardianPhone(1), '你好', { to: await address() });
    expect(outcome).toEqual({
      route: 'help',
      answered: true,
      reason: 'the address is no open conversation of this phone',
    });
    expect(texts).toMatchObject([{ phone: guardianPhone(1) }]);
    expect(await count('reply_box')).toBe(0);
  });

  it('to a closed thread, the child having left the school, get help', async () => {
    const address = await teacherTexts();
    await database.pool.query(`delete from guardianship where guardian_id = 'g1'`);
    expect((await receive(guardianPhone(1), '你好', { to: address(1) })).outcome).toMatchObject({
      route: 'help',
      reason: 'the address is no open conversation of this phone',
    });
    expect((await receive(teacherPhone(1), '你好', { to: address(1) })).outcome).toMatchObject({ route: 'help' });
  });

  it('of a teacher to a parent who cancelled are kept back, and the teacher is told', async () => {
    const address = await teacherTexts();
    await receive(guardianPhone(1), '收到', { to: address(1), at: now - MINUTE });
    await database.pool.query(`update subscription set state = 'cancelled', services = '{}' where unit = 'h1'`);
    // The parent wrote lately, and may be answered, until cancelling.
    expect((await receive(teacherPhone(1), '一', { to: address(1) })).texts).toMatchObject([
      { phone: guardianPhone(1) },
    ]);
    await database.pool.query(
      `insert into subscription_event
        (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at, received_at)
      values ('gansu', 'h1', 'r', 'cancel', 'home-school', 'sms', 'g1', 'g1', $1, $1)`,
      [new Date(now)],
    );
    const { outcome, texts } = await receive(teacherPhone(1), '二', { to: address(1) });
    expect(outcome).toEqual({ route: 'reply', answered: true, reason: 'the guardian is not subscribed' });
    expect(texts).toMatchObject([{ phone: teacherPhone(1), source: SHORT_CODE, kind: 'answer' }]);
    expect(await count('sms_suppression')).toBe(1);
  });
});

describe('the homeroom mailbox', () => {
  it('goes to the teacher, who can answer, and is confirmed', async () => {
    const { moId, outcome, texts } = await receive(guardianPhone(4), 'bzr 孩子病了');
    expect(outcome).toEqual({ route: 'mailbox', answered: true, reason: 'forwarded to the homeroom teacher' });
    expect(texts).toMatchObject([
      { origin: `mo/${moId}/forward`, phone: teacherPhone(2), body: '【班主任信箱】五年级2班孙六家长\uff1a孩子病了' },
      { origin: `mo/${moId}/answer`, phone: guardianPhone(4), source: SHORT_CODE, kind: 'answer' },
    ]);
    expect(
      (await database.pool.query('select class_id, teacher_id, student_id, body from homeroom_mailbox')).rows,
    ).toEqual([{ class_id: 'c2', teacher_id: 't2', student_id: 's6', body: '孩子病了' }]);
    // Not subscribed, but asked: may be answered.
    const back = await receive(teacherPhone(2), '好好休息', { to: texts[0]!.source });
    expect(back.texts).toMatchObject([{ phone: guardianPhone(4), source: texts[0]!.source }]);
  });

  it('of siblings with one homeroom teacher asks nothing', async () => {
    const { texts } = await receive(guardianPhone(2), 'BZR你好');
    expect(texts.map(({ phone }) => phone)).toEqual([teacherPhone(1), guardianPhone(2)]);
  });

  it('of children in different classes asks which, and delivers the first text by the number', async () => {
    const asked = await receive(guardianPhone(3), 'BZR明天请假');
    expect(asked.outcome).toEqual({ route: 'mailbox', answered: true, reason: 'asked which child' });
    expect(asked.texts).toMatchObject([{ phone: guardianPhone(3), source: SHORT_CODE }]);
    expect(asked.texts[0]!.body).toMatch(/1 三年级1班刘大.*2 五年级2班刘小/);
    expect(await count('homeroom_mailbox')).toBe(0);

    const chosen = await receive(guardianPhone(3), '\uff12', { at: now + 59 * MINUTE });
    expect(chosen.outcome).toEqual({ route: 'choice', answered: true, reason: 'forwarded to the homeroom teacher' });
    expect(chosen.texts).toMatchObject([
      { phone: teacherPhone(2), body: '【班主任信箱】五年级2班刘小家长\uff1a明天请假' },
      { phone: guardianPhone(3) },
    ]);
    expect((await database.pool.query('select mo_id, student_id from homeroom_mailbox')).rows).toEqual([
      { mo_id: asked.moId, student_id: 's5' },
    ]);
    // Answered once: the same number again chooses nothing.
    expect((await receive(guardianPhone(3), '2', { at: now + 59 * MINUTE })).outcome).not.toMatchObject({
      route: 'choice',
    });
    expect(await count('homeroom_mailbox')).toBe(1);
  });

  it.each([
    ['3', 0],
    ['0', 0],
    ['2', 60 * MINUTE],
  ])('the number %s after %i ms chooses nothing', async (number, later) => {
    await receive(guardianPhone(3), 'BZR明天请假');
    expect((await receive(guardianPhone(3), number, { at: now + later })).outcome).toMatchObject({ route: 'help' });
    expect(await count('homeroom_mailbox')).toBe(0);
  });

  it('a newer question takes the place of an older', async () => {
    await receive(guardianPhone(3), 'BZR第一');
    await receive(guardianPhone(3), 'BZR第二', { at: now + MINUTE });
    const { texts } = await receive(guardianPhone(3), '1', { at: now + 2 * MINUTE });
    expect(texts[0]).toMatchObject({ phone: teacherPhone(1), body: '【班主任信箱】三年级1班刘大家长\uff1a第二' });
  });

  it('a stop word is never swallowed by a question', async () => {
    await receive(guardianPhone(3), 'BZR明天请假');
    expect((await receive(guardianPhone(3), 'TD')).command).toBe('cancel-all');
  });

  it.each([
    [1, 'BZR', 'there was no text'],
    [1, '\u3000', 'there was no text'],
    [5, 'BZR你好', 'no child is registered with the phone'],
  ])('guardian %i: %j gets help (%s)', async (guardian, body, reason) => {
    expect((await receive(guardianPhone(guardian), body)).outcome).toEqual({ route: 'help', answered: true, reason });
  });
});

describe('CX', () => {
  const CX_AT = Date.parse('2026-11-23T18:00:00+08:00');

  it('says so where there is nothing yet', async () => {
    const { outcome, texts } = await receive(guardianPhone(1), 'cx', { at: CX_AT });
    expect(outcome).toMatchObject({ route: 'query', answered: true });
    expect(texts).toMatchObject([{ phone: guardianPhone(1), source: SHORT_CODE, kind: 'answer' }]);
    expect(texts[0]!.body).toBe(
      '【校讯通】王小兵\uff1a今日暂无进出校记录\uff1b最近作业\uff1a暂无\uff1b最近成绩\uff1a暂无。',
    );
  });

  it("tells each child's attendance of the day and latest homework", async () => {
    const swipes: [string, string, string, string][] = [
      ['s4', '2026-11-22T23:59:59+08:00', 'in', 'texted'],
      ['s4', '2026-11-23T00:00:00+08:00', 'in', 'stale'],
      ['s4', '2026-11-23T07:31:05+08:00', 'in', 'texted'],
      ['s4', '2026-11-23T07:31:20+08:00', 'in', 'debounced'],
      ['s4', '2026-11-23T17:02:00+08:00', 'out', 'late'],
      ['s1', '2026-11-23T07:00:00+08:00', 'in', 'texted'],
    ];
    for (const [seq, [student, at, dir, outcome]] of swipes.entries())
      await database.pool.query(
        `insert into attendance (tenant, school_id, student_id, device_id, boot, seq, dir, at, outcome, workflow_id)
        values ('gansu', 'k1', $1, 'd', 'b', $2, $3, $4, $5, 'w')`,
        [student, seq, dir, at, outcome],
      );
    const homework = async (audience: object, text: string, state: string, kind = 'homework') => {
      const id = await addMessage(database.pool, { audience, text, kind });
      await database.pool.query('update message set state = $2 where id = $1', [id, state]);
    };
    await homework({ classIds: ['c1'] }, '旧作业', 'sent');
    await homework({ classIds: ['c1'] }, '第三课生字', 'sending');
    await homework({ classIds: ['c1'] }, '以后的', 'waiting');
    await homework({ classIds: ['c1'] }, '通知', 'sent', 'school-notice');
    await homework({ studentIds: ['s5'] }, '口算'.repeat(200), 'sent');
    const { texts } = await receive(guardianPhone(3), 'CX', { at: CX_AT });
    const [first, second] = texts[0]!.body.split('\n');
    expect(first).toBe(
      '【校讯通】刘大\uff1a今日00:00到校、07:31到校、17:02离校\uff1b最近作业\uff1a第三课生字\uff1b最近成绩\uff1a暂无。',
    );
    expect(second).toBe(
      `刘小\uff1a今日暂无进出校记录\uff1b最近作业\uff1a${'口算'.repeat(99)}口…\uff1b最近成绩\uff1a暂无。`,
    );
  });
});

describe('robots', () => {
  it('get help three times an hour and ten times a day, then a recorded reason', async () => {
    const told = [];
    for (let i = 0; i < 5; i++)
      told.push((await receive('13811112222', '自动回复', { at: now + i })).outcome!.answered);
    expect(told).toEqual([true, true, true, false, false]);
    expect((await receive('13811112223', '自动回复')).outcome).toMatchObject({ answered: true });
    let answers = 0;
    for (let hour = 1; hour < 24; hour++)
      if ((await receive('13811112222', '自动回复', { at: now + hour * 61 * MINUTE })).outcome!.answered) answers++;
    expect(answers).toBe(7);
  });

  it('in a thread stop being forwarded to each other; all is in the reply-box', async () => {
    const address = await teacherTexts();
    const forwarded = [];
    for (let i = 0; i < 22; i++)
      forwarded.push((await receive(guardianPhone(1), '我在开会', { to: address(1) })).texts.length);
    expect(forwarded).toEqual([...Array<number>(20).fill(1), 0, 0]);
    expect(await count('reply_box')).toBe(22);
  });

  it('stop being answered to CX', async () => {
    let answers = 0;
    for (let i = 0; i < 22; i++) answers += (await receive(guardianPhone(1), 'CX')).texts.length;
    expect(answers).toBe(20);
  });

  it('texting at the same time are routed one after the other', async () => {
    const ids = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const { rows } = await database.pool.query<{ id: number }>(
          `insert into mo (tenant, hash, phone, destination, body)
          values ('gansu', gen_random_uuid()::text, '13811112222', $1, 'x') returning id`,
          [SHORT_CODE],
        );
        return rows[0]!.id;
      }),
    );
    await Promise.all(
      ids.flatMap((moId) => [activities.routeInboundSms({ moId }), activities.routeInboundSms({ moId })]),
    );
    expect(await count('mo_outcome')).toBe(8);
    expect(await count('sms')).toBe(3);
  });
});
