import { describe, expect, it } from 'vitest';
import { aText, queue, states } from '../support/carrier-link.ts';
import { aConnection, aMessage, deliver } from '../support/inbound-connection.ts';
import { linkRig } from '../support/link-rig.ts';
import { until } from '../support/poll.ts';

const rig = linkRig();
const { run, allIn } = rig;

const bodies = async () => {
  const { rows } = await rig.pool.query<{ body: string }>('select body from mo order by id');
  return rows.map(({ body }) => body);
};

describe('through the simulator', () => {
  it.each([
    ['decimal', 'hex'],
    ['hex-upper', 'decimal-padded'],
    ['decimal-padded', 'hex-padded'],
    ['hex', 'hex-upper'],
  ] as const)(
    'a receipt finds its text with ids %s in the response and %s in the receipt',
    async (response, receipt) => {
      rig.smsc.faults.replace({ ids: { response, receipt } });
      run();
      await allIn(await queue(rig.pool, aText(), aText({ body: '好'.repeat(100) })), 'DELIVERED');
    },
  );

  it.each(['before', 'duplicate', 'late'] as const)('a receipt that comes %s counts once', async (mode) => {
    rig.smsc.faults.replace({ receipts: { mode, delayMs: 100 } });
    run();
    const ids = await queue(rig.pool, ...Array.from({ length: 10 }, () => aText()));
    await allIn(ids, 'DELIVERED');
    const { rows } = await rig.pool.query('select from sms_receipt');
    expect(rows).toHaveLength(10);
  });

  it('a text the phone did not get is FAILED, with why', async () => {
    rig.smsc.faults.replace({ receipts: { mode: 'undelivered', delayMs: 1 } });
    run();
    const ids = await queue(rig.pool, aText());
    await until('failed', async () => (await states(rig.pool, ids))[0] === 'FAILED');
    const { rows } = await rig.pool.query('select error from sms_status');
    expect(rows).toEqual([{ error: 'UNDELIV err:001' }]);
  });

  it('two texts of one second are two instants, though the SMSC says whole seconds or tenths', async () => {
    run();
    // Past the end of the second they are sent in the SMSC's word is all there is: tried until both are in one.
    const sentTogether = async (phone: string) => {
      await until('a second has just begun', () => Date.now() % 1_000 < 200);
      for (let n = 0; n < 5; n++) rig.smsc.sendFromPhone({ from: phone, to: '10657099', text: `第${n}条` });
      const { rows } = await until('all', async () => {
        const times = await rig.pool.query<{ received: Date; together: boolean }>(
          `select received_at as received, date_trunc('second', min(received_at) over ())
            = date_trunc('second', max(stored_at) over ()) as together from mo where phone = $1`,
          [phone],
        );
        return times.rows.length === 5 && times;
      });
      return rows[0]!.together && new Set(rows.map(({ received }) => received.getTime()));
    };
    let phone = 13900000001;
    const times = await until('all of one second', () => sentTogether(String(phone++)), 20_000);
    expect(times.size).toBe(5);
  });

  it("a parent's long text is one text, and the same words twice are two", async () => {
    run();
    const long = '老师您好😀'.repeat(60);
    rig.smsc.sendFromPhone({ from: '13900000001', to: '10657099', text: long });
    await until('long', async () => (await bodies()).length === 1);
    for (let n = 0; n < 2; n++) rig.smsc.sendFromPhone({ from: '13900000001', to: '10657099123', text: '好的' });
    await until('all', async () => (await bodies()).length === 3);
    expect(await bodies()).toEqual([long, '好的', '好的']);
  });
});

describe('a text an SMSC delivers', () => {
  const connection = () => aConnection(rig.pool);
  const message = aMessage;

  it('to another carrier’s short code is that carrier’s', async () => {
    await deliver(connection(), message('JX', { destination: '1065827031' }));
    await deliver(connection(), message('JX', { destination: '8610657099' }));
    const { rows } = await rig.pool.query('select tenant, phone, destination from mo order by id');
    expect(rows).toEqual([
      { tenant: 'shanxi', phone: '13900000001', destination: '1065827031' },
      { tenant: 'gansu', phone: '13900000001', destination: '10657099' },
    ]);
  });

  it('as a part of a long text is that part, in any order; a character may be cut in two', async () => {
    const text = '好😀好';
    const content = Buffer.from(text, 'utf16le').swap16();
    const part = (n: number, octets: Buffer) =>
      message('', { esmClass: 0x40, content: Buffer.concat([Buffer.from([5, 0, 3, 9, 2, n]), octets]) });
    const [first, second] = [part(1, content.subarray(0, 4)), part(2, content.subarray(4))];
    for (const each of [second, first]) expect(await deliver(connection(), each)).toBe(0);
    expect(await bodies()).toEqual([text]);
  });

  it('when the database is away, it is refused for now', async () => {
    const away = connection();
    await rig.pool.query('alter table mo rename to mo_away');
    expect(await deliver(away, message('好的'))).toBe(0x64);
    await rig.pool.query('alter table mo_away rename to mo');
    expect(await deliver(away, message('好的'))).toBe(0);
    expect(await bodies()).toEqual(['好的']);
  });
});
