import { expect, it } from 'vitest';
import { DRAIN_MS } from '../../activities/carrier-link-options.ts';
import { UNBIND_TIMEOUT_MS } from '../../infra/smpp/client.ts';
import { SHUTDOWN_FORCE_MS } from '../../workers/tuning.ts';
import { aText, queue, states } from '../support/carrier-link.ts';
import { linkRig } from '../support/link-rig.ts';
import { until } from '../support/poll.ts';

const rig = linkRig();
const many = (count: number) => Array.from({ length: count }, () => aText());

it('leaves time for what comes after the drain before a worker is forced to stop', () => {
  expect(DRAIN_MS + UNBIND_TIMEOUT_MS).toBeLessThan(SHUTDOWN_FORCE_MS);
});

it('takes no longer than that, though the SMSC says nothing any more; what never left is queued', async () => {
  const ids = await queue(rig.pool, ...many(300));
  const link = rig.run({ options: { drainMs: DRAIN_MS } });
  await until('bound', () => link.status?.state === 'bound');
  rig.smsc.faults.replace({ silent: { accept: false } });
  const more = await queue(rig.pool, ...many(300));
  await until('in flight', () => link.status!.inFlight > 0);
  const since = performance.now();
  await link.stop();
  expect(performance.now() - since).toBeLessThan(SHUTDOWN_FORCE_MS);
  const after = await states(rig.pool, [...ids, ...more]);
  expect(after).not.toContain('SUBMITTING');
  expect(after.filter((state) => state === 'UNCERTAIN').length).toBeLessThanOrEqual(100);
  const { rows } = await rig.pool.query('select from sms_batch where settled_at is null');
  expect(rows).toEqual([]);
});

it('what is in flight has its response before the link lets go', async () => {
  rig.smsc.faults.replace({ slow: { delayMs: 1_000 }, receipts: { mode: 'missing', delayMs: 1 } });
  const ids = await queue(rig.pool, ...many(200));
  const link = rig.run({ options: { drainMs: DRAIN_MS } });
  await until('in flight', () => rig.accepted().length > 0);
  await link.stop();
  const after = await states(rig.pool, ids);
  expect(new Set(after)).toEqual(new Set(['ACCEPTED', 'QUEUED']));
  expect(after.filter((state) => state === 'ACCEPTED')).toHaveLength(rig.accepted().length);
});
