import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildWeb } from '../../api/web/build.ts';
import { suppressSms } from '../../infra/postgres/outbox.ts';
import { insertRoster, PASSWORD, startApi, type TestApi } from '../support/api.ts';
import { openBrowser } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { localTemporal } from '../support/temporal.ts';

describe('the pages', () => {
  let db: TestDatabase;
  let api: TestApi;
  let environment: TestWorkflowEnvironment;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  beforeAll(async () => {
    db = await createTestDatabase();
    await insertRoster(db.pool);
    await suppressSms(db.pool, [
      {
        origin: 'o',
        tenant: 'gansu',
        workflowId: 'swipe/r1/b/1',
        kind: 'safety',
        phone: '13900000001',
        reason: 'not subscribed',
      },
    ]);
    environment = await localTemporal();
    api = await startApi({ pool: db.pool, temporal: environment.client, pages: await buildWeb() });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await api?.close();
    await environment?.teardown();
    await db?.drop();
  });
  beforeEach(async () => {
    complaints = [];
    page = await (await browser.newContext({ viewport: { width: 390, height: 800 } })).newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // A browser reports every 401 as an error; asking who is signed in is how the page finds out that nobody is.
      if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text());
    });
    await page.goto(api.url);
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
  });

  async function signIn(login: string, password = PASSWORD): Promise<void> {
    await page.fill('input[name=login]', login);
    await page.fill('input[name=password]', password);
    await page.click('form button');
  }

  it('say when the password is wrong', async () => {
    await signIn('teacher', 'guess');
    await page.getByRole('alert').getByText('账号或密码不正确').waitFor();
  });

  it('let a teacher write to her class with the segments counted, and watch the message', async () => {
    await signIn('teacher');
    await page.getByLabel('一班').waitFor();
    expect(await page.getByLabel('一班').isChecked()).toBe(true);
    const size = page.locator('#text-size');
    // With 【一小】一班李老师： before it, 70 units.
    await page.fill('textarea', '字'.repeat(60));
    expect(await size.textContent()).toMatch(/60\/1000 .* 1 条短信/);
    await page.fill('textarea', '字'.repeat(61));
    expect(await size.textContent()).toMatch(/ 2 条短信/);
    await page.getByRole('button', { name: '1 个班 1 名学生' }).click();
    await page.getByText('已登记').waitFor();
    expect(await page.inputValue('textarea')).toBe('');
    const { rows } = await db.pool.query<{ kind: string }>('select kind, text from message');
    expect(rows).toEqual([{ kind: 'homework', text: '字'.repeat(61) }]);
    await page.getByRole('button', { name: '取消尚未发送的' }).waitFor();
  });

  it('show customer service why a phone got no text, with a link to the workflow', async () => {
    await signIn('cs');
    await page.fill('input[name=phone]', '13900000001');
    await page.click('form button');
    await page.getByText('未订制。not subscribed.').waitFor();
    const link = page.getByRole('link', { name: 'swipe/r1/b/1' });
    expect(await link.getAttribute('href')).toContain('/namespaces/default/workflows/swipe%2Fr1%2Fb%2F1');
    // Not the port, which may well have these digits.
    expect(page.url().replace(api.url, '')).not.toContain('139');
  });

  it('show a school which mornings its gate was silent, and when that was made up for', async () => {
    await db.pool.query(`
      insert into reader_alarm (device_id, date, window_from, window_until, cleared_at, reason) values
        ('r1', '2026-11-23', '2026-11-23T06:30+08', '2026-11-23T08:30+08', '2026-11-23T11:00+08', 'no-swipe'),
        ('r1', '2026-11-24', '2026-11-24T06:30+08', '2026-11-24T08:30+08', null, 'unheard')`);
    await signIn('teacher');
    await page.click('a[href="#gate"]');
    await page.getByRole('row', { name: /2026-11-24 r1 上学时段没有任何上报 .*未解除/ }).waitFor();
    const cleared = page.getByRole('row', { name: /2026-11-23 r1 上学时段没有有效刷卡/ });
    expect(await cleared.textContent()).not.toContain('未解除');
  });

  it('show anybody whether it works, and staff how the parts are', async () => {
    await page.click('a[href="#status"]');
    await page.getByText('可以使用').waitFor();
    expect(await page.getByRole('row').count()).toBe(0);
    await page.goto(api.url);
    await signIn('cs');
    await page.click('a[href="#status"]');
    await page.getByRole('row', { name: /postgres.*正常/ }).waitFor();
    await page.getByRole('row', { name: /temporal.*正常/ }).waitFor();
  });
});
