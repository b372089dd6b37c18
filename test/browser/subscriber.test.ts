import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../support/browser.ts';
import { demo, loneStudent } from '../support/demo.ts';

describe('the page of customer service', () => {
  const phone = loneStudent(7).guardians[0]!;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => {
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 390, height: 800 } });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterAll(() => browser?.close());

  async function lookUp(asked: string): Promise<void> {
    await page.fill('input[name=phone]', asked);
    await page.getByRole('button', { name: '查询' }).click();
  }

  it('shows what a parent has subscribed and what happens next', async () => {
    await page.goto(`${demo().api}/#subscriber`);
    const { login, password } = demo().customerService;
    await page.fill('input[name=login]', login);
    await page.fill('input[name=password]', password);
    await page.getByRole('button', { name: '登录' }).click();

    await lookUp(phone);
    await page.getByText('家校互动 每月8元').first().waitFor();
    await page.getByText('已订制').waitFor();
    // A family of the demo pays every month: the next fee is the first of the next one.
    await page.getByText(/如不退订，.*计收“家校互动”信息费8元/).waitFor();
    const pack = page.getByRole('link', { name: '下载投诉材料' });
    expect(await pack.getAttribute('href')).toBe(
      `/api/v1/subscribers/${phone}/complaint-pack?format=html&reason=caller`,
    );
    // Addresses are kept in histories and logs.
    expect(page.url()).not.toContain(phone);
    expect(complaints).toEqual([]);
  });

  it('asks before it cancels, and cancels nothing when told to go back', async () => {
    await page.getByRole('button', { name: '退订 Cancel' }).click();
    await page.getByText('立即停止？').waitFor();
    await page.getByRole('button', { name: '返回' }).click();
    await lookUp(phone);
    await page.getByText('已订制').waitFor();
  });

  it('says in the API’s words that a phone is not known', async () => {
    await lookUp('13999999999');
    await page.getByRole('alert').getByText('手机号：没有登记').waitFor();
    expect(await page.getByText('已订制').count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
