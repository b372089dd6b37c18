import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { settleUnit } from '../../infra/postgres/charge-units.ts';
import { giveToken, startApi, type TestApi } from '../support/api.ts';
import { addFamilies, cancel, order, unitOf } from '../support/billing.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const tenant = 'shanxi';
const DAY = 86_400_000;
const carriers = loadCarriers();
/** The fifth of the month before last, at noon: its fees have fallen due, and it is not too long ago to be dated back to. */
const today = new Date();
const ORDERED = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - 2, 5, 4);
const day = (days: number) => new Date(ORDERED + days * DAY).toISOString();
/** Families: the package each ordered. */
const YEARS = [0, 1, 2, 3];
const MONTHLY = 4;
let database: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  database = await createTestDatabase();
  await addFamilies(database.pool, tenant, 5);
  for (const family of YEARS) await order(database.pool, tenant, family, day(0), 'home-school/year');
  await order(database.pool, tenant, MONTHLY, day(0));
  for (const family of [...YEARS, MONTHLY]) await settle(family, day(4));
  for (const [id, role] of Object.entries({ cs: 'customer-service', admin: 'carrier-admin', agent: 'agent' })) {
    await database.pool.query('insert into account (id, login, tenants, role) values ($1, $1, $2, $3)', [
      ...[id, [tenant], role],
    ]);
    await giveToken(database.pool, id, id);
  }
  // Its engine is out of reach: what is recorded is answered, and waits for the sweep.
  api = await startApi({ pool: database.pool });
});
afterAll(async () => {
  await api?.close();
  await database?.drop();
});

const settle = (family: number, now: string) =>
  settleUnit(database.pool, unitOf(tenant, family), {
    ...{ tenant, now: Date.parse(now), workflowId: 'test', versions: carriers.versions(tenant) },
  });
const phoneOf = (family: number) => `1390000000${family}`;
const takenBack = async (family: number) => {
  const { rows } = await database.pool.query<{ fen: number }>(
    `select fen from charge where unit = $1 and kind = 'reversal' order by id`,
    [unitOf(tenant, family)],
  );
  return rows.map(({ fen }) => fen);
};
/** Staff record that the parent said stop so many days after the order. */
const dateBack = async (family: number, days: number, token = 'cs') => {
  const body = { phone: phoneOf(family), package: 'home-school', action: 'cancel', at: day(days), note: '工单8812' };
  const response = await api.ask('POST', '/api/v1/orders', { token, body });
  return { status: response.status, ...((await response.json()) as { outcome: string; state: string }) };
};
const waiting = async (token = 'admin') => {
  const response = await api.ask('GET', '/api/v1/refunds', { token });
  return ((await response.json()) as { refunds: { chargeId: number; fen: number; phone: string }[] }).refunds;
};
const decide = (chargeId: number, release: boolean, token: string) =>
  api.ask('POST', `/api/v1/charges/${chargeId}/refund-decision`, { token, body: { release, note: '已回访' } });
const comes = async (family: number) => {
  const response = await api.ask('GET', `/api/v1/subscribers/${phoneOf(family)}`, { token: 'cs' });
  const { subscriptions } = (await response.json()) as {
    subscriptions: { next: { what: string; text: { zh: string } }[] }[];
  };
  return subscriptions[0]!.next;
};

describe('a refund of a cancel that staff dated back', () => {
  it('waits above the profile’s sum, while the cancel itself holds at once', async () => {
    expect(await dateBack(0, 10)).toMatchObject({ status: 200, outcome: 'cancelled', state: 'cancelled' });
    expect(await takenBack(0)).toEqual([]);
    expect(await waiting()).toMatchObject([{ phone: '139****0000', recordedBy: 'cs', note: '工单8812' }]);
    const [next] = await comes(0);
    expect(next).toMatchObject({
      what: 'refund-review',
      text: { zh: expect.stringMatching(/^退费.*元待复核/) as string },
    });
  });

  it('is released by another account, by the rules, and never by who recorded it', async () => {
    const [held] = await waiting();
    expect((await decide(held!.chargeId, true, 'agent')).status).toBe(403);
    expect((await decide(held!.chargeId, true, 'cs')).status).toBe(403);
    expect(await takenBack(0)).toEqual([]);
    expect((await decide(held!.chargeId, true, 'admin')).status).toBe(200);
    expect(await takenBack(0)).toEqual([-held!.fen]);
    expect(await waiting()).toEqual([]);
    expect(await comes(0)).toEqual([]);
    expect((await decide(held!.chargeId, true, 'admin')).status).toBe(404);
    const { rows } = await database.pool.query('select released, account_id, note from refund_decision');
    expect(rows).toEqual([{ released: true, account_id: 'admin', note: '已回访' }]);
  });

  it('is not booked once it is refused, however often its unit is looked at', async () => {
    await dateBack(1, 10);
    const [held] = await waiting();
    expect((await decide(held!.chargeId, false, 'admin')).status).toBe(200);
    await settle(1, today.toISOString());
    expect(await takenBack(1)).toEqual([]);
    expect(await waiting()).toEqual([]);
  });

  it('waits for the second person alone: straight SQL of the first is refused', async () => {
    await dateBack(2, 10);
    await expect(
      database.pool.query(
        `insert into refund_decision (hold_id, released, account_id, note) select max(id), true, 'cs', 'x' from refund_hold`,
      ),
    ).rejects.toMatchObject({ constraint: 'refund_second_person' });
    expect(await waiting()).toHaveLength(1);
  });
});

describe('what waits for nobody', () => {
  it('is a refund up to the profile’s sum', async () => {
    expect(await dateBack(MONTHLY, 1, 'agent')).toMatchObject({ outcome: 'cancelled' });
    expect(await takenBack(MONTHLY)).toEqual([-500]);
  });

  it('is what the parent’s own word takes back, however late it was heard', async () => {
    await cancel(database.pool, tenant, 3, day(10), today.toISOString());
    await settle(3, today.toISOString());
    expect(await takenBack(3)).toHaveLength(1);
  });
});
