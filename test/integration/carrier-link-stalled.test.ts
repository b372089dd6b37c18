import { afterEach, expect, it } from 'vitest';
import { aText, queue, runLink, states, type RunningLink } from '../support/carrier-link.ts';
import { linkRig } from '../support/link-rig.ts';
import { until } from '../support/poll.ts';
import { accept, startRawSmsc, type RawSmsc, type RawSmscOptions } from '../support/raw-smsc.ts';

const rig = linkRig();
const WINDOW = 20;
let smsc: RawSmsc;
let link: RunningLink;
afterEach(async () => {
  await link.stop();
  await smsc.stop();
});

const many = (count: number) => Array.from({ length: count }, () => aText({ kind: 'bulk' }));
const start = async (onSubmit: RawSmscOptions['onSubmit'], stallGraceMs: number, window = WINDOW) => {
  smsc = await startRawSmsc({ ...(onSubmit && { onSubmit }) });
  const options = { smpp: { window, responseTimeoutMs: 150 }, sender: { stallGraceMs } };
  link = runLink({ pool: rig.pool, smsc: smsc.smpp, options });
};
const uncertain = async (ids: number[]) =>
  (await states(rig.pool, ids)).filter((state) => state === 'UNCERTAIN').length;

it('an SMSC that answers no submit is fed one text a connection, and told to be stalled', async () => {
  let well = false;
  await start((to, { sequence, nth }) => void (well && accept(to, sequence, `id${nth}`)), 100);
  const ids = await queue(rig.pool, ...many(300));
  await until('stalled', () => link.status?.state === 'stalled');
  // A response's time each, and more.
  await until('asked again and again', () => smsc.connections.length >= 6);
  const submits = smsc.connections.map((connection) => connection.submits.length);
  expect(submits[0]).toBeLessThanOrEqual(WINDOW);
  expect(Math.max(...submits.slice(1))).toBe(1);
  expect(link.status?.state).toBe('stalled');
  expect(await uncertain(ids)).toBeLessThanOrEqual(WINDOW + smsc.connections.length - 1);
  well = true;
  await until('bound', () => link.status?.state === 'bound');
  await until('all have their end', async () =>
    (await states(rig.pool, ids)).every((state) => state === 'ACCEPTED' || state === 'UNCERTAIN'),
  );
  expect(await uncertain(ids)).toBeLessThanOrEqual(WINDOW + smsc.connections.length - 1);
});

it('one that was only slow goes on over the same connection', async () => {
  const late: (() => void)[] = [];
  let slow = true;
  await start((to, { sequence, nth }) => {
    const answer = () => accept(to, sequence, `id${nth}`);
    if (slow) late.push(answer);
    else answer();
  }, 10_000);
  const ids = await queue(rig.pool, ...many(100));
  await until('stalled', () => link.status?.state === 'stalled');
  slow = false;
  for (const answer of late) answer();
  await until('accepted', async () => (await states(rig.pool, ids)).every((state) => state === 'ACCEPTED'));
  expect(smsc.connections).toHaveLength(1);
  await until('bound', () => link.status?.state === 'bound');
});

it('a submit without a response keeps its place in the window until the connection ends', async () => {
  let open = 0;
  let most = 0;
  await start(
    (to, { sequence, nth }) => {
      if (nth === 1) return;
      most = Math.max(most, ++open);
      setImmediate(() => {
        open -= 1;
        accept(to, sequence, `id${nth}`);
      });
    },
    10_000,
    2,
  );
  const [first, ...others] = await queue(rig.pool, ...many(40));
  await until('uncertain', async () => (await states(rig.pool, [first!]))[0] === 'UNCERTAIN');
  const next = await queue(rig.pool, ...many(40));
  await until('accepted', async () =>
    (await states(rig.pool, [...others, ...next])).every((state) => state === 'ACCEPTED'),
  );
  expect(most).toBe(1);
  expect(smsc.connections).toHaveLength(1);
});
