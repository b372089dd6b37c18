import { expect, it } from 'vitest';
import { LEASE_HELD_MS } from '../../infra/postgres/link-leases.ts';
import { createPools } from '../../workers/pools.ts';
import { aText, queue } from '../support/carrier-link.ts';
import { linkRig } from '../support/link-rig.ts';
import { until } from '../support/poll.ts';

const rig = linkRig();
const LINK = 'carrier-link/gansu/0';
const epoch = async () => (await rig.pool.query<{ epoch: number }>('select epoch from carrier_link')).rows[0]?.epoch;
const renewed = async () => {
  const { rows } = await rig.pool.query<{ renewed_at: Date }>('select renewed_at from link_lease where link = $1', [
    LINK,
  ]);
  return rows[0]!.renewed_at.getTime();
};
const reported = async () => {
  const { rows } = await rig.pool.query<{ status_at: Date }>('select status_at from carrier_link');
  return rows[0]!.status_at.getTime();
};
const delivers = async () => rig.allIn(await queue(rig.pool, aText(), aText()), 'DELIVERED');
const bound = (link: ReturnType<typeof rig.run>) => until('bound', () => link.status?.state === 'bound');
const hasEnded = (link: ReturnType<typeof rig.run>) =>
  Promise.race([link.ended.then(() => true), new Promise<false>((resolve) => setImmediate(() => resolve(false)))]);

it('goes on though the engine takes its run for dead, while the next one stands by', async () => {
  const owner = rig.run();
  await bound(owner);
  owner.giveUp();
  const next = rig.run();
  await until('standing by', () => next.status && 'standingBy' in next.status);
  await delivers();
  expect([await epoch(), rig.smsc.stats().sessions.length]).toEqual([1, 1]);
  expect(await hasEnded(owner)).toBe(false);
  // The workflow's cancellation reaches the run that stands by: it ends when the owner has given the link back.
  await next.stop();
  expect(await hasEnded(owner)).toBe(true);
  expect(rig.smsc.stats().sessions).toEqual([]);
});

it('is taken over when it is given back, and when its owner shows no life', async () => {
  const first = rig.run();
  await bound(first);
  const second = rig.run();
  await until('standing by', () => second.status && 'standingBy' in second.status);
  await first.stop();
  await bound(second);
  await delivers();
  // What a killed owner leaves.
  await second.stop();
  await rig.pool.query(
    `update link_lease set owner = gen_random_uuid(), renewed_at = now() - interval '8 s' where link = $1`,
    [LINK],
  );
  const since = performance.now();
  await bound(rig.run());
  expect(performance.now() - since).toBeGreaterThan(1_000);
  await delivers();
  expect(await epoch()).toBe(3);
});

it('stops where the engine knows of no workflow that wants it', async () => {
  const owner = rig.run({ workflow: 'TERMINATED' });
  await bound(owner);
  owner.giveUp();
  await until('it has ended', () => hasEnded(owner));
  expect(rig.smsc.stats().sessions).toEqual([]);
});

it('sends nothing while the database does not confirm that it owns the link', { timeout: 60_000 }, async () => {
  const owner = rig.run();
  await bound(owner);
  const lock = await rig.pool.connect();
  await lock.query('begin; lock table link_lease in access exclusive mode');
  const since = performance.now();
  await until('its lease is no longer sure', () => performance.now() - since > LEASE_HELD_MS);
  const ids = await queue(rig.pool, aText(), aText());
  await until('claimed', async () => (await rig.pool.query('select from sms_queue')).rowCount === 0);
  const before = await reported();
  await until('it goes on otherwise', async () => (await reported()) > before);
  expect(rig.accepted()).toEqual([]);
  await lock.query('commit');
  lock.release();
  await rig.allIn(ids, 'DELIVERED');
});

it('sends and renews though every connection of others is held', async () => {
  const { pool, longPool, linkPool, leasePool } = createPools(rig.url);
  const held = await Promise.all(
    [pool, longPool].flatMap((each) => Array.from({ length: each.options.max }, () => each.connect())),
  );
  try {
    const link = rig.run({ pool: linkPool, leasePool });
    await bound(link);
    const before = await renewed();
    await delivers();
    await until('renewed', async () => (await renewed()) > before);
    await link.stop();
  } finally {
    for (const client of held) client.release();
    await Promise.all([pool, longPool, linkPool, leasePool].map((each) => each.end()));
  }
});
