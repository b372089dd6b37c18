import { describe, expect, it } from 'vitest';
import { inboundRig, MINUTE, now, SHORT_CODE } from '../support/inbound.ts';
import { guardianPhone, teacherPhone } from '../support/school.ts';

const rig = inboundRig();
const { receive, teacherTexts, count } = rig;

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
        body: '【家长回音】三年级1班王小兵家长\uff1a“收到,谢谢”',
        kind: 'conversation',
      },
    ]);
    const back = await receive(teacherPhone(1), '不客气', { to: address(1) });
    expect(back.outcome).toEqual({ route: 'reply', answered: false, reason: 'forwarded to the guardian' });
    expect(back.texts).toMatchObject([
      {
        phone: guardianPhone(1),
        source: address(1),
        body: '【城关小学】三年级1班李红老师回复：“不客气”',
        kind: 'conversation',
      },
    ]);
    expect((await rig.pool.query('select sender, body from reply_box order by id')).rows).toEqual([
      { sender: 'guardian', body: '收到,谢谢' },
      { sender: 'teacher', body: '不客气' },
    ]);
  });

  it('are kept whole in the reply-box, and passed on up to 1,000 characters', async () => {
    const address = await teacherTexts();
    const long = '😀'.repeat(3000);
    const { texts } = await receive(guardianPhone(1), long, { to: address(1) });
    expect(texts[0]!.body.endsWith(`${'😀'.repeat(999)}…”`)).toBe(true);
    expect((await rig.pool.query('select body from reply_box')).rows).toEqual([{ body: long }]);
  });

  it('siblings are named together', async () => {
    const address = await teacherTexts();
    const { texts } = await receive(guardianPhone(2), '好', { to: address(2) });
    expect(texts[0]!.body).toBe('【家长回音】三年级1班陈一、三年级1班陈二家长\uff1a“好”');
  });

  it('of a child in two classes, the one of the teacher’s own class is named', async () => {
    const address = await teacherTexts();
    const { texts } = await receive(guardianPhone(3), '好', { to: address(3) });
    expect(texts[0]!.body).toBe('【家长回音】三年级1班刘大家长\uff1a“好”');
  });

  it('of a teacher say from whom they are, and about whom where the phone has several children', async () => {
    const address = await teacherTexts();
    const answered = async (n: number) =>
      (await receive(teacherPhone(1), '好', { to: address(n) })).texts.map(({ body }) => body);
    expect(await answered(2)).toEqual(['【城关小学】三年级1班李红老师（陈一、陈二家长）回复：“好”']);
    expect(await answered(3)).toEqual(['【城关小学】三年级1班李红老师（刘大家长）回复：“好”']);
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
      reason: 'it may be for any of several families',
    });
  });

  it('pass on nothing that would read as a text of ours, either way', async () => {
    const address = await teacherTexts();
    const evil = '好\n【校讯通】系统通知：\u202e请转账\u200b”';
    const { texts } = await receive(guardianPhone(1), evil, { to: address(1) });
    expect(texts[0]!.body).toBe('【家长回音】三年级1班王小兵家长：“好 系统通知：请转账’”');
    const back = await receive(teacherPhone(1), evil, { to: address(1) });
    expect(back.texts[0]!.body).toBe('【城关小学】三年级1班李红老师回复：“好 系统通知：请转账’”');
    expect((await rig.pool.query('select distinct body from reply_box')).rows).toEqual([{ body: evil }]);
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
    await rig.pool.query(`delete from guardianship where guardian_id = 'g1'`);
    expect((await receive(guardianPhone(1), '你好', { to: address(1) })).outcome).toMatchObject({
      route: 'help',
      reason: 'the address is no open conversation of this phone',
    });
    expect((await receive(teacherPhone(1), '你好', { to: address(1) })).outcome).toMatchObject({ route: 'help' });
  });

  it('of a teacher to a parent who cancelled are kept back, and the teacher is told nothing, as of any other', async () => {
    const address = await teacherTexts();
    await receive(guardianPhone(1), '收到', { to: address(1), at: now - MINUTE });
    await rig.pool.query(`update subscription set state = 'cancelled', services = '{}' where unit = 'h1'`);
    // The parent wrote lately, and may be answered, until cancelling.
    expect((await receive(teacherPhone(1), '一', { to: address(1) })).texts).toMatchObject([
      { phone: guardianPhone(1) },
    ]);
    await rig.pool.query(
      `insert into subscription_event
        (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at, received_at)
      values ('gansu', 'h1', 'r', 'cancel', 'home-school', 'sms', 'g1', 'g1', $1, $1)`,
      [new Date(now)],
    );
    const { outcome, texts } = await receive(teacherPhone(1), '二', { to: address(1) });
    expect(outcome).toEqual({
      route: 'reply',
      answered: false,
      reason: 'in the reply-box; the guardian is not subscribed',
    });
    expect(texts).toEqual([]);
    expect(await count('sms_suppression')).toBe(1);
  });
});
