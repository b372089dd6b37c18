import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { claimTexts } from '../../activities/carrier-claim.ts';
import { takeLink } from '../../activities/carrier-owner.ts';
import { aText, queue, states, TERMS } from '../support/carrier-link.ts';
import { linkRig } from '../support/link-rig.ts';
import { until } from '../support/poll.ts';

const rig = linkRig();
const { run, accepted, allIn } = rig;
const timesAccepted = (body: string) => accepted().filter(({ text }) => text === body).length;
const many = (count: number, text: Parameters<typeof aText>[0] = {}) =>
  Array.from({ length: count }, () => aText(text));
/** Waits, and what is to be sent once more by then leaves at once: they need not all become unsure in one moment. */
const allInAfterTime = (ids: number[], wanted: string) =>
  until(`all ${wanted}`, async () => {
    await rig.pool.query('update sms_queue set not_before = now() where attempt > 1');
    return (await states(rig.pool, ids)).every((state) => state === wanted);
  });
const errorsOf = async (ids: number[]) => {
  const { rows } = await rig.pool.query<{ error: string | null }>(
    'select error from sms_status where sms_id = any($1) order by sms_id',
    [ids],
  );
  return rows.map(({ error }) => error);
};

describe('lanes and order', () => {
  it('sends the urgent first, whatever was queued before', async () => {
    await queue(rig.pool, ...many(3, { kind: 'bulk' }), ...many(3), ...many(3, { kind: 'conversation' }));
    const last = many(2, { kind: 'one-time-password' });
    await queue(rig.pool, ...many(3, { kind: 'safety' }), ...last);
    run({ options: { smpp: { window: 1 } } });
    await until('all accepted', () => accepted().length === 14);
    const { rows } = await rig.pool.query<{ body: string; lane: number }>('select body, lane from sms');
    const laneOf = new Map(rows.map(({ body, lane }) => [body, lane]));
    const lanes = accepted().map(({ text }) => laneOf.get(text!));
    expect(lanes).toEqual([0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
  });

  it('lets a one-time password overtake a broadcast that is being sent', async () => {
    await queue(rig.pool, ...many(300, { kind: 'bulk' }));
    run({ rate: 100 });
    await until('under way', () => accepted().length > 5);
    const before = accepted().length;
    const [password] = many(1, { kind: 'one-time-password' });
    await queue(rig.pool, password!);
    await until('accepted', () => timesAccepted(password!.body) === 1);
    // At 100 a second, within half a second.
    expect(accepted().findIndex(({ text }) => text === password!.body) - before).toBeLessThan(50);
  });

  it('keeps the order of texts to one phone through throttling', async () => {
    rig.smsc.faults.replace({ rateLimit: { segmentsPerSecond: 60, burst: 5, status: 'ESME_RTHROTTLED' } });
    const phones = ['13900000001', '13900000002', '13900000003'];
    const texts = phones.flatMap((phone) => many(8, { phone }));
    const ids = await queue(rig.pool, ...texts);
    run();
    await allIn(ids, 'DELIVERED');
    for (const phone of phones) {
      const sent = accepted().filter(({ to }) => to === phone);
      expect(sent.map(({ text }) => text)).toEqual(texts.filter((t) => t.phone === phone).map(({ body }) => body));
    }
  });
});

describe('what the SMSC refuses', () => {
  it.each(['ESME_RTHROTTLED', 'ESME_RMSGQFUL'])('%s is sent again until accepted, once each', async (status) => {
    rig.smsc.faults.replace({ reject: { status, count: 30 } });
    const ids = await queue(rig.pool, ...many(20));
    run({ options: { sender: { maxBackoffMs: 100 } } });
    await allIn(ids, 'DELIVERED');
    expect(accepted()).toHaveLength(20);
  });

  it('keeps to a window smaller than its own', async () => {
    rig.smsc.faults.replace({ windowLimit: { max: 5, status: 'ESME_RTHROTTLED' }, slow: { delayMs: 20 } });
    const ids = await queue(rig.pool, ...many(60));
    run();
    await allIn(ids, 'ACCEPTED', 'DELIVERED');
    expect(accepted()).toHaveLength(60);
  });

  it('a permanent error is REJECTED with its code in words', async () => {
    rig.smsc.faults.replace({ reject: { status: 'ESME_RINVDSTADR', count: 1 } });
    const ids = await queue(rig.pool, aText());
    run();
    await allIn(ids, 'REJECTED');
    expect(await errorsOf(ids)).toEqual(['0x0b ESME_RINVDSTADR 目的号码无效 (destination address is invalid)']);
  });

  it('a refused part alone is sent again', async () => {
    rig.smsc.faults.replace({ rejectPart: { part: 2, status: 'ESME_RSUBMITFAIL', count: 1 } });
    const ids = await queue(rig.pool, aText({ body: '好'.repeat(180) }));
    run({ options: { sender: { retryMs: 20 } } });
    await allIn(ids, 'DELIVERED');
    expect(
      accepted()
        .map(({ part }) => part)
        .sort(),
    ).toEqual([1, 2, 3]);
    expect(new Set(accepted().map(({ reference }) => reference)).size).toBe(1);
  });

  it('a part refused for good refuses the text', async () => {
    rig.smsc.faults.replace({ rejectPart: { part: 2, status: 'ESME_RINVDSTADR' } });
    const ids = await queue(rig.pool, aText({ body: '好'.repeat(180) }));
    run();
    await allIn(ids, 'REJECTED');
  });

  it('a text that expired is not sent', async () => {
    const ids = await queue(rig.pool, aText({ expiresAt: new Date(Date.now() - 1_000) }), aText());
    run();
    await until('second', async () => (await states(rig.pool, ids))[1] === 'DELIVERED');
    expect(await states(rig.pool, ids)).toEqual(['EXPIRED', 'DELIVERED']);
    expect(accepted()).toHaveLength(1);
  });
});

describe('a connection that dies', () => {
  it('leaves what is in flight UNCERTAIN; safety texts are sent once more, others never', async () => {
    rig.smsc.faults.replace({ dropBeforeResponse: { count: 20 }, receipts: { mode: 'missing', delayMs: 1 } });
    const safety = many(10, { kind: 'safety' });
    const homework = many(10);
    const safetyIds = await queue(rig.pool, ...safety);
    const homeworkIds = await queue(rig.pool, ...homework);
    run();
    await allIn([...safetyIds, ...homeworkIds], 'UNCERTAIN');
    await allInAfterTime(safetyIds, 'ACCEPTED');
    await allIn(homeworkIds, 'UNCERTAIN');
    for (const { body } of safety) expect(timesAccepted(body)).toBe(2);
    for (const { body } of homework) expect(timesAccepted(body)).toBe(1);
  });

  it('an UNCERTAIN text is resolved by the one receipt that can only be its own', async () => {
    rig.smsc.faults.replace({ dropBeforeResponse: { count: 3 }, receipts: { mode: 'late', delayMs: 2_000 } });
    const ids = await queue(rig.pool, ...many(3));
    run();
    await allIn(ids, 'UNCERTAIN');
    await allIn(ids, 'DELIVERED');
    expect(accepted()).toHaveLength(3);
  });

  it('an expired safety text is not sent again', async () => {
    rig.smsc.faults.replace({ dropBeforeResponse: { count: 1 }, receipts: { mode: 'missing', delayMs: 1 } });
    const link = run();
    await until('bound', () => link.status?.state === 'bound');
    const expiresAt = new Date(Date.now() + 5_000);
    const ids = await queue(rig.pool, aText({ kind: 'safety', expiresAt }));
    await allIn(ids, 'UNCERTAIN');
    await until('expired', () => Date.now() > expiresAt.getTime());
    await until('it is not kept', async () => {
      await rig.pool.query('update sms_queue set not_before = now() where attempt > 1');
      return (await rig.pool.query('select from sms_queue')).rowCount === 0;
    });
    const after = await queue(rig.pool, aText());
    await allIn(after, 'ACCEPTED');
    expect(await states(rig.pool, ids)).toEqual(['UNCERTAIN']);
    expect(accepted()).toHaveLength(2);
  });

  it.each([0, 4, 8, 15, 'huge'] as const)('a PDU of length %s ends it, and the next one goes on', async (length) => {
    const link = run();
    await until('bound', () => link.status?.state === 'bound');
    await rig.smsc.act({ action: 'bad-pdu', length });
    const ids = await queue(rig.pool, ...many(5));
    await allIn(ids, 'DELIVERED');
  });

  it.each(['unbind', 'drop', 'restart'] as const)('%s by the SMSC: it connects again', async (action) => {
    const link = run();
    await until('bound', () => link.status?.state === 'bound');
    await rig.smsc.act(action === 'restart' ? { action, downMs: 300 } : { action });
    const ids = await queue(rig.pool, ...many(5));
    await allIn(ids, 'DELIVERED');
  });

  it('garbage on the wire ends it, and the next one goes on', async () => {
    const link = run();
    await until('bound', () => link.status?.state === 'bound');
    await rig.smsc.act({ action: 'garbage', bytes: 500 });
    const ids = await queue(rig.pool, ...many(5));
    await allIn(ids, 'DELIVERED');
  });

  it('a half-open SMSC is noticed by its silence', async () => {
    const link = run({ options: { smpp: { enquireEveryMs: 100, enquireTimeoutMs: 1_000, bindTimeoutMs: 1_000 } } });
    await until('bound', () => link.status?.state === 'bound');
    rig.smsc.faults.replace({ silent: { accept: false } });
    const ids = await queue(rig.pool, ...many(3, { kind: 'safety' }));
    // And while it stays silent, no bind succeeds either.
    await until('noticed', () => /enquire_link unanswered|no bind within/.test(link.status?.lastError ?? ''));
    rig.smsc.faults.replace({});
    await allInAfterTime(ids, 'DELIVERED');
  });

  it('a response after its timeout still tells what became of the text', async () => {
    rig.smsc.faults.replace({ slow: { delayMs: 2_000, count: 1 }, receipts: { mode: 'missing', delayMs: 1 } });
    const ids = await queue(rig.pool, aText());
    run({ options: { smpp: { responseTimeoutMs: 100 } } });
    await allIn(ids, 'UNCERTAIN');
    await allIn(ids, 'ACCEPTED');
    expect(accepted()).toHaveLength(1);
  });
});

it('the first connection after one that failed comes after the first pause, the next after twice that', async () => {
  const [first, longest] = [1_000, 60_000];
  const comes: number[] = [];
  const refuser = createServer((socket) => {
    comes.push(performance.now());
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(refuser, 'listening');
  const { port } = refuser.address() as AddressInfo;
  run({ smsc: { host: '127.0.0.1', port }, options: { reconnectMs: [first, longest] } });
  await until('three came', () => comes.length === 3);
  refuser.close();
  const [one, two] = [comes[1]! - comes[0]!, comes[2]! - comes[1]!];
  // Timers may be a little early, and a busy machine is late, but not by all of a pause.
  expect([one > first - 50, one < 2 * first - 50, two > 2 * first - 50]).toEqual([true, true, true]);
});

describe('owners of one link', () => {
  it('a claim that was never sent is settled by the next owner', async () => {
    const safety = await queue(rig.pool, ...many(3, { kind: 'safety' }));
    const homework = await queue(rig.pool, ...many(3));
    // The worker died between its claim and the first byte.
    const dead = await takeLink(rig.pool, { tenant: 'gansu', link: 0, links: 1 });
    expect(await claimTexts(rig.pool, dead, { segments: 100, lanesUpTo: 4, handed: 100, terms: TERMS })).toHaveLength(
      6,
    );
    expect(await states(rig.pool, [...safety, ...homework])).toEqual(Array(6).fill('SUBMITTING'));
    run();
    await allIn([...safety, ...homework], 'UNCERTAIN');
    await allInAfterTime(safety, 'DELIVERED');
    expect(await claimTexts(rig.pool, dead, { segments: 100, lanesUpTo: 4, handed: 100, terms: TERMS })).toEqual([]);
  });

  it('the older of two stops, and every text is accepted once', async () => {
    const ids = await queue(rig.pool, ...many(400));
    const first = run({ rate: 400 });
    await until('under way', () => accepted().length > 20);
    // A lease that was not renewed in time is anybody's.
    await rig.pool.query('delete from link_lease');
    run({ rate: 400 });
    expect(await first.ended).toMatchObject({ type: 'LinkFenced' });
    await until('settled', async () =>
      (await states(rig.pool, ids)).every((state) => ['DELIVERED', 'ACCEPTED', 'UNCERTAIN'].includes(state)),
    );
    const times = Map.groupBy(accepted(), ({ text }) => text);
    expect([...times.values()].every((list) => list.length === 1)).toBe(true);
    const lost = (await states(rig.pool, ids)).filter((state) => state === 'UNCERTAIN').length;
    expect(times.size + lost).toBeGreaterThanOrEqual(400);
  });

  it('two binds share the phones, each phone in order', async () => {
    const phones = Array.from({ length: 20 }, (_, i) => `1380000${String(i).padStart(4, '0')}`);
    const texts = phones.flatMap((phone) => many(5, { phone }));
    const ids = await queue(rig.pool, ...texts);
    run({ link: 0, links: 2 });
    run({ link: 1, links: 2 });
    await allIn(ids, 'DELIVERED');
    expect(new Set(accepted().map(({ session }) => session)).size).toBe(2);
    for (const phone of phones) {
      const sent = accepted().filter(({ to }) => to === phone);
      expect(sent.map(({ text }) => text)).toEqual(texts.filter((t) => t.phone === phone).map(({ body }) => body));
    }
  });

  it('one that is cancelled drains, and leaves the rest in the queue', async () => {
    rig.smsc.faults.replace({ slow: { delayMs: 50 } });
    const ids = await queue(rig.pool, ...many(200));
    const link = run({ rate: 100 });
    await until('under way', () => accepted().length > 10);
    await link.stop();
    const after = await states(rig.pool, ids);
    expect(new Set(after)).toEqual(new Set([...after.filter((s) => s !== 'QUEUED'), 'QUEUED']));
    expect(after.filter((s) => ['SUBMITTING', 'UNCERTAIN'].includes(s))).toEqual([]);
    expect(after.filter((s) => s !== 'QUEUED')).toHaveLength(accepted().length);
    const { rows } = await rig.pool.query('select from sms_batch where settled_at is null');
    expect(rows).toEqual([]);
  });
});
