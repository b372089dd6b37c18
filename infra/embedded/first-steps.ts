import type { DemoFile } from './demo/demo-file.ts';

/**
 * What somebody new tries first, with addresses: a phone, a swipe, a message of the class's teacher. Empty without a
 * demo. The phone is made up, and may be printed.
 * @param texted a phone the morning texted; null: nobody was
 */
export function firstSteps({ api, handsets, students, teachers }: DemoFile, texted: string | null): string {
  const student = students.find(({ guardians }) => texted === null || guardians.includes(texted));
  const teacher = teachers.find(({ classId }) => classId === student?.classId);
  if (!handsets || !student || !teacher) return '';
  const phone = texted ?? student.guardians[0];
  const [inbox, text] =
    texted === null
      ? ['还没有短信', 'no text yet']
      : ['今早的刷卡短信已到', 'has a text of this morning: answer it, or send JX'];
  return [
    '先试试 Try first',
    `  1  ${handsets}/?phone=${phone}`,
    `     ${student.name}的家长，${inbox} · the phone of a parent, ${text}`,
    `  2  同一页的虚拟读卡器：给${student.name}刷卡离校，短信随即到达 · at the reader on that page, swipe the child's card`,
    `  3  ${api}  ${teacher.login} / ${teacher.password}`,
    '     以班主任登录，给班级发一条消息 · sign in as the teacher and send the class a message',
    '\n',
  ].join('\n');
}
