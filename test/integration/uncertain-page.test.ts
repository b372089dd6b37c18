import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildWeb } from '../../api/web/build.ts';
import { insertRoster, PASSWORD, startApi, type TestApi } from '../support/api.ts';
import { openBrowser } from '../support/browser.ts';
import { aText, states } from '../support/carrier-link.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';
import { loseTexts } from '../support/uncertain.ts';

const MESSAGE = '11111111-1111-4111-8111-111111111111';

describe('the page of uncertain texts', () => {
  let db: TestDatabase;
  let api: TestApi;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => {
    db = await createTestDatabase();
    await insertRoster(db.pool);
    await db.pool.query(
      `insert into message (id, tenant, school_id, account_id, teacher_id, request_key, kind, audience, text)
      values ($1, 'gansu', 'g1', 'teacher', 'tg1', 'k', 'homework', '{"classIds":["g1c1"]}', 'x')`,
      [MESSAGE],
    );
    api = await startApi({ pool: db.pool, pages: await buildWeb() });
    browser = await openBrowser();
    page = await (await browser.newContext({ viewport: { width: 390, height: 800 } })).newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(api.url);
  });
  afterAll(async () => {
    await browser?.close();
    await api?.close();
    await db?.drop();
    expect(complaints).toEqual([]);
  });

  it('lets ops decide about one, then about all of a message', async () => {
    const [old] = await loseTexts(db.pool, [aText({ phone: '13900000001', expiresAt: new Date(Date.now() - 1) })]);
    const ids = await loseTexts(
      db.pool,
      Array.from({ length: 3 }, () => aText({ messageId: MESSAGE })),
    );
    await page.fill('input[name=login]', 'ops');
    await page.fill('input[name=password]', PASSWORD);
    await page.click('form button');
    await page.click('a[href="#uncertain"]');
    await page.getByText('共 4 条').waitFor();
    expect(await page.content()).not.toContain('13900000001');

    // What has expired can't be sent again, and is not offered to be.
    await page
      .getByRole('row', { name: /139\*\*\*\*0001/ })
      .getByRole('button')
      .click();
    expect(await page.locator('select[name=as] option').allTextContents()).toHaveLength(2);
    await page.selectOption('select[name=as]', 'given-up');
    await page.fill('input[name=note]', '问过运营商');
    await page.getByRole('button', { name: '处理这一条' }).click();
    await page.getByText('已处理 1 条，可能重复 0 条').waitFor();
    await page.getByText('共 3 条').waitFor();
    expect(await states(db.pool, [old!])).toEqual(['FAILED']);

    await page.getByRole('button', { name: '处理 Decide' }).first().click();
    await page.fill('input[name=note]', '运营商没有收到');
    await page.getByLabel('该消息全部待核实的').check();
    await page.getByRole('button', { name: '全部处理' }).click();
    await page.getByText('已处理 3 条，可能重复 3 条').waitFor();
    await page.getByText('共 0 条').waitFor();
    expect(await states(db.pool, ids)).toEqual(['QUEUED', 'QUEUED', 'QUEUED']);
    const { rows } = await db.pool.query('select distinct account_id, note from sms_decision order by note');
    expect(rows).toHaveLength(2);
  });

  it('tells when somebody or a receipt was quicker', async () => {
    // What is to be sent again waits for a link, and is not lost a second time here.
    await db.pool.query('delete from sms_queue');
    const [id] = await loseTexts(db.pool, [aText({ phone: '13900000077' })]);
    await page
      .getByRole('row', { name: /139\*\*\*\*0077/ })
      .getByRole('button')
      .click();
    await page.fill('input[name=note]', 'x');
    await db.pool.query(`update sms_part set state = 'ACCEPTED', smsc_id = 'r' where sms_id = $1`, [id]);
    await page.getByRole('button', { name: '处理这一条' }).click();
    await page.getByRole('alert').getByText('已经核实').waitFor();
    await until('off the list', async () => (await page.getByText('共 0 条').count()) === 1);
  });
});
