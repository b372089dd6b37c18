import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CancelCommand, Channel, OrderCommand } from '../../workflows/contracts.ts';
import { startSubscriptions, type SubscriptionRig } from '../support/subscriptions.ts';

/** What a family is told is what is subscribed and booked (findings B5 to B7, B12). */
describe('what a family is told', () => {
  let rig: SubscriptionRig;
  let { database, activities } = {} as SubscriptionRig;

  beforeAll(async () => {
    rig = await startSubscriptions();
    ({ database, activities } = rig);
  });
  afterAll(() => database.drop());

  const newFamily = () => rig.newGuardian('shanxi');
  const said = (guardianId: string, channel: Channel, at: string, heard = at) => ({
    ...{ requestId: rig.newRequest(), channel, actor: guardianId, guardianId, evidence: {} },
    ...{ at: `${at}+08:00`, receivedAt: `${heard}+08:00` },
  });
  const order = async (unit: string, channel: Channel, id: string, at: string, heard?: string) => {
    const command: OrderCommand = { ...said(unit, channel, at, heard), package: id };
    return { command, view: (await activities.orderSubscription({ tenant: 'shanxi', unit, command })).view };
  };
  const cancel = async (unit: string, at: string, heard?: string) => {
    const command: CancelCommand = { ...said(unit, 'customer-service', at, heard), scope: 'home-school' };
    return (await activities.cancelSubscription({ tenant: 'shanxi', unit, command })).view;
  };
  const look = (unit: string, now: string) =>
    activities.lookAtSubscription({ tenant: 'shanxi', unit, now: Date.parse(`${now}+08:00`) });
  const lastText = async (unit: string) => {
    const { rows } = await database.pool.query<{ body: string }>(
      'select body from sms where guardian_id = $1 order by id desc limit 1',
      [unit],
    );
    return rows[0]!.body;
  };
  const ledger = async (unit: string) => {
    const { rows } = await database.pool.query<{ fen: number }>('select fen from charge where unit = $1 order by id', [
      unit,
    ]);
    return rows.map(({ fen }) => fen);
  };
  /** The carrier has taken the text that answered the request. */
  const handOver = (requestId: string, at: string) =>
    database.pool.query(
      `insert into sms_part (sms_id, part, state, at) select id, 1, 'ACCEPTED', $2 from sms where origin = $1`,
      [`subscription/${requestId}/answer`, `${at}+08:00`],
    );

  it.each([
    ['not handed over', undefined, 'home-school', '家校互动，每月5元，3月15日起计费'],
    ['handed over', '2026-03-10T10:01:00', 'home-school+safety-sms', '家校互动+平安签到，每月7元，3月15日起计费'],
    ['handed over after it', '2026-03-12T11:00:00', 'home-school', '家校互动，每月5元，3月15日起计费'],
    ['handed over nine days before', '2026-03-03T10:00:00', 'home-school', '家校互动，每月5元，3月15日起计费'],
  ])('JX while an agent’s dearer bundle waits, its offer %s', async (_words, handed, ordered, words) => {
    const unit = await newFamily();
    const offer = await order(unit, 'agent', 'home-school+safety-sms', '2026-03-03T09:00:00');
    if (handed !== undefined) await handOver(offer.command.requestId, handed);
    const { view } = await order(unit, 'sms', 'home-school', '2026-03-12T10:00:00');
    expect(view).toMatchObject({ outcome: 'subscribed', package: ordered });
    expect(await lastText(unit)).toContain(words);
  });

  it('JX by who has a bundle that includes it changes nothing, and says what that is', async () => {
    const unit = await newFamily();
    await order(unit, 'web', 'home-school+safety-sms', '2026-03-05T10:00:00');
    const { view } = await order(unit, 'sms', 'home-school', '2026-03-06T10:00:00');
    expect(view).toMatchObject({ outcome: 'already-subscribed', package: 'home-school+safety-sms' });
    expect(await lastText(unit)).toContain('您已是家校互动+平安签到用户，每月7元，下次计费3月8日');
  });

  it('a change of bundle, and that it is taken back', async () => {
    const unit = await newFamily();
    await order(unit, 'web', 'home-school', '2026-03-05T10:00:00');
    await order(unit, 'web', 'home-school+safety-sms', '2026-03-06T10:00:00');
    expect(await lastText(unit)).toContain('将从4月1日起由家校互动改为家校互动+平安签到，每月7元');
    await order(unit, 'web', 'home-school', '2026-03-07T10:00:00');
    expect(await lastText(unit)).toContain('已取消改订家校互动+平安签到，您继续使用家校互动，每月5元');
  });

  it('what a cancel recorded later, and said earlier, gives back', async () => {
    const unit = await newFamily();
    await order(unit, 'web', 'home-school', '2026-03-05T10:00:00');
    await look(unit, '2026-03-08T10:00:00');
    await cancel(unit, '2026-03-10T10:00:00');
    expect(await lastText(unit)).not.toContain('退费');
    expect(await cancel(unit, '2026-03-06T10:00:00', '2026-03-11T10:00:00')).toMatchObject({ state: 'cancelled' });
    expect(await ledger(unit)).toEqual([500, -500]);
    expect(await lastText(unit)).toContain('业务此前已停止，不再收取5元');
  });

  it('that an order in a year’s last month renews it', async () => {
    const unit = await newFamily();
    await order(unit, 'web', 'home-school/year', '2026-03-05T10:00:00');
    await look(unit, '2026-03-08T10:00:00');
    const { view } = await order(unit, 'web', 'home-school/year', '2027-02-10T10:00:00');
    expect(view).toMatchObject({ outcome: 'changes-next-month', state: 'active' });
    expect(await lastText(unit)).toContain('将从3月1日起续订，每年40元');
    await look(unit, '2027-03-01T00:00:00');
    const { rows } = await database.pool.query(
      'select state, package, next_package from subscription where unit = $1',
      [unit],
    );
    expect(rows).toEqual([{ state: 'active', package: 'home-school/year', next_package: null }]);
  });

  describe('stays so', () => {
    const bundle = 'home-school+safety-sms';
    const subscribed = async (unit: string) => {
      const sql = 'select package, next_package as next from subscription where unit = $1';
      return (await database.pool.query<object>(sql, [unit])).rows;
    };
    async function changed() {
      const unit = await newFamily();
      const { command, view } = await order(unit, 'web', 'home-school', '2026-03-05T10:00:00');
      await order(unit, 'web', bundle, '2026-03-06T10:00:00');
      await look(unit, '2026-04-01T00:00:00');
      expect(await subscribed(unit)).toEqual([{ package: bundle, next: null }]);
      return { unit, command, view };
    }

    it('where a request is given once more', async () => {
      const { unit, command, view } = await changed();
      const again = await activities.orderSubscription({ tenant: 'shanxi', unit, command });
      expect(again).toEqual({ view, dueAt: null });
      expect(await subscribed(unit)).toEqual([{ package: bundle, next: null }]);
      expect(await ledger(unit)).toEqual([500]);
    });

    it('where a command of before waited until after', async () => {
      const { unit } = await changed();
      await order(unit, 'sms', 'home-school', '2026-03-31T23:59:59');
      expect(await subscribed(unit)).toEqual([{ package: bundle, next: null }]);
      expect(await lastText(unit)).toContain('您已是家校互动+平安签到用户，每月7元，下次计费4月1日');
    });
  });

  it('another bundle after a cancel in the month is charged at once', async () => {
    const unit = await newFamily();
    await order(unit, 'web', 'home-school', '2026-03-05T10:00:00');
    await cancel(unit, '2026-03-06T10:00:00');
    await order(unit, 'web', 'home-school+safety-sms', '2026-03-07T10:00:00');
    expect(await ledger(unit)).toEqual([700]);
    expect(await lastText(unit)).toContain('家校互动+平安签到，每月7元，3月7日起计费');
  });
});
