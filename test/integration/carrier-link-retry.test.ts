import { afterEach, describe, expect, it } from 'vitest';
import { aText, queue, runLink, states, type LinkSetup, type RunningLink } from '../support/carrier-link.ts';
import { linkRig } from '../support/link-rig.ts';
import { until } from '../support/poll.ts';
import { accept, refuse, startRawSmsc, type RawSmsc, type RawSubmit } from '../support/raw-smsc.ts';

const rig = linkRig();
const { run, accepted, allIn } = rig;
const many = (count: number, text: Parameters<typeof aText>[0] = {}) =>
  Array.from({ length: count }, () => aText(text));
/** Pauses short enough for a test. */
const FAST = { illBackoffMs: 20, maxIllBackoffMs: 200, retryMs: 20, maxRetryMs: 100 };
const refusals = () => Object.values(rig.smsc.stats().rejected).reduce((sum, times) => sum + times, 0);

describe('an SMSC that is ill', () => {
  // RSUBMITFAIL says it of one text; of text after text it is the SMSC's trouble.
  it.each(['ESME_RSYSERR', 'ESME_RUNKNOWNERR', 'ESME_RSUBMITFAIL'])(
    'by %s is waited for: nothing is thrown away, lanes keep their order, one text at a time asks',
    async (status) => {
      rig.smsc.faults.replace({ reject: { status } });
      const ids = await queue(rig.pool, ...many(100, { kind: 'bulk' }), ...many(20, { kind: 'safety' }), ...many(80));
      const link = run({ options: { sender: FAST } });
      // Longer than three tries of the first window took.
      await until('held', () => refusals() >= 60);
      // A window, and then one by one.
      expect(refusals()).toBeLessThan(130);
      await until('told', () => link.status?.lastError?.includes(status));
      rig.smsc.faults.replace({});
      await allIn(ids, 'DELIVERED');
      expect(accepted()).toHaveLength(200);
      const { rows } = await rig.pool.query<{ phone: string }>('select phone from sms where lane = 1');
      const urgent = new Set(rows.map((row) => row.phone));
      expect(accepted().findLastIndex(({ to }) => urgent.has(to))).toBeLessThan(50);
    },
  );

  it('holds a text no longer than it is of use', async () => {
    rig.smsc.faults.replace({ reject: { status: 'ESME_RSYSERR' } });
    const ids = await queue(rig.pool, aText({ expiresAt: new Date(Date.now() + 500) }), aText());
    run({ options: { sender: FAST } });
    await until('expired', async () => (await states(rig.pool, ids))[0] === 'EXPIRED');
    rig.smsc.faults.replace({});
    await until('sent', async () => (await states(rig.pool, ids))[1] === 'DELIVERED');
    expect(accepted()).toHaveLength(1);
  });

  it('is left to others: what it holds goes back to the queue when the link stops', async () => {
    rig.smsc.faults.replace({ reject: { status: 'ESME_RSYSERR' } });
    const ids = await queue(rig.pool, ...many(30));
    const link = run({ options: { sender: FAST } });
    await until('held', () => refusals() > 30);
    await link.stop();
    expect(new Set(await states(rig.pool, ids))).toEqual(new Set(['QUEUED']));
    rig.smsc.faults.replace({});
    run();
    await allIn(ids, 'DELIVERED');
    expect(accepted()).toHaveLength(30);
  });
});

it('a session the SMSC does not know any more is bound anew, and nothing is lost or doubled', async () => {
  rig.smsc.faults.replace({ reject: { status: 'ESME_RINVBNDSTS', count: 40 } });
  const ids = await queue(rig.pool, ...many(100, { kind: 'safety' }));
  run();
  await allIn(ids, 'DELIVERED');
  expect(accepted()).toHaveLength(100);
  expect(Math.max(...accepted().map(({ session }) => session))).toBeGreaterThan(1);
});

describe('a text that is refused for now', () => {
  let smsc: RawSmsc;
  let link: RunningLink | undefined;
  afterEach(async () => {
    await link?.stop();
    await smsc.stop();
  });
  const phone = '13900000099';
  const taken: string[] = [];
  /** An SMSC that refuses that phone's texts by this status, or one of their parts, while it is told to. */
  const refusing = async (status: number, isRefused: (submit: RawSubmit) => boolean) => {
    taken.length = 0;
    smsc = await startRawSmsc({
      onSubmit: (to, submit) => {
        if (isRefused(submit)) return refuse(to, submit.sequence, status);
        taken.push(`${submit.to}/${submit.part}`);
        accept(to, submit.sequence, `id${submit.nth}`);
      },
    });
  };
  const start = (options: LinkSetup['options'] = {}) =>
    (link = runLink({ pool: rig.pool, smsc: smsc.smpp, options: { sender: FAST, ...options } }));

  it.each([
    [0x64, 100],
    [0x64, 1],
    [0x08, 100],
    // Alone on the wire, only what others meet tells that the SMSC is well.
    [0x08, 1],
  ])(
    'by status %i with a window of %i is tried again while others flow; its phone keeps its order',
    async (status, window) => {
      let refused = 0;
      let well = false;
      await refusing(status, ({ to }) => to === phone && !well && ++refused > 0);
      const [first, second] = await queue(rig.pool, aText({ phone }), aText({ phone }));
      const others = await queue(rig.pool, ...many(60));
      start({ smpp: { window } });
      await allIn(others, 'ACCEPTED');
      await until('tried often', () => refused > 8);
      expect(await states(rig.pool, [first!, second!])).toEqual(['SUBMITTING', 'SUBMITTING']);
      well = true;
      await allIn([first!, second!], 'ACCEPTED');
      expect(taken.filter((to) => to === `${phone}/1`)).toHaveLength(2);
    },
  );

  it('is REJECTED with words when that has lasted, and the next to its phone has its turn', async () => {
    let refused = 0;
    await refusing(0x45, ({ to }) => to === phone && ++refused < 8);
    const [first, second] = await queue(rig.pool, aText({ phone }), aText({ phone }), ...many(20));
    start({ sender: { ...FAST, retryForMs: 200 } });
    await allIn([second!], 'ACCEPTED');
    const { rows } = await rig.pool.query('select state, error from sms_status where sms_id = $1', [first]);
    expect(rows).toEqual([{ state: 'REJECTED', error: '0x45 ESME_RSUBMITFAIL 提交失败 (submit failed)' }]);
  });

  it('goes back to the queue when the link stops, and the parts that were taken are not sent again', async () => {
    let refused = 0;
    let well = false;
    await refusing(0x64, ({ to, part }) => to === phone && part === 2 && !well && ++refused > 0);
    const ids = await queue(rig.pool, aText({ phone, body: '好'.repeat(180) }), aText({ phone }), ...many(20));
    start();
    await until('refused', () => refused > 3 && taken.length === 22);
    await link!.stop();
    expect((await states(rig.pool, ids)).slice(0, 2)).toEqual(['SUBMITTING', 'QUEUED']);
    const { rows } = await rig.pool.query('select sms_id from sms_queue order by sms_id');
    expect(rows).toEqual([{ sms_id: ids[0] }, { sms_id: ids[1] }]);
    well = true;
    start();
    await allIn(ids, 'ACCEPTED');
    expect(taken.filter((to) => to.startsWith(phone))).toEqual([1, 3, 2, 1].map((part) => `${phone}/${part}`));
  });
});
