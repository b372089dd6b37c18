import { afterEach, describe, expect, it } from 'vitest';
import { aText, queue, runLink, states, type RunningLink } from '../support/carrier-link.ts';
import { linkRig } from '../support/link-rig.ts';
import { until } from '../support/poll.ts';
import { accept, refuse, startRawSmsc, type RawSmsc, type RawSmscOptions } from '../support/raw-smsc.ts';

const rig = linkRig();
const { run, accepted, allIn } = rig;
const many = (count: number, text: Parameters<typeof aText>[0] = {}) =>
  Array.from({ length: count }, () => aText(text));
const timesAccepted = (body: string) => accepted().filter(({ text }) => text === body).length;

/** What is queued, by lane, and how many seconds after its part became UNCERTAIN it may leave. */
const queued = async () => {
  const { rows } = await rig.pool.query<{ lane: number; attempt: number; seconds: number }>(
    `select distinct q.lane, q.attempt, round(extract(epoch from q.not_before - p.at))::integer as seconds
    from sms_queue q join sms_part p using (sms_id) order by q.lane`,
  );
  return rows;
};
/** What is queued for later may leave now. */
const timePasses = () => rig.pool.query('update sms_queue set not_before = now()');

describe('a TCP drop with safety texts in flight', () => {
  it('doubles none whose receipt comes with the new connection', async () => {
    rig.smsc.faults.replace({ dropBeforeResponse: { count: 100 } });
    const ids = await queue(rig.pool, ...many(90, { kind: 'safety' }), ...many(10, { kind: 'one-time-password' }));
    run();
    await allIn(ids, 'DELIVERED');
    await until('nothing is queued', async () => (await queued()).length === 0);
    expect(accepted()).toHaveLength(100);
  });

  it('sends each once more whose receipt does not come, after its time', async () => {
    rig.smsc.faults.replace({ dropBeforeResponse: { count: 20 }, receipts: { mode: 'missing', delayMs: 1 } });
    const texts = [...many(10, { kind: 'safety' }), ...many(10, { kind: 'one-time-password' })];
    const ids = await queue(rig.pool, ...texts);
    run();
    await allIn(ids, 'UNCERTAIN');
    expect(await queued()).toEqual([
      { lane: 0, attempt: 2, seconds: 8 },
      { lane: 1, attempt: 2, seconds: 15 },
    ]);
    await timePasses();
    await allIn(ids, 'ACCEPTED');
    for (const { body } of texts) expect(timesAccepted(body)).toBe(2);
  });
});

it('a late response takes what was to be sent again out of the queue', async () => {
  rig.smsc.faults.replace({ slow: { delayMs: 2_000, count: 1 }, receipts: { mode: 'missing', delayMs: 1 } });
  const ids = await queue(rig.pool, aText({ kind: 'safety' }));
  run({ options: { smpp: { responseTimeoutMs: 100 } } });
  await allIn(ids, 'UNCERTAIN');
  expect(await queued()).toHaveLength(1);
  await allIn(ids, 'ACCEPTED');
  expect(await queued()).toEqual([]);
  expect(accepted()).toHaveLength(1);
});

describe('of what is never sent twice', () => {
  let smsc: RawSmsc;
  let link: RunningLink | undefined;
  afterEach(async () => {
    await link?.stop();
    await smsc.stop();
  });
  const start = async (onSubmit: RawSmscOptions['onSubmit'], window = 100) => {
    smsc = await startRawSmsc({ ...(onSubmit && { onSubmit }) });
    link = runLink({ pool: rig.pool, smsc: smsc.smpp, options: { smpp: { responseTimeoutMs: 200, window } } });
  };

  it.each([0x58, 0x14, 0x08, 0x45, 0x64, 0xfe])(
    'a text that a late response (%i) proves not taken is',
    async (status) => {
      let answerLate: (() => void) | undefined;
      await start((to, { sequence, nth }) => {
        if (nth === 1) answerLate = () => refuse(to, sequence, status);
        else accept(to, sequence, `id${nth}`);
      });
      const ids = await queue(rig.pool, aText({ kind: 'bulk' }));
      await allIn(ids, 'UNCERTAIN');
      answerLate!();
      await allIn(ids, 'ACCEPTED');
      expect(smsc.connections.flatMap(({ submits }) => submits)).toHaveLength(2);
    },
  );

  it('the part that a drop left UNCERTAIN is not, the parts that never left are', async () => {
    const parts: number[] = [];
    await start((to, { sequence, nth, part }) => {
      parts.push(part);
      if (nth === 1) to.socket.destroy();
      else accept(to, sequence, `id${nth}`);
    }, 1);
    const ids = await queue(rig.pool, aText({ body: '好'.repeat(180) }));
    await until('the others', () => parts.length >= 3);
    const next = await queue(rig.pool, aText());
    await allIn(next, 'ACCEPTED');
    expect(parts).toEqual([1, 2, 3, 1]);
    expect(await states(rig.pool, ids)).toEqual(['UNCERTAIN']);
  });
});
