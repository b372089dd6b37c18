import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addHerd, herdPhone } from '../support/herd.ts';
import { until } from '../support/poll.ts';
import { Rig } from '../support/rig.ts';

/** As many as once stopped everything for good: three times the slots that activities have. */
const HERD = 150;
const FLOOD = 200;

/** Parents who text all at once, on a stack that has just started, every part of it a process of its own. */
describe('a herd', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start({ load: (pool) => addHerd(pool, HERD + 1), workers: [['core', 'carrier', 'readers']] });
    await rig.linksAreBound();
  }, 120_000);
  afterAll(() => rig.stop());

  const count = async (sql: string) => (await rig.pool.query<{ count: number }>(sql)).rows[0]!.count;
  const answered = (phone: number) =>
    count(`select count(*) from mo join mo_outcome o on o.mo_id = mo.id where mo.phone = '${herdPhone(phone)}'`);

  it('of 150 who order in the same second is answered, each once', async () => {
    await Promise.all(Array.from({ length: HERD }, (_, n) => rig.smsc.textFrom(herdPhone(n), 'JX', '10657099')));
    const active = () => count(`select count(*) from subscription where state = 'active'`);
    await until('all are subscribed', async () => (await active()) === HERD);
    expect(await count(`select count(*) from sms where kind = 'answer'`)).toBe(HERD);
    await until('all is told', async () => (await count('select count(*) from pending')) === 0);
  }, 130_000);

  it('one phone that texts 200 times is bounded, and nobody waits behind it', async () => {
    const texts = Array.from({ length: FLOOD }, (_, n) => (n % 2 === 0 ? 'JX' : 'TD'));
    for (const text of texts) await rig.smsc.textFrom(herdPhone(0), text, '10657099');
    await rig.smsc.textFrom(herdPhone(HERD), 'JX', '10657099');
    await until('the neighbour is answered', async () => (await answered(HERD)) === 1);
    await until('all are served', async () => (await answered(0)) === FLOOD + 1);
    // A stop is never refused: the last word was one.
    const { rows } = await rig.pool.query<{ state: string }>(
      `select state from subscription where unit = 'herd-household-0'`,
    );
    expect(rows).toEqual([{ state: 'cancelled' }]);
    const { rows: refused } = await rig.pool.query<{ route: string }>(
      `select distinct o.route from mo_outcome o join mo on mo.id = o.mo_id
      where mo.phone = $1 and not o.answered and o.reason like '%too often%'`,
      [herdPhone(0)],
    );
    expect(refused).toEqual([{ route: 'subscribe' }]);
  }, 90_000);
});
