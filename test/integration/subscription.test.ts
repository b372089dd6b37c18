import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CancelCommand, Channel, OrderCommand } from '../../workflows/contracts.ts';
import { startSubscriptions, type SubscriptionRig } from '../support/subscriptions.ts';

describe('orders and cancels in the database', () => {
  let rig: SubscriptionRig;
  let { database, activities } = {} as SubscriptionRig;

  beforeAll(async () => {
    rig = await startSubscriptions();
    ({ database, activities } = rig);
  });
  afterAll(() => database.drop());

  async function newFamily(tenant = 'gansu', prefix = '139') {
    const guardianId = await rig.newGuardian(tenant, prefix);
    return { tenant, unit: tenant === 'gansu' ? `h-${guardianId}` : guardianId, guardianId };
  }
  type Family = Awaited<ReturnType<typeof newFamily>>;

  const said = ({ guardianId }: Pick<Family, 'guardianId'>, channel: Channel, requestId = rig.newRequest()) => ({
    requestId,
    channel,
    actor: guardianId,
    guardianId,
    at: '2026-03-05T10:00:00+08:00',
    receivedAt: '2026-03-05T10:00:02+08:00',
    evidence: { moId: 7 },
  });
  const order = async ({ tenant, unit, ...family }: Family, given: Partial<OrderCommand> = {}) => {
    const command = { ...said(family, 'sms'), package: 'home-school', ...given };
    return (await activities.orderSubscription({ tenant, unit, command })).view;
  };
  const cancel = async ({ tenant, unit, ...family }: Family, given: Partial<CancelCommand> = {}) => {
    const command = { ...said(family, 'sms'), scope: 'home-school', ...given };
    return (await activities.cancelSubscription({ tenant, unit, command })).view;
  };

  /** Said and learnt of at this time of the day. */
  const later = (time: string) => ({
    at: `2026-03-05T${time}+08:00`,
    receivedAt: `2026-03-05T${time}+08:00`,
  });

  const rows = async (sql: string, ...values: unknown[]) =>
    (await database.pool.query<Record<string, unknown>>(sql, values)).rows;
  const eventsOf = ({ unit }: Family) =>
    rows('select request_id, ordinal, type, package from subscription_event where unit = $1 order by id', unit);
  const textsTo = ({ guardianId }: Family) =>
    rows('select origin, source, kind, body from sms where guardian_id = $1 order by id', guardianId);

  it('records an order with its proof, and answers with one queued text', async () => {
    const family = await newFamily();
    const view = await order(family, { requestId: 'mo/7' });
    expect(view).toEqual({
      tenant: 'gansu',
      unit: family.unit,
      state: 'active',
      package: 'home-school',
      services: ['home-school', 'safety-sms', 'family-phone'],
      since: '2026-03-05T02:00:00.000Z',
      outcome: 'subscribed',
    });
    expect(await rows('select * from subscription where unit = $1', family.unit)).toMatchObject([
      { state: 'active', package: 'home-school', payer_guardian_id: family.guardianId },
    ]);
    expect(await rows('select * from subscription_event where unit = $1', family.unit)).toMatchObject([
      {
        type: 'order',
        channel: 'sms',
        actor: family.guardianId,
        at: new Date('2026-03-05T02:00:00Z'),
        received_at: new Date('2026-03-05T02:00:02Z'),
        evidence: { moId: 7 },
      },
    ]);
    expect(await textsTo(family)).toEqual([
      {
        origin: 'subscription/mo/7/answer',
        source: '10657099',
        kind: 'answer',
        body: '【校讯通】已为您订制家校互动，每户每月8元，3月8日起计费。免费赠送平安短信、亲情电话。发送QXJX到10657099退订。',
      },
    ]);
    expect(
      await rows('select 1 from sms_queue join sms on id = sms_id where guardian_id = $1', family.guardianId),
    ).toHaveLength(1);
  });

  it('cancels with its cascade, an event each', async () => {
    const family = await newFamily();
    await order(family);
    const view = await cancel(family, { requestId: 'cascade' });
    expect(view).toMatchObject({ state: 'cancelled', services: [], outcome: 'cancelled' });
    expect((await eventsOf(family)).slice(1)).toEqual([
      { request_id: 'cascade', ordinal: 0, type: 'cancel', package: 'home-school' },
      { request_id: 'cascade', ordinal: 1, type: 'cancel', package: 'safety-sms' },
      { request_id: 'cascade', ordinal: 2, type: 'cancel', package: 'family-phone' },
    ]);
  });

  it('answers the same request id the same, whatever happened since', async () => {
    const family = await newFamily();
    const first = await order(family, { requestId: 'again' });
    await cancel(family);
    expect(await order(family, { requestId: 'again' })).toEqual(first);
    expect(await eventsOf(family)).toHaveLength(4);
    expect(await textsTo(family)).toHaveLength(2);
    expect((await rows('select state from subscription where unit = $1', family.unit))[0]).toEqual({
      state: 'cancelled',
    });
  });

  it('also where the request changed nothing', async () => {
    const family = await newFamily();
    const first = await cancel(family, { requestId: 'nothing' });
    expect(first).toMatchObject({ state: 'none', outcome: 'not-subscribed' });
    await order(family, later('10:00:01'));
    expect(await cancel(family, { requestId: 'nothing' })).toEqual(first);
    expect((await eventsOf(family)).map(({ type }) => type)).toEqual(['cancel', 'order']);
  });

  describe('that come in another order than they were said in', () => {
    const stateOf = async ({ unit }: Family) =>
      (await rows('select state from subscription where unit = $1', unit))[0]?.['state'];
    const lastText = async (family: Family) => (await textsTo(family)).at(-1)!['body'];
    const fees = ({ unit }: Family) => rows('select fen from charge where unit = $1', unit);

    it('an order that was cancelled before it came stays cancelled and costs nothing', async () => {
      const family = await newFamily();
      await cancel(family, later('10:00:02'));
      expect(await order(family, later('10:00:01'))).toMatchObject({ state: 'cancelled', outcome: 'cancelled-since' });
      expect(await lastText(family)).toContain('您在此之后已退订，未订制家校互动，不收费。');
      await activities.makeDue({ ...family, dueAt: Date.parse('2026-03-08T10:00:01+08:00'), now: Date.parse('2026-03-09T00:00:00Z') });
      expect(await fees(family)).toEqual([]);
      expect(await order(family, later('10:00:03'))).toMatchObject({ outcome: 'subscribed' });
    }); // prettier-ignore

    it('a cancel that an order followed leaves it', async () => {
      const family = await newFamily();
      await order(family, later('10:00:02'));
      expect(await cancel(family, later('10:00:01'))).toMatchObject({ state: 'active', outcome: 'ordered-since' });
      expect(await lastText(family)).toContain('您在此之后又订制了家校互动，每户每月8元，下次计费3月8日，订制有效。');
      expect(await cancel(family, later('10:00:03'))).toMatchObject({ state: 'cancelled', outcome: 'cancelled' });
    });

    it('at one instant the cancel wins, whichever comes first', async () => {
      const [a, b] = [await newFamily(), await newFamily()];
      await order(a, later('10:00:01'));
      await cancel(a, later('10:00:01'));
      await cancel(b, later('10:00:01'));
      await order(b, later('10:00:01'));
      expect([await stateOf(a), await stateOf(b)]).toEqual(['cancelled', 'cancelled']);
    });

    it('a cancel by which the family was out before the one we knew of takes the fee back', async () => {
      const family = await newFamily();
      await order(family);
      await activities.makeDue({ ...family, dueAt: Date.parse('2026-03-08T10:00:00+08:00'), now: Date.parse('2026-03-08T10:00:00+08:00') });
      const known = '2026-03-10T10:00:00+08:00';
      await cancel(family, { at: known, receivedAt: known });
      expect(await fees(family)).toEqual([{ fen: 800 }]);
      await cancel(family, { channel: 'customer-service', at: '2026-03-06T09:00:00+08:00', receivedAt: '2026-03-20T10:00:00+08:00' });
      expect(await fees(family)).toEqual([{ fen: 800 }, { fen: -800 }]);
    }); // prettier-ignore
  });

  it('decides once when the same request runs twice at once', async () => {
    const family = await newFamily();
    const both = await Promise.all([
      order(family, { requestId: 'twice-at-once' }),
      order(family, { requestId: 'twice-at-once' }),
    ]);
    expect(both[0]).toEqual(both[1]);
    expect(await eventsOf(family)).toHaveLength(1);
    expect(await textsTo(family)).toHaveLength(1);
  });

  it('knows a subscriber of an earlier system by the order that was brought along', async () => {
    const family = await newFamily();
    await database.pool.query(
      `insert into subscription_event (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at,
        received_at) values ('gansu', $1, 'brought-along', 'order', 'home-school', 'sms', $2, $2, $3, $3)`,
      [family.unit, family.guardianId, '2025-09-01T00:00:00Z'],
    );
    expect(await order(family)).toMatchObject({ outcome: 'already-subscribed', since: '2025-09-01T00:00:00.000Z' });
    expect(await cancel(family)).toMatchObject({ outcome: 'cancelled' });
  });

  it('ends what no event explains: a stop always works', async () => {
    const family = await newFamily();
    await database.pool.query(
      `insert into subscription (tenant, unit, payer_guardian_id, package, services, state, since)
      values ('gansu', $1, $2, 'home-school', '{home-school}', 'active', now())`,
      [family.unit, family.guardianId],
    );
    await cancel(family);
    expect(await rows('select state, services from subscription where unit = $1', family.unit)).toEqual([
      { state: 'cancelled', services: [] },
    ]);
  });

  it.each([
    ['an off-net phone', '189', { package: 'home-school' }, 'off-net', /仅限甘肃移动/],
    ['an unknown package', '139', { package: 'gold' }, 'unknown-package', /没有您指定的业务/],
    ['an agent without consent', '139', { channel: 'agent' as const }, 'pending-consent', /同意请发送JX到10657099/],
  ])('%s gets a clear answer and no service', async (_what, prefix, command, outcome, text) => {
    const family = await newFamily('gansu', prefix);
    expect(await order(family, command)).toMatchObject({ outcome, services: [] });
    expect((await textsTo(family)).map(({ body }) => body)).toEqual([expect.stringMatching(text)]);
  });

  it('keeps a change of bundle until the month it begins', async () => {
    const family = await newFamily('shanxi');
    await order(family);
    const change = { ...later('10:00:01'), package: 'home-school+safety-sms', channel: 'web' as const };
    expect(await order(family, change)).toMatchObject({ package: 'home-school', outcome: 'changes-next-month' });
    expect(await rows('select next_package, next_from from subscription where unit = $1', family.unit)).toEqual([
      { next_package: 'home-school+safety-sms', next_from: new Date('2026-04-01T00:00:00+08:00') },
    ]);
    const april = '2026-04-01T00:00:00+08:00';
    expect(await order(family, { ...change, at: april, receivedAt: april })).toMatchObject({
      package: 'home-school+safety-sms',
      services: ['home-school', 'safety-sms'],
      outcome: 'already-subscribed',
    });
  });

  describe('and the ledger', () => {
    const cancelledAt = (at: string, receivedAt = at) => ({ at, receivedAt });
    const ledgerOf = ({ unit }: Family) =>
      rows(`select kind, fen, rule, workflow_id from charge where unit = $1 order by id`, unit);
    const pass = async ({ tenant, unit }: Family, dueAt: string, now = dueAt) =>
      (await activities.makeDue({ tenant, unit, dueAt: Date.parse(dueAt), now: Date.parse(now) })).dueAt;
    const by = ({ tenant, unit }: Family) => ({ workflow_id: `subscription/${tenant}/${unit}` });
    const [ORDERED, WAIVED_UNTIL] = ['2026-03-05T10:00:00+08:00', '2026-03-08T10:00:00+08:00'];

    it('a first order is charged at its waiver’s end, once (R1)', async () => {
      const family = await newFamily();
      const { tenant, unit, ...parent } = family;
      const command = { ...said(parent, 'sms'), package: 'home-school' };
      const { dueAt } = await activities.orderSubscription({ tenant, unit, command });
      expect(dueAt).toBe(Date.parse(WAIVED_UNTIL));
      expect(await ledgerOf(family)).toEqual([]);
      expect(await pass(family, WAIVED_UNTIL)).toBeNull();
      await pass(family, WAIVED_UNTIL);
      expect(await ledgerOf(family)).toEqual([{ kind: 'fee', fen: 800, rule: 'R1', ...by(family) }]);
    });

    it('is not when it was cancelled a second before', async () => {
      const family = await newFamily();
      await order(family);
      await cancel(family, cancelledAt('2026-03-08T09:59:59+08:00'));
      expect(await pass(family, WAIVED_UNTIL)).toBeNull();
      expect(await ledgerOf(family)).toEqual([]);
    });

    it('a repeated order is charged with it (R3)', async () => {
      const family = await newFamily();
      await order(family);
      await cancel(family, cancelledAt('2026-03-05T11:00:00+08:00'));
      await order(family, cancelledAt('2026-03-05T12:00:00+08:00'));
      expect(await ledgerOf(family)).toEqual([{ kind: 'fee', fen: 800, rule: 'R3', ...by(family) }]);
    });

    it.each([
      ['learnt of after the charge', '2026-03-08T10:00:07+08:00'],
      ['learnt of before it, recorded after', '2026-03-08T09:59:59+08:00'],
    ])('a cancel in time, %s, takes the fee back with it (R8)', async (_what, receivedAt) => {
      const family = await newFamily();
      await order(family);
      await pass(family, WAIVED_UNTIL);
      await cancel(family, cancelledAt('2026-03-08T09:59:58+08:00', receivedAt));
      expect(await ledgerOf(family)).toMatchObject([{ fen: 800 }, { kind: 'reversal', fen: -800, rule: 'R8' }]);
    });

    it('a year is charged, refunded when given up, and ends by itself', async () => {
      const year = { package: 'home-school/year', at: ORDERED, receivedAt: ORDERED };
      const [given, kept] = [await newFamily('shanxi'), await newFamily('shanxi')];
      for (const family of [given, kept]) {
        await order(family, { ...year, requestId: `year-${family.unit}` });
        await pass(family, WAIVED_UNTIL);
      }
      await cancel(given, cancelledAt('2026-05-20T10:00:00+08:00'));
      // Not used: June, September to January.
      expect(await ledgerOf(given)).toMatchObject([
        { fen: 4000, rule: 'R6' },
        { kind: 'reversal', fen: -Math.floor((4000 * 6) / 9), rule: 'R6' },
      ]);

      const end = '2027-03-01T00:00:00+08:00';
      expect(await pass(kept, end)).toBeNull();
      await pass(kept, end);
      expect(await rows('select state, services from subscription where unit = $1', kept.unit)).toEqual([
        { state: 'cancelled', services: [] },
      ]);
      expect((await eventsOf(kept)).map(({ type }) => type)).toEqual(['order', 'expire']);
      const last = await rows(
        `select body, not_before from sms join sms_queue on sms_id = id where guardian_id = $1 and kind = 'notice'`,
        kept.guardianId,
      );
      expect(last).toEqual([
        {
          body: '【校讯通】您订制的家校互动（全年）已满十二个月，服务到期停止，不再收费。如需继续，请发送JX到1065827031订制家校互动。',
          not_before: new Date('2027-03-01T08:00:00+08:00'),
        },
      ]);
      // A year that ended is no reason to refuse the next order, even where the end was never looked at.
      const again = await newFamily('shanxi');
      await order(again, year);
      expect(await order(again, cancelledAt(end))).toMatchObject({ outcome: 'subscribed', package: 'home-school' });
    });
  });

  it('refuses a guardian of another unit and a request id of another unit, for good', async () => {
    const [family, other] = [await newFamily(), await newFamily()];
    await expect(order({ ...family, unit: other.unit })).rejects.toMatchObject({ nonRetryable: true });
    await expect(order({ ...family, tenant: 'shanxi' })).rejects.toMatchObject({ nonRetryable: true });
    await order(family, { requestId: 'mine' });
    await expect(order(other, { requestId: 'mine' })).rejects.toMatchObject({ nonRetryable: true });
    expect(await eventsOf(other)).toEqual([]);
  });

  it.each(['subscription_event', 'subscription_request'])('%s is append-only', async (table) => {
    await order(await newFamily());
    await expect(database.pool.query(`delete from ${table}`)).rejects.toThrow('append-only');
  });
});
