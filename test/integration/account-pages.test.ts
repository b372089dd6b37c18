import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildWeb } from '../../api/web/build.ts';
import { insertRoster, PASSWORD, startApi, type TestApi } from '../support/api.ts';
import { openBrowser } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('the pages about accounts', () => {
  let db: TestDatabase;
  let api: TestApi;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  beforeAll(async () => {
    db = await createTestDatabase();
    await insertRoster(db.pool);
    await db.pool.query(
      `insert into account (id, login, tenants, role, password_hash)
      select 'boss', 'boss', '{gansu,shanxi}', 'carrier-admin', password_hash from account where id = 'cs'`,
    );
    api = await startApi({ pool: db.pool, pages: await buildWeb() });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await api?.close();
    await db?.drop();
  });
  beforeEach(async () => {
    complaints = [];
    page = await (await browser.newContext({ viewport: { width: 1000, height: 800 } })).newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterEach(async () => {
    await page.context().close();
    expect(complaints).toEqual([]);
  });

  async function open(login: string, hash: string): Promise<void> {
    await page.goto(`${api.url}/${hash}`);
    await page.fill('input[name=login]', login);
    await page.fill('input[name=password]', PASSWORD);
    await page.getByRole('button', { name: '登录' }).click();
  }

  it('let 10086 say why with the tap that looks a phone up, and the carrier’s admin read it', async () => {
    await open('cs', '#trace');
    await page.fill('input[name=phone]', '13900000001');
    await page.getByRole('button', { name: '未收到短信' }).click();
    await page.getByText('13900000001 0 条记录').waitFor();
    const { rows } = await db.pool.query('select account_id, subject_id, reason from audit');
    expect(rows).toEqual([{ account_id: 'cs', subject_id: 'gu1', reason: 'not-received' }]);

    await page.context().clearCookies();
    await page.goto('about:blank');
    await open('boss', '#audit');
    await page.getByRole('row', { name: /cs 客服 .*家长 .*gu1 .*未收到短信/ }).waitFor();
    await page.getByText('一天内异常多的查询').waitFor();
  });

  it('close an account, and end everything of one’s own', async () => {
    await open('boss', '#accounts');
    await page.fill('input[name=search]', 'agent');
    await page.getByRole('button', { name: '查找' }).click();
    const row = page.getByRole('row', { name: /agent 代理商/ });
    await row.getByRole('button', { name: '令牌' }).click();
    await page.getByText('程序令牌：agent').waitFor();
    await row.getByLabel('注销原因').fill('离职');
    await row.getByRole('button', { name: '注销' }).click();
    await row.getByRole('button', { name: '确定注销' }).click();
    await row.getByText('已注销').waitFor();

    await page.getByRole('link', { name: '我的账号' }).click();
    await page.getByText('本机').waitFor();
    await page.getByRole('button', { name: '全部退出登录' }).click();
    await page.getByRole('button', { name: '确定全部退出登录' }).click();
    await page.locator('input[name=login]').waitFor();
    expect((await db.pool.query(`select from session where account_id = 'boss'`)).rowCount).toBe(0);
  });

  it('change a password', async () => {
    await open('teacher3', '#me');
    await page.fill('input[name=current]', PASSWORD);
    await page.locator('input[name=password]').fill('a better horse');
    await page.getByRole('button', { name: '修改密码' }).click();
    await page.getByText('密码已修改').waitFor();
  });
});
