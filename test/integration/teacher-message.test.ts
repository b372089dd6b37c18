import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTeacherMessageActivities } from '../../activities/teacher-message.ts';
import { loadCarriers } from '../../infra/carriers.ts';
import { messageCounts, messageFate, messageFateByClass } from '../../infra/postgres/messages.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addMessage, addSchool, guardianPhone, textsOf } from '../support/school.ts';

const carriers = loadCarriers();
let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await addSchool(database.pool);
});
afterEach(() => database.drop());

const activities = (pageSize?: number) =>
  createTeacherMessageActivities({ pool: database.pool, carriers, ...(pageSize === undefined ? {} : { pageSize }) });

async function expand(messageId: string, pageSize?: number): Promise<number> {
  let pages = 0;
  let after: string | null = '';
  while (after !== null) {
    ({ next: after } = await activities(pageSize).expandMessage({ messageId, after, now: Date.now() }));
    pages++;
  }
  return pages;
}

const states = async () =>
  (
    await database.pool.query<{ state: string; count: number }>(
      'select state, count(*) from sms_status group by state order by state',
    )
  ).rows;

describe('the audience of a message', () => {
  it.each<[string, object, number[], number[]]>([
    ['a class: siblings’ phone once', { classIds: ['c1'] }, [1, 2, 3], []],
    ['two classes: a parent in both once', { classIds: ['c1', 'c2'] }, [1, 2, 3], [4]],
    ['students', { studentIds: ['s1', 's6'] }, [1], [4]],
    ['the school', { schoolId: 'k1' }, [1, 2, 3], [4]],
    ["another school's class", { classIds: ['c9'] }, [], []],
    ['another school', { schoolId: 'k2' }, [], []],
    ["another school's student", { studentIds: ['s9', 's1'] }, [1], []],
    ['nobody', { classIds: [] }, [], []],
  ])('%s', async (_, audience, texted, suppressed) => {
    const messageId = await addMessage(database.pool, { audience });
    await expand(messageId);
    const texts = await textsOf(database.pool, `message/${messageId}/`);
    expect(texts.map(({ phone }) => phone).sort()).toEqual(texted.map(guardianPhone));
    const others = await database.pool.query<{ phone: string; reason: string }>(
      'select phone, reason from sms_suppression where message_id = $1 order by phone',
      [messageId],
    );
    expect(others.rows).toEqual(suppressed.map((n) => ({ phone: guardianPhone(n), reason: 'not subscribed' })));
  });

  it('texts come from the thread of teacher and guardian, signed by school, class and teacher, as they were written', async () => {
    const messageId = await addMessage(database.pool, { audience: { studentIds: ['s1'] }, text: ' 带{绳}\n😀 ' });
    await expand(messageId);
    const { rows } = await database.pool.query<{ id: number }>(
      `select id from thread where teacher_id = 't1' and guardian_id = 'g1'`,
    );
    expect(await textsOf(database.pool, `message/${messageId}/`)).toEqual([
      {
        origin: `message/${messageId}/g1`,
        phone: guardianPhone(1),
        source: `10657099${rows[0]!.id}`,
        body: '【城关小学】三年级1班李红老师： 带{绳}\n😀 ',
        kind: 'class-message',
      },
    ]);
    expect((await database.pool.query('select lane, segments from sms_queue')).rows).toEqual([
      { lane: 3, segments: 1 },
    ]);
  });

  it.each([
    [
      'a class',
      { classIds: ['c1'] },
      ['三年级1班李红老师', '三年级1班李红老师（陈一、陈二家长）', '三年级1班李红老师（刘大家长）'],
    ],
    [
      'the school',
      { schoolId: 'k1' },
      ['三年级1班李红老师', '三年级1班李红老师（陈一、陈二家长）', '李红老师（三年级1班刘大、五年级2班刘小家长）'],
    ],
    ['one child', { studentIds: ['s5'] }, ['五年级2班李红老师（刘小家长）']],
  ])(
    'to %s says about whom it is where the phone has several children, counted in its segments',
    async (_, audience, from) => {
      const text = '背'.repeat(42);
      const messageId = await addMessage(database.pool, { audience, text });
      await expand(messageId);
      const { rows } = await database.pool.query<{ body: string; segments: number }>(
        'select body, segments from sms where message_id = $1 order by phone',
        [messageId],
      );
      const bodies = from.map((who) => `【城关小学】${who}：${text}`);
      expect(rows).toEqual(bodies.map((body) => ({ body, segments: body.length > 70 ? 2 : 1 })));
    },
  );

  it('of the principal is signed by the school', async () => {
    const messageId = await addMessage(database.pool, { audience: { studentIds: ['s1'] }, text: '明天放假' });
    await database.pool.query(
      `insert into account (id, tenants, role, login, school_id, teacher_id)
        values ('head', '{gansu}', 'school-admin', 'head', 'k1', 't1')`,
    );
    await database.pool.query(`update message set account_id = 'head' where id = $1`, [messageId]);
    await expand(messageId);
    expect(await textsOf(database.pool, `message/${messageId}/`)).toMatchObject([
      { body: '【城关小学】学校通知：明天放假' },
    ]);
  });

  it('expanding again, or in pages of one, texts nobody twice', async () => {
    const messageId = await addMessage(database.pool, { audience: { schoolId: 'k1' } });
    expect(await expand(messageId, 1)).toBe(5);
    expect(await expand(messageId)).toBe(1);
    expect(await messageCounts(database.pool, messageId)).toMatchObject({ queued: 3, suppressed: 1 });
    expect((await database.pool.query('select count(*) from sms_queue')).rows).toEqual([{ count: 3 }]);
  });

  it.each([
    ['pending', '{home-school}', `subscription waits for the parent's consent`],
    ['cancelled', '{}', 'subscription cancelled'],
    ['active', '{safety-sms}', 'subscription without home-school'],
    ['trial', '{home-school}', undefined],
  ])('a subscription %s with %s: %s', async (state, services, reason) => {
    await database.pool.query(`update subscription set state = $1, services = $2 where unit = 'h1'`, [state, services]);
    const messageId = await addMessage(database.pool, { audience: { studentIds: ['s1'] } });
    await expand(messageId);
    const { rows } = await database.pool.query<{ reason: string }>('select reason from sms_suppression');
    expect(rows[0]?.reason).toBe(reason);
    expect(await textsOf(database.pool, 'message/')).toHaveLength(reason === undefined ? 1 : 0);
  });
});

describe('when a message may leave', () => {
  const at = (time: string) => Date.parse(`2026-11-${time}+08:00`);
  it.each([
    ['at once', null, '23T12:00', '23T12:00'],
    ['in the night', null, '23T22:00', '24T06:30'],
    ['later', '23T18:00', '23T12:00', '23T18:00'],
    ['later, in the night', '23T23:00', '23T12:00', '24T06:30'],
    ['at a time that is past', '23T09:00', '23T12:00', '23T12:00'],
  ])('%s', async (_, sendAt, now, leaves) => {
    await database.pool.query(`update school set quiet_from = '21:30', quiet_until = '06:30'`);
    const messageId = await addMessage(database.pool, {
      audience: { classIds: ['c1'] },
      sendAt: sendAt === null ? null : new Date(at(sendAt)),
    });
    expect(await activities().whenMessageMayLeave({ messageId, now: at(now) })).toBe(at(leaves));
  });

  it('an unknown message fails at once', async () => {
    const messageId = '00000000-0000-0000-0000-000000000000';
    await expect(activities().whenMessageMayLeave({ messageId, now: 0 })).rejects.toMatchObject({ nonRetryable: true });
  });
});

describe('counts', () => {
  it('each text once, by its present state, as the view has it', async () => {
    const { pool } = database;
    const messageId = await addMessage(pool, { audience: { schoolId: 'k1' } });
    const parts: [string, string[], string[]][] = [
      ['QUEUED', [], []],
      ['SUBMITTING', [], []],
      ['SUBMITTING', ['ACCEPTED'], []],
      ['UNCERTAIN', ['ACCEPTED', 'UNCERTAIN'], []],
      ['ACCEPTED', ['ACCEPTED', 'ACCEPTED'], []],
      ['ACCEPTED', ['ACCEPTED', 'ACCEPTED'], ['DELIVERED']],
      ['DELIVERED', ['ACCEPTED', 'ACCEPTED'], ['DELIVERED', 'DELIVERED']],
      ['DELIVERED', ['UNCERTAIN', 'ACCEPTED'], ['DELIVERED', 'DELIVERED']],
      ['FAILED', ['ACCEPTED', 'ACCEPTED'], ['DELIVERED', 'FAILED']],
      ['EXPIRED', ['ACCEPTED', 'ACCEPTED'], ['EXPIRED']],
      ['REJECTED', ['ACCEPTED', 'REJECTED'], []],
      ['CANCELLED', ['CANCELLED', 'CANCELLED'], []],
    ];
    for (const [i, [state, outcomes, receipts]] of parts.entries()) {
      const { rows } = await pool.query<{ id: number }>(
        `insert into sms (origin, tenant, workflow_id, kind, lane, phone, source, body, segments, message_id)
        values ($1, 'gansu', 'w', 'class-message', 3, '13900000001', '10657099', 'x', 2, $2) returning id`,
        [`test/${i}`, messageId],
      );
      const { id } = rows[0]!;
      if (state === 'QUEUED') await pool.query(`insert into sms_queue values ($1, 'gansu', 3, 0, 2)`, [id]);
      for (const [part, outcome] of outcomes.entries())
        await pool.query('insert into sms_part (sms_id, part, state) values ($1, $2, $3)', [id, part + 1, outcome]);
      for (const [part, receipt] of receipts.entries())
        await pool.query(
          `insert into sms_receipt (tenant, smsc_id, phone, state, sms_id, part) values ('gansu', $1, 'p', $2, $3, $4)`,
          [`${i}-${part}`, receipt, id, part + 1],
        );
      expect((await pool.query('select state from sms_status where sms_id = $1', [id])).rows).toEqual([{ state }]);
    }
    expect(await messageCounts(pool, messageId)).toEqual({
      queued: 1,
      submitted: 3,
      accepted: 2,
      delivered: 2,
      failed: 4,
      suppressed: 0,
    });
  });
});

describe('cancelling', () => {
  it('keeps back what is queued, and nothing else', async () => {
    const { pool } = database;
    const other = await addMessage(pool, { audience: { classIds: ['c1'] } });
    const messageId = await addMessage(pool, { audience: { classIds: ['c1'] }, text: '长'.repeat(71) });
    await expand(other);
    await expand(messageId);
    await pool.query(
      `delete from sms_queue where sms_id = (select id from sms where message_id = $1 and guardian_id = 'g1')`,
      [messageId],
    );
    await activities(1).cancelQueued({ messageId });
    await activities().cancelQueued({ messageId });
    expect(await messageCounts(pool, messageId)).toMatchObject({ queued: 0, submitted: 1, failed: 2 });
    expect(await messageCounts(pool, other)).toMatchObject({ queued: 3, failed: 0 });
    expect((await pool.query('select count(*) from sms_part')).rows).toEqual([{ count: 4 }]);
  });

  it('waits for no claim under way, and takes its texts when the claim is given up', async () => {
    const { pool } = database;
    const messageId = await addMessage(pool, { audience: { classIds: ['c1'] } });
    await expand(messageId);
    const link = await pool.connect();
    await link.query('begin');
    await link.query(
      'delete from sms_queue where sms_id in (select sms_id from sms_queue order by sms_id limit 1 for update skip locked)',
    );
    await activities().cancelQueued({ messageId });
    await link.query('rollback');
    link.release();
    expect(await states()).toEqual([
      { state: 'CANCELLED', count: 2 },
      { state: 'QUEUED', count: 1 },
    ]);
    await activities().cancelQueued({ messageId });
    expect(await states()).toEqual([{ state: 'CANCELLED', count: 3 }]);
  });

  it('a text half accepted and queued again loses only what was not accepted', async () => {
    const { pool } = database;
    const messageId = await addMessage(pool, { audience: { studentIds: ['s1'] }, text: '长'.repeat(71) });
    await expand(messageId);
    await pool.query(`insert into sms_part (sms_id, part, state) select id, 1, 'ACCEPTED' from sms`);
    await activities().cancelQueued({ messageId });
    expect((await pool.query('select part, attempt, state from sms_part order by part')).rows).toEqual([
      { part: 1, attempt: 1, state: 'ACCEPTED' },
      { part: 2, attempt: 1, state: 'CANCELLED' },
    ]);
  });
});

describe('20,000 recipients', () => {
  it('are expanded, counted and cancelled in pages', async () => {
    const { pool } = database;
    await pool.query(`
      insert into household (id, tenant) select 'hh' || n, 'gansu' from generate_series(1, 20000) n;
      insert into guardian (id, tenant, household_id, name, phone)
        select 'gg' || n, 'gansu', 'hh' || n, 'x', (15000000000 + n)::text from generate_series(1, 20000) n;
      insert into student (id, tenant, school_id, class_id, household_id, name)
        select 'ss' || n, 'gansu', 'k1', 'c2', 'hh' || n, 'x' from generate_series(1, 20000) n;
      insert into guardianship (guardian_id, student_id) select 'gg' || n, 'ss' || n from generate_series(1, 20000) n;
      insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
        select 'gansu', 'hh' || n, 'gg' || n, 'home-school', '{home-school}', 'active', now() from generate_series(1, 20000) n;
      analyze`);
    const messageId = await addMessage(pool, { audience: { classIds: ['c2'] } });
    const timed = async (what: string, work: () => Promise<unknown>) => {
      const start = performance.now();
      await work();
      process.stdout.write(`${what}: ${Math.round(performance.now() - start)} ms\n`);
    };
    await timed('expand', () => expand(messageId));
    await timed('count', () => messageCounts(pool, messageId));
    expect(await messageCounts(pool, messageId)).toMatchObject({ queued: 20_001, suppressed: 1 });
    await timed('count by class', () => messageFateByClass(pool, messageId));
    expect(await messageFateByClass(pool, messageId)).toEqual({
      ...(await messageFate(pool, messageId)),
      counted: true,
    });
    await timed('cancel', () => activities().cancelQueued({ messageId }));
    await timed('count', () => messageCounts(pool, messageId));
    expect(await messageCounts(pool, messageId)).toMatchObject({ queued: 0, failed: 20_001 });
  });
});
