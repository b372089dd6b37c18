import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../support/browser.ts';
import { Caller } from '../support/caller.ts';
import { demo, loneStudent } from '../support/demo.ts';
import { civilNow } from '../support/gate.ts';
import { Handset } from '../support/handset.ts';
import { until } from '../support/poll.ts';

describe('the virtual reader of the handsets page', () => {
  const student = loneStudent(8);
  const [phone] = student.guardians as [string];
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.newPage();
  });
  afterAll(() => browser.close());

  const status = () => page.locator('#gate-status');

  it('is set to the child whose parent is open, and a swipe reaches that phone', async () => {
    await page.goto(`${demo().handsets}/?phone=${phone}`);
    await page.getByRole('form', { name: /虚拟读卡器/ }).waitFor();
    await until('the child is chosen', async () => {
      const chosen = await page.locator('#gate-student option:checked').textContent();
      return chosen === student.name;
    });
    await page.getByRole('button', { name: /刷卡进校/ }).click();
    await status().getByText('平台已确认').waitFor();
    await page
      .locator('#thread')
      .getByText(new RegExp(`您的孩子${student.name}已于.*到校`))
      .waitFor();
  });

  it('one that comes late is told with its own time', async () => {
    const halfAnHourAgo = () => civilNow(-30 * 60_000).slice(11, 16);
    const times = [halfAnHourAgo()];
    await page.getByLabel(/刷卡时间/).selectOption('30');
    await page.getByRole('button', { name: /刷卡离校/ }).click();
    const { text } = await new Handset(phone).receives(/离校/);
    times.push(halfAnHourAgo());
    expect(text).toMatch(new RegExp(`(${times.join('|')})离校`));
    await page.locator('#thread').getByText(text).waitFor();
  });

  it('a forged one texts nobody, and is in the quarantine', async () => {
    const teacher = await Caller.teacherOf(student.classId);
    const forged = async () => {
      const { records } = await teacher.read<{ records: { boot: string; reason: string; deviceId: string }[] }>(
        '/api/v1/readers/quarantine?limit=500',
      );
      const boot = /forged-[0-9a-f]+/.exec((await status().textContent())!)?.[0];
      return records.find((record) => record.boot === boot);
    };
    const before = (await new Handset(phone).received()).length;
    await page.getByLabel(/刷卡时间/).selectOption('0');
    await page.getByLabel(/签名/).selectOption('forged');
    await page.getByRole('button', { name: /刷卡离校/ }).click();
    await status().getByText('平台不确认伪造的记录').waitFor();
    expect(await until('it is quarantined', forged)).toMatchObject({ reason: 'bad-signature' });
    expect(await new Handset(phone).received()).toHaveLength(before);
  });
});
