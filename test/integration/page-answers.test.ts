import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildWeb } from '../../api/web/build.ts';
import { insertRoster, PASSWORD, startApi, type TestApi } from '../support/api.ts';
import { openBrowser } from '../support/browser.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const FIRST = '13900000001';
const SECOND = '13900000002';
/** Fees of the first phone's household. */
const FEES = 30;

let db: TestDatabase;
let api: TestApi;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  db = await createTestDatabase();
  await insertRoster(db.pool);
  await db.pool.query(`
    insert into account (id, login, tenants, role, password_hash)
    select 'carrier', 'carrier', '{gansu}', 'carrier-admin', password_hash from account where id = 'teacher';
    insert into subscription_event (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at, received_at)
    values ('gansu', 'h1', 'order', 'order', 'home-school', 'sms', 'gu1', 'gu1', '2023-12-25', '2023-12-25');
    insert into charge (tenant, unit, month, kind, payer_guardian_id, package, fen, rule, profile_version, decided_at,
      reason, inputs, workflow_id, consent_event_id)
    select 'gansu', 'h1', month, 'fee', 'gu1', 'home-school', 800, 'R4', 'gansu-2019-07', month, 'monthly',
      '{"events": []}', 'billing/gansu', (select id from subscription_event)
    from generate_series('2024-01-01'::timestamp, '2024-01-01'::timestamp + interval '${FEES - 1} months', '1 month') month`);
  api = await startApi({ pool: db.pool, pages: await buildWeb() });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await api?.close();
  await db?.drop();
});
beforeEach(async () => {
  page = await (await browser.newContext()).newPage();
});
afterEach(() => page.context().close());

async function signIn(login: string): Promise<void> {
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', PASSWORD);
  await page.click('form button');
}

async function open(login: string, hash: string): Promise<void> {
  await page.goto(`${api.url}/${hash}`);
  await signIn(login);
}

async function lookUp(phone: string): Promise<void> {
  await page.fill('input[name=phone]', phone);
  await page.getByRole('button', { name: '查询' }).click();
}

/**
 * Keeps back the answer of the next request like this.
 * @returns `asked`, once the request is made, and what lets the answer go: resolves when the page has had it, or no
 *   longer wanted it, and has been drawn since
 */
async function hold(isIt: (url: URL, method: string) => boolean, answer?: object) {
  const { promise: free, resolve: letGo } = Promise.withResolvers<void>();
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
  const { promise: over, resolve: isOver } = Promise.withResolvers<void>();
  let taken = false;
  const handler = async (route: Route) => {
    const request = route.request();
    if (taken || !isIt(new URL(request.url()), request.method())) return route.fallback();
    taken = true;
    for (const end of ['requestfinished', 'requestfailed'] as const)
      page.on(end as 'requestfinished', (ended) => ended === request && isOver());
    // What it is answered is decided when it is asked.
    const response = answer ? { json: answer } : { response: await route.fetch() };
    isAsked();
    await free;
    await route.fulfill(response).catch(() => undefined);
  };
  await page.route('**/api/**', handler);
  const release = async () => {
    letGo();
    await over;
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  };
  return { asked, release };
}

const has = (text: string) => (url: URL) => url.href.includes(text);

describe('an answer that comes late', () => {
  it('of a phone’s trace is not shown under another phone', async () => {
    await open('cs', '#trace');
    const event = (reason: string) => ({ at: '2026-11-01T00:00:00Z', kind: 'mo', outcome: 'help', reason, ids: {} });
    await page.route(`**/api/v1/trace?phone=${SECOND}*`, (route) => route.fulfill({ json: { events: [event('乙')] } }));
    const first = await hold(has(`trace?phone=${FIRST}`), { events: [event('甲')] });
    await lookUp(FIRST);
    await first.asked;
    await lookUp(SECOND);
    await page.getByText('乙').waitFor();
    await first.release();
    expect(await page.locator('main').textContent()).toContain('乙');
    expect(await page.locator('main').textContent()).not.toContain('甲');
  });

  it('is not waited for with what another phone had', async () => {
    await open('cs', '#trace');
    await page.route(`**/api/v1/trace?phone=${FIRST}*`, (route) =>
      route.fulfill({ json: { events: [], next: 'more' } }),
    );
    await lookUp(FIRST);
    await page.getByRole('heading', { name: FIRST }).waitFor();
    const second = await hold(has(`trace?phone=${SECOND}`), { events: [] });
    await lookUp(SECOND);
    await second.asked;
    expect(await page.getByRole('heading', { name: FIRST }).count()).toBe(0);
    await second.release();
    await page.getByRole('heading', { name: SECOND }).waitFor();
  });

  it('of what a phone has subscribed is not shown under another phone', async () => {
    await open('cs', '#subscriber');
    const first = await hold(has(`subscribers/${FIRST}`));
    await lookUp(FIRST);
    await first.asked;
    await lookUp(SECOND);
    await page.getByRole('heading', { name: SECOND }).waitFor();
    await first.release();
    expect(await page.getByRole('heading', { name: SECOND }).count()).toBe(1);
    expect(await page.locator('main').textContent()).not.toContain(FIRST);
  });

  it('of an order does not bring its phone back', async () => {
    await open('cs', '#subscriber');
    await lookUp(FIRST);
    await page.getByRole('heading', { name: FIRST }).waitFor();
    const order = await hold((url, method) => method === 'POST' && url.pathname.endsWith('/orders'));
    await page.getByRole('button', { name: '代为订制' }).click();
    await order.asked;
    await lookUp(SECOND);
    await page.getByRole('heading', { name: SECOND }).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await order.release();
    expect(asked).toEqual([]);
    expect(await page.getByRole('heading', { name: SECOND }).count()).toBe(1);
    expect(await page.locator('main').textContent()).not.toContain(FIRST);
    expect(await page.getByRole('status').allTextContents()).toEqual(['']);
  });

  it('of one month on paper is not shown under another', async () => {
    await open('carrier', '#billing');
    const paper = (families: number) => ({ families, fees: 0, freeLines: 0, reversals: 0, fen: 0, lines: [] });
    const first = await hold(has('/billing/preview'), paper(111));
    await page.fill('input[name=month]', '2026-01');
    await page.getByRole('button', { name: '预览' }).click();
    await first.asked;
    await page.route('**/billing/preview', (route) => route.fulfill({ json: paper(222) }));
    await page.fill('input[name=month]', '2026-02');
    await page.getByRole('button', { name: '预览' }).click();
    await page.getByText('222').waitFor();
    await first.release();
    expect(await page.locator('main').textContent()).not.toContain('111');
  });

  it('of who is signed in does not make it somebody else’s page', async () => {
    await page.goto(`${api.url}/#trace`);
    await page.locator('input[name=login]').waitFor();
    const parent = await hold((url, method) => method === 'GET' && url.pathname.endsWith('/me'));
    await signIn(FIRST);
    await parent.asked;
    await signIn('cs');
    await page.getByRole('link', { name: '待核实短信' }).waitFor();
    await parent.release();
    expect(await page.getByRole('link', { name: '待核实短信' }).count()).toBe(1);
  });

  it('of one account is not shown to the next', async () => {
    await open('cs', '#trace');
    const trace = await hold(has('/trace?'), { events: [], next: 'more' });
    await lookUp(FIRST);
    await trace.asked;
    await page.getByRole('button', { name: '退出登录' }).click();
    await signIn('csGansu');
    await page.locator('input[name=phone]').waitFor();
    expect(await page.inputValue('input[name=phone]')).toBe('');
    await trace.release();
    expect(await page.locator('main').textContent()).not.toContain(FIRST);
  });
});

it('the fees of a phone come page by page, and the complaint pack only when it is asked for', async () => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await open('cs', '#subscriber');
  await lookUp(FIRST);
  const fees = page.locator('.timeline strong', { hasText: '8元' });
  await fees.first().waitFor();
  expect(await fees.count()).toBeLessThan(FEES);
  await page.getByRole('button', { name: '更多' }).click();
  await fees.nth(FEES - 1).waitFor();
  expect(await fees.count()).toBe(FEES);
  expect(asked.filter((url) => url.includes('complaint-pack'))).toEqual([]);
});
