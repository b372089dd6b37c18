import { describe, expect, it } from 'vitest';
import { inboundRig, MINUTE, now, SHORT_CODE } from '../support/inbound.ts';
import { guardianPhone, teacherPhone } from '../support/school.ts';

const rig = inboundRig();
const { receive, count } = rig;

describe('the homeroom mailbox', () => {
  it('goes to the teacher, who can answer, and is confirmed', async () => {
    const { moId, outcome, texts } = await receive(guardianPhone(4), 'bzr 孩子病了');
    expect(outcome).toEqual({ route: 'mailbox', answered: true, reason: 'forwarded to the homeroom teacher' });
    expect(texts).toMatchObject([
      { origin: `mo/${moId}/forward`, phone: teacherPhone(2), body: '【班主任信箱】五年级2班孙六家长\uff1a“孩子病了”' },
      { origin: `mo/${moId}/answer`, phone: guardianPhone(4), source: SHORT_CODE, kind: 'answer' },
    ]);
    expect((await rig.pool.query('select class_id, teacher_id, student_id, body from homeroom_mailbox')).rows).toEqual([
      { class_id: 'c2', teacher_id: 't2', student_id: 's6', body: '孩子病了' },
    ]);
    // Not subscribed, but asked: may be answered.
    const back = await receive(teacherPhone(2), '好好休息', { to: texts[0]!.source });
    expect(back.texts).toMatchObject([{ phone: guardianPhone(4), source: texts[0]!.source }]);
  });

  it('of siblings with one homeroom teacher asks nothing and names them all', async () => {
    const { texts } = await receive(guardianPhone(2), 'BZR你好');
    expect(texts.map(({ phone }) => phone)).toEqual([teacherPhone(1), guardianPhone(2)]);
    expect(texts[0]!.body).toBe('【班主任信箱】三年级1班陈一、三年级1班陈二家长：“你好”');
    for (const name of ['陈一', '陈二']) expect(texts[1]!.body).toContain(name);
  });

  it('says how to stop where the words may be one, and goes to the teacher', async () => {
    const { texts } = await receive(guardianPhone(1), 'BZR我要退订');
    expect(texts.map(({ phone }) => phone)).toEqual([teacherPhone(1), guardianPhone(1)]);
    expect(texts[1]!.body).toContain('要退订请回复TD');
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
      { phone: teacherPhone(2), body: '【班主任信箱】五年级2班刘小家长\uff1a“明天请假”' },
      { phone: guardianPhone(3) },
    ]);
    expect((await rig.pool.query('select mo_id, student_id from homeroom_mailbox')).rows).toEqual([
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
    expect(texts[0]).toMatchObject({ phone: teacherPhone(1), body: '【班主任信箱】三年级1班刘大家长\uff1a“第二”' });
  });

  it('a stop word is never swallowed by a question', async () => {
    await receive(guardianPhone(3), 'BZR明天请假');
    expect((await receive(guardianPhone(3), 'TD')).outcome?.route).toBe('cancel-all');
  });

  it.each([
    [1, 'BZR', 'there was no text'],
    [1, '\u3000', 'there was no text'],
    [1, '\u202e\u200b', 'there was no text'],
    [1, 'BZR\u202e\u200b', 'there was no text'],
    [5, 'BZR你好', 'no child is registered with the phone'],
  ])('guardian %i: %j gets help (%s)', async (guardian, body, reason) => {
    expect((await receive(guardianPhone(guardian), body)).outcome).toEqual({ route: 'help', answered: true, reason });
  });
});
