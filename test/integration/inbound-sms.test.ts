import { describe, expect, it } from 'vitest';
import { inboundRig, MINUTE, now, SHORT_CODE } from '../support/inbound.ts';
import { addMessage, guardianPhone } from '../support/school.ts';

const rig = inboundRig();
const { receive, teacherTexts, count } = rig;

describe('subscription keywords', () => {
  it.each([
    [1, 'JX', 'subscribe', 'already-subscribed'],
    [4, '\uff2a\uff38', 'subscribe', 'subscribed'],
    [1, 'qxjx', 'cancel', 'cancelled'],
    [1, 'QXMF', 'cancel-free', 'free-services-cancelled'],
    [1, 'TD', 'cancel-all', 'cancelled'],
    [5, '退订', 'cancel-all', 'not-subscribed'],
  ])('guardian %i: %s is decided with its routing, in one answer', async (guardian, body, route, reason) => {
    expect(await receive(guardianPhone(guardian), body)).toMatchObject({
      outcome: { route, reason, answered: true },
      texts: [{ kind: 'answer', phone: guardianPhone(guardian) }],
    });
  });

  it.each(['JX', 'QXJX', 'STOP', 'CX', 'BZR你好'])(
    '%s of an unknown phone gets help and orders nothing',
    async (body) => {
      const { outcome, texts } = await receive('13811112222', body);
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
    await expect(rig.activities.routeTexts({ moId: 999 })).rejects.toMatchObject({ nonRetryable: true });
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
    const swipes: [string, string, string, string, string?][] = [
      ['s4', '2026-11-22T23:59:59+08:00', 'in', 'texted'],
      ['s4', '2026-11-23T00:00:00+08:00', 'in', 'stale'],
      ['s4', '2026-11-23T07:31:05+08:00', 'in', 'texted'],
      ['s4', '2026-11-23T07:31:20+08:00', 'in', 'debounced'],
      ['s4', '2026-11-23T17:02:00+08:00', 'out', 'late'],
      ['s1', '2026-11-23T07:00:00+08:00', 'in', 'texted'],
      // By a clock eight hours ahead: of yesterday, and of today.
      ['s5', '2026-11-23T07:40:00+08:00', 'in', 'ahead', '2026-11-22T23:40:00+08:00'],
      ['s5', '2026-11-24T01:02:00+08:00', 'out', 'ahead', '2026-11-23T17:02:00+08:00'],
      ['s5', '2026-11-23T07:41:00+08:00', 'in', 'texted'],
    ];
    for (const [seq, [student, at, dir, outcome, recordedAt = at]] of swipes.entries())
      await rig.pool.query(
        `insert into attendance (tenant, school_id, student_id, device_id, boot, seq, dir, at, outcome, recorded_at, workflow_id)
        values ('gansu', 'k1', $1, 'd', 'b', $2, $3, $4, $5, $6, 'w')`,
        [student, seq, dir, at, outcome, recordedAt],
      );
    const homework = async (audience: object, text: string, state: string, kind = 'homework') => {
      const id = await addMessage(rig.pool, { audience, text, kind });
      await rig.pool.query('update message set state = $2 where id = $1', [id, state]);
    };
    await homework({ classIds: ['c1'] }, '旧作业', 'sent');
    await homework({ classIds: ['c1'] }, '第三课生字', 'sending');
    await homework({ classIds: ['c1'] }, '以后的', 'waiting');
    await homework({ classIds: ['c1'] }, '通知', 'sent', 'school-notice');
    await homework({ studentIds: ['s5'] }, '口算'.repeat(200), 'sent');
    const { texts } = await receive(guardianPhone(3), 'CX', { at: CX_AT });
    const [first, second] = texts[0]!.body.split('\n');
    expect(first).toBe(
      '【校讯通】刘大\uff1a今日00:00到校、07:31到校、17:02离校\uff1b最近作业\uff1a“第三课生字”\uff1b最近成绩\uff1a暂无。',
    );
    expect(second).toBe(
      `刘小\uff1a今日07:41到校、离校\uff08读卡器时钟有误\uff0c时间不明\uff09\uff1b最近作业\uff1a“${'口算'.repeat(99)}口…”\uff1b最近成绩\uff1a暂无。`,
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
    const { routeTexts } = rig.activities;
    const ids = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const { rows } = await rig.pool.query<{ id: number }>(
          `insert into mo (tenant, hash, phone, destination, body)
          values ('gansu', gen_random_uuid()::text, '13811112222', $1, 'x') returning id`,
          [SHORT_CODE],
        );
        return rows[0]!.id;
      }),
    );
    // One serves the phone; whoever finds it busy holds nothing, and comes again.
    const served = await Promise.allSettled(ids.flatMap((moId) => [routeTexts({ moId }), routeTexts({ moId })]));
    const refused = served.filter((each) => each.status === 'rejected').map(({ reason }) => reason as unknown);
    for (const each of refused) expect(each).toMatchObject({ type: 'PhoneBusy', nonRetryable: false });
    await routeTexts({ moId: ids[0]! });
    expect(await count('mo_outcome')).toBe(8);
    expect(await count('sms')).toBe(3);
  });
});
