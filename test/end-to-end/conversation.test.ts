import { describe, expect, it } from 'vitest';
import { demo, loneStudent } from '../support/demo.ts';
import { Caller } from '../support/caller.ts';
import { Handset } from '../support/handset.ts';
import { until } from '../support/poll.ts';

interface Progress {
  id: string;
  state: string;
  counts: Record<'queued' | 'submitted' | 'accepted' | 'delivered' | 'failed' | 'suppressed', number>;
}

describe('a teacher and a parent', () => {
  const student = loneStudent(3);
  const parent = new Handset(student.guardians[0]!);
  const teacherPhone = demo().teachers.find(({ classId }) => classId === student.classId)!.phone;
  const teacherHandset = new Handset(teacherPhone);

  it('a class message reaches every guardian of the class, with progress', async () => {
    const teacher = await Caller.teacherOf(student.classId);
    const text = `请带跳绳,明天体育课用。${'很长的通知'.repeat(20)}`;
    const sent = await teacher.post('/api/v1/messages', {
      kind: 'homework',
      audience: { classIds: [student.classId] },
      text,
    });
    expect(sent.status).toBe(202);
    const { id } = (await sent.json()) as { id: string };

    const { shortCode } = demo().carrier;
    const received = await parent.receives(/请带跳绳/);
    expect(received.text).toMatch(/^【.+】.+老师/);
    expect(received.text.endsWith(`：${text}`)).toBe(true);
    expect(received.from).toMatch(new RegExp(`^${shortCode}\\d+$`));

    const guardians = new Set(
      demo()
        .students.filter(({ classId }) => classId === student.classId)
        .flatMap((each) => each.guardians),
    );
    const done = await until('all delivered', async () => {
      const progress = await teacher.read<Progress>(`/api/v1/messages/${id}`);
      return progress.counts.delivered === guardians.size && progress;
    });
    expect(done.id).toBe(id);
  });

  it("a parent's answer reaches the teacher's phone, and the teacher's answer the parent", async () => {
    const message = await parent.receives(/请带跳绳/);
    await parent.send('收到,谢谢老师', message.from);
    const forwarded = await teacherHandset.receives(/收到,谢谢老师/);
    await teacherHandset.send('不客气,明天见', forwarded.from);
    await parent.receives(/不客气,明天见/);
  });

  it('BZR goes to the homeroom teacher and is confirmed once', async () => {
    const before = (await parent.received()).length;
    await parent.send('BZR老师您好,我小孩近来学习情况如何');
    await teacherHandset.receives(/近来学习情况如何/);
    await until('one answer', async () => (await parent.received()).length === before + 1);
  });

  it('an unknown phone gets the help text', async () => {
    const stranger = new Handset('13899990001');
    await stranger.send('你好');
    const help = await stranger.receives(/JX/);
    expect(help.from).toBe(demo().carrier.shortCode);
  });

  it.each([
    ['no session', () => Caller.nobody(), 401],
    [
      "another school's class",
      () => Caller.teacherOf(demo().students.find(({ tenant }) => tenant === 'shanxi')!.classId),
      404,
    ],
  ])('%s may not send', async (_who, caller, status) => {
    const response = await (
      await caller()
    ).post('/api/v1/messages', {
      kind: 'homework',
      audience: { classIds: [student.classId] },
      text: 'x',
    });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
  });
});
