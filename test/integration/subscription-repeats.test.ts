import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSubscriptionActivities } from '../../activities/subscription.ts';
import { Carriers, loadCarriers } from '../../infra/carriers.ts';
import type { CancelCommand, Channel, OrderCommand } from '../../workflows/contracts.ts';
import { liveInAnyYear } from '../support/any-year.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addGuardian } from '../support/family.ts';

let database: TestDatabase;
let activities: ReturnType<typeof createSubscriptionActivities>;
let requests = 0;
beforeAll(async () => {
  database = await createTestDatabase();
  await liveInAnyYear(database.pool);
  activities = createSubscriptionActivities({ pool: database.pool, carriers: carriersWithYears() });
});
afterAll(() => database.drop());

/** Gansu bills households, and here sells them years too: what a third profile may do. */
function carriersWithYears(): Carriers {
  const [gansu, shanxi] = ['gansu', 'shanxi'].map((name) => loadCarriers().versions(name)) as [
    ReturnType<Carriers['versions']>,
    ReturnType<Carriers['versions']>,
  ];
  const years = shanxi[0]!.packages.filter(({ period }) => period === 'year');
  const { yearlyRefund } = shanxi[0]!;
  const withYears = gansu.map((version) => ({ ...version, packages: [...version.packages, ...years], yearlyRefund }));
  return new Carriers(new Map([['gansu', withYears]]));
}

/** A household and the two guardians in it. */
async function newHousehold(name: string) {
  const [one, other] = [`${name}-1`, `${name}-2`];
  const phone = () => `139${String(++requests).padStart(8, '0')}`;
  for (const guardian of [one, other]) await addGuardian(database.pool, 'gansu', guardian, phone());
  const unit = `h-${one}`;
  await database.pool.query('update guardian set household_id = $1 where id = $2', [unit, other]);
  return { unit, one, other };
}

const said = (guardianId: string, at: string, channel: Channel) => ({
  ...{ requestId: `r${++requests}`, channel, actor: guardianId, guardianId, at, receivedAt: at, evidence: {} },
});
const order = async (unit: string, who: string, at: string, given: Partial<OrderCommand> = {}) => {
  const command = { ...said(who, at, given.channel ?? 'sms'), package: 'home-school', ...given };
  return (await activities.orderSubscription({ tenant: 'gansu', unit, command })).view;
};
const cancel = async (unit: string, who: string, at: string, given: Partial<CancelCommand> = {}) => {
  const command = { ...said(who, at, 'sms'), scope: 'everything', ...given };
  return (await activities.cancelSubscription({ tenant: 'gansu', unit, command })).view;
};
const look = (unit: string, at: string) =>
  activities.makeDue({ tenant: 'gansu', unit, dueAt: Date.parse(at), now: Date.parse(at) });
const rows = async (sql: string, ...values: unknown[]) =>
  (await database.pool.query<Record<string, unknown>>(sql, values)).rows;

describe('an agent who repeats an order that waits for consent', () => {
  const AT = '2026-03-05T10:00:00+08:00';

  it('has the parent asked once a day, whatever is ordered, and each repetition recorded', async () => {
    const { unit, one } = await newHousehold('asked');
    for (let times = 0; times < 5; times++)
      expect(await order(unit, one, AT, { channel: times === 3 ? 'customer-service' : 'agent' })).toMatchObject({
        outcome: 'pending-consent',
      });
    const asked = () => rows('select body from sms where guardian_id = $1', one);
    expect(await asked()).toEqual([{ body: expect.stringContaining('同意请发送JX到10657099') as string }]);
    expect(await rows('select reason from sms_suppression where guardian_id = $1', one)).toEqual(
      Array(4).fill({ reason: 'asked for consent within the last day' }),
    );
    expect(await rows('select from subscription_request where unit = $1', unit)).toHaveLength(5);

    // A day passes.
    await database.pool.query(`alter table subscription_request disable trigger user;
      update subscription_request set at = at - interval '1 day' where unit = 'h-asked-1';
      alter table subscription_request enable trigger user`);
    await order(unit, one, AT, { channel: 'agent' });
    await order(unit, one, AT, { channel: 'agent' });
    expect(await asked()).toHaveLength(2);
  });

  it('leaves the parent the last word: a consent, and its answer, at any time', async () => {
    const { unit, one } = await newHousehold('consents');
    for (let times = 0; times < 3; times++) await order(unit, one, AT, { channel: 'agent' });
    expect(await order(unit, one, '2026-03-05T10:05:00+08:00')).toMatchObject({ state: 'active' });
    expect(await rows('select from sms where guardian_id = $1', one)).toHaveLength(2);
  });
});

describe('a payer who has left the household', () => {
  const [ORDERED, CHARGED, OVER] = [
    '2026-03-05T10:00:00+08:00',
    '2026-03-08T10:00:00+08:00',
    '2027-03-01T00:00:00+08:00',
  ];

  async function yearOf(name: string) {
    const household = await newHousehold(name);
    expect(
      await order(household.unit, household.one, ORDERED, { package: 'home-school/year', channel: 'web' }),
    ).toMatchObject({ state: 'active', package: 'home-school/year' });
    await look(household.unit, CHARGED);
    await database.pool.query('update guardian set household_id = $1 where id = $2', [
      `h-${household.other}`,
      household.one,
    ]);
    return household;
  }
  const endOf = (unit: string) =>
    rows(`select type from subscription_event where unit = $1 and type = 'expire'`, unit).then(({ length }) => length);
  const untold = (payer: string) => rows('select reason from sms_suppression where guardian_id = $1', payer);
  const GONE = [{ reason: 'the payer is no longer of the family' }];

  it('is told nothing of the year’s end, which comes all the same', async () => {
    const { unit, one } = await yearOf('ends');
    await look(unit, OVER);
    expect(await endOf(unit)).toBe(1);
    expect(await rows('select state from subscription where unit = $1', unit)).toEqual([{ state: 'cancelled' }]);
    expect(await untold(one)).toEqual(GONE);
  });

  it('keeps nobody who is there from ordering and cancelling after it', async () => {
    const { unit, one, other } = await yearOf('orders');
    expect(await order(unit, other, '2027-03-02T10:00:00+08:00')).toMatchObject({ outcome: 'subscribed' });
    expect(await cancel(unit, other, '2027-03-03T10:00:00+08:00')).toMatchObject({ outcome: 'cancelled' });
    expect(await endOf(unit)).toBe(1);
    expect(await untold(one)).toEqual(GONE);
  });

  it('nor from cancelling what is left of it', async () => {
    const { unit, other } = await yearOf('cancels');
    expect(await cancel(unit, other, '2026-05-20T10:00:00+08:00')).toMatchObject({ state: 'cancelled' });
    const [{ fen }] = (await rows('select sum(fen)::int as fen from charge where unit = $1', unit)) as [
      { fen: number },
    ];
    expect(fen).toBeLessThan(4000);
  });
});

describe('an active family’s stop and order, said one after the other', () => {
  const [STOP, ORDER] = ['2026-03-05T10:00:00+08:00', '2026-03-05T10:00:17+08:00'];

  it.each([
    ['the order they were said in', ['stop', 'order']],
    ['the other', ['order', 'stop']],
  ])('and heard in %s: the later word stands, and is what the family is told last', async (_what, heard) => {
    const { unit, one } = await newHousehold(`heard-${heard[0]}`);
    await order(unit, one, '2026-02-05T10:00:00+08:00');
    for (const what of heard) await (what === 'stop' ? cancel(unit, one, STOP) : order(unit, one, ORDER));
    expect(await rows('select state, package, services from subscription where unit = $1', unit)).toEqual([
      { state: 'active', package: 'home-school', services: ['home-school', 'safety-sms', 'family-phone'] },
    ]);
    const [last] = (await rows('select body from sms where guardian_id = $1 order by id desc', one)) as [
      { body: string },
    ];
    expect(last.body).toMatch(/已为您订制|订制有效/);
    // Neither is a fee of its own: the month began with the family active, and has its one fee from the monthly run (R4).
    const march = `select fen from charge where unit = $1 and month = '2026-03-01'`;
    expect(await rows(march, unit)).toEqual([]);
  });

  it('and the other way round, the stop stands', async () => {
    const { unit, one } = await newHousehold('stops');
    await order(unit, one, '2026-02-05T10:00:00+08:00');
    await cancel(unit, one, ORDER);
    await order(unit, one, STOP);
    expect(await rows('select state from subscription where unit = $1', unit)).toEqual([{ state: 'cancelled' }]);
  });
});

describe('a cancel by another phone of the household', () => {
  const [ORDERED, SAID] = ['2026-03-05T10:00:00+08:00', '2026-03-06T10:00:00+08:00'];
  const textsTo = async (guardian: string) =>
    (await rows('select body from sms where guardian_id = $1 order by id', guardian)).map(({ body }) => body as string);

  it('is told to both, once: to who said it, and to who pays', async () => {
    const { unit, one, other } = await newHousehold('both');
    await order(unit, one, ORDERED);
    await cancel(unit, other, SAID, { requestId: 'both' });
    await cancel(unit, other, SAID, { requestId: 'both' });
    await cancel(unit, other, '2026-03-07T10:00:00+08:00');
    expect(await textsTo(one)).toEqual([
      expect.stringContaining('已为您订制'),
      '【校讯通】您付费的家校互动、平安短信、亲情电话已按您家人的手机的要求退订。如需再次订制，请发送JX到10657099。',
    ]);
    expect(await textsTo(other)).toEqual([
      expect.stringContaining('您已退订家校互动'),
      expect.stringContaining('您没有订制此业务'),
    ]);
  });

  it('is told once to a payer who said it, and not to one who has left', async () => {
    const { unit, one, other } = await newHousehold('left');
    await order(unit, one, ORDERED);
    await cancel(unit, one, SAID);
    expect(await textsTo(one)).toHaveLength(2);
    await order(unit, one, '2026-03-08T10:00:00+08:00');
    await database.pool.query(`insert into household (id, tenant) values ('h-gone', 'gansu')`);
    await database.pool.query(`update guardian set household_id = 'h-gone' where id = $1`, [one]);
    await cancel(unit, other, '2026-03-09T10:00:00+08:00');
    expect(await textsTo(one)).toHaveLength(3);
  });
});
