import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { demo, loneStudent } from '../support/demo.ts';
import { Handset } from '../support/handset.ts';

describe('the handsets page', () => {
  const student = loneStudent(5);
  const phone = student.guardians[0]!;
  const teacherPhone = demo().teachers.find(({ classId }) => classId === student.classId)!.phone;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
  });
  afterAll(() => browser.close());

  it('shows a long text joined as it arrives, and a hostile one as text', async () => {
    await page.goto(demo().handsets);
    await page.getByLabel(/号码或姓名/).fill(phone);
    await page.getByRole('link', { name: new RegExp(phone) }).click();

    const long = `<img src=x onerror=alert(1)>${'请家长认真阅读本通知。'.repeat(20)}`;
    const teacher = await Caller.teacherOf(student.classId);
    await teacher.post('/api/v1/messages', {
      kind: 'homework',
      audience: { studentIds: [student.id] },
      text: long,
    });
    await page.getByText(long).waitFor();
  });

  it("sends the parent's answer to where the text came from, and the teacher has it", async () => {
    await page.locator('#text').fill('好的,已经读过');
    await page.getByRole('button', { name: /发送/ }).click();
    await page.locator('#thread').getByText('好的,已经读过').waitFor();
    await new Handset(teacherPhone).receives(/好的,已经读过/);
    expect(complaints).toEqual([]);
  });
});
