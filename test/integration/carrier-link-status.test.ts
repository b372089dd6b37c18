import { expect, it } from 'vitest';
import { steer } from '../../activities/carrier-status.ts';
import { aText, queue } from '../support/carrier-link.ts';
import { linkRig } from '../support/link-rig.ts';
import { until } from '../support/poll.ts';

const rig = linkRig();

it('tells the newest trouble with its time, whoever noticed it', async () => {
  rig.smsc.faults.replace({ reject: { status: 'ESME_RINVDSTADR', count: 1 } });
  const link = rig.run();
  await until('bound', () => link.status?.state === 'bound');
  expect(link.status).toMatchObject({ lastError: null, lastErrorAt: null });
  await queue(rig.pool, aText());
  const refused = await until('refused', () => link.status?.lastError?.includes('RINVDSTADR') && link.status);
  expect(Math.abs(Date.now() - Date.parse(refused.lastErrorAt!))).toBeLessThan(5_000);
  // Of what comes in, which an older one of what goes out must not hide.
  await rig.pool.query('alter table mo rename to mo_away');
  rig.smsc.sendFromPhone({ from: '13900000001', to: '10657099', text: '好的' });
  const inbound = await until('inbound', () => link.status?.lastError?.includes('not stored') && link.status);
  expect(inbound.lastErrorAt! > refused.lastErrorAt!).toBe(true);
  await rig.pool.query('alter table mo_away rename to mo');
});

it('a drain that was asked for is no trouble', async () => {
  const link = rig.run();
  await until('bound', () => link.status?.state === 'bound');
  await steer(rig.pool, 'gansu', 0, { paused: false, drained: true, rate: null });
  await until('drained', () => link.status?.state === 'disconnected');
  expect(link.status).toMatchObject({ lastError: null, lastErrorAt: null });
});

it.each([
  ['drained', { paused: false, drained: true, rate: null }],
  ['paused', { paused: true, drained: false, rate: null }],
])('a new owner finds the link %s before it sends, however late it can report', async (_, asked) => {
  await steer(rig.pool, 'gansu', 0, asked);
  await queue(rig.pool, aText());
  // A database that refuses its first report.
  await rig.pool.query(
    `create sequence reports;
    create function refuse() returns trigger language plpgsql as $$ begin
      if new.status_at is distinct from old.status_at and nextval('reports') = 1 then raise 'no'; end if;
      return new;
    end $$;
    create trigger refuse before update on carrier_link for each row execute function refuse()`,
  );
  const link = rig.run({ options: { reportMs: 300 } });
  await until('told', () => link.status?.state === (asked.drained ? 'disconnected' : 'paused'));
  await until(
    'reported',
    async () => (await rig.pool.query('select from carrier_link where status is not null')).rowCount,
  );
  expect(rig.accepted()).toEqual([]);
  if (asked.drained) expect(link.status).toMatchObject({ lastError: null });
});

it('sends nothing while paused, also of what it has claimed and was refused for now', async () => {
  rig.smsc.faults.replace({ reject: { status: 'ESME_RSYSERR' } });
  const ids = await queue(rig.pool, ...Array.from({ length: 200 }, () => aText()));
  const link = rig.run({ options: { sender: { illBackoffMs: 10, maxIllBackoffMs: 10 } } });
  const refused = () => Object.values(rig.smsc.stats().rejected).reduce((sum, times) => sum + times, 0);
  await until('refused', () => refused() > 110);
  await steer(rig.pool, 'gansu', 0, { paused: true, drained: false, rate: null });
  await until('paused', () => link.status?.state === 'paused');
  rig.smsc.faults.replace({});
  const before = refused();
  // Bound all the same: what comes in is taken.
  rig.smsc.sendFromPhone({ from: '13900000001', to: '10657099', text: '好的' });
  await until('taken', async () => (await rig.pool.query('select from mo')).rowCount === 1);
  expect([refused(), rig.accepted().length]).toEqual([before, 0]);
  await steer(rig.pool, 'gansu', 0, { paused: false, drained: false, rate: null });
  await rig.allIn(ids, 'DELIVERED');
  expect(rig.accepted()).toHaveLength(200);
});
