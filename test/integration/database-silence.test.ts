import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ROSTER, stormWith } from '../faults/storm.ts';
import { Texts, WINDOW } from '../faults/texts.ts';
import { giveToken } from '../support/api.ts';
import { addFamilies, READER_ACCOUNTS, READERS } from '../support/families.ts';
import { until } from '../support/poll.ts';
import { startProxy, type Proxy } from '../support/proxy.ts';
import { Rig } from '../support/rig.ts';

/** After this all is as before, whatever peer was away. */
const AGAIN_WITHIN_MS = 15_000;
const TOKEN = 'token-of-ops';
const SWIPES = 60;

let rig: Rig;
let proxy: Proxy;
let api: string;
beforeAll(async () => {
  rig = await Rig.start({
    accounts: READER_ACCOUNTS,
    workers: [],
    load: async (pool) => {
      await addFamilies(pool, { ...ROSTER, families: 2_000 });
      await pool.query(`insert into account (id, tenants, role, login) values ('ops', '{gansu}', 'ops', 'ops')`);
      await giveToken(pool, 'ops', TOKEN);
    },
  });
  proxy = await startProxy(rig.databaseUrl);
  const env = { DATABASE_URL: proxy.through(rig.databaseUrl) };
  await rig.startWorker(['core', 'carrier', 'readers'], env);
  ({ url: api } = await rig.startApi(env));
}, 120_000);
beforeEach(() => rig.heal());
afterAll(async () => {
  await rig?.stop();
  await proxy?.stop();
}, 60_000);

const ask = () => fetch(`${api}/api/v1/uncertain`, { headers: { authorization: `Bearer ${TOKEN}` } });

it('a carrier link sends again, nothing lost and nothing twice', { timeout: 120_000 }, async () => {
  const texts = await Texts.open(rig, 'silence');
  // Slow enough to be in the middle of it.
  await rig.smsc.faults({ slow: { delayMs: 100 } });
  await texts.queue(1_000, 'safety', 'bulk', 'class-message');
  await texts.acceptedAtLeast(WINDOW);
  proxy.silence();
  const { length: before } = await texts.accepted();
  // Those on the wire have their answer all the same, so it is a claim of after the silence that tells.
  const more = before + 3 * WINDOW;
  await until('sending again', async () => (await texts.accepted()).length > more, AGAIN_WITHIN_MS);
  const { failures, lost, possibleDuplicates } = await texts.audit();
  expect({ failures, lost, possibleDuplicates }).toEqual({ failures: [], lost: 0, possibleDuplicates: 0 });
});

it('a reader link stores and acks again, and attendance is recorded', { timeout: 120_000 }, async () => {
  const { failures, lost } = await stormWith(rig, SWIPES, async (storm) => {
    proxy.silence();
    await until('all acked', () => storm.acked === SWIPES * READERS.length, AGAIN_WITHIN_MS);
  });
  expect({ failures, lost }).toEqual({ failures: [], lost: 0 });
});

it('a parent’s text is answered, once', { timeout: 60_000 }, async () => {
  const phone = '13900000001';
  const answers = async () => (await rig.smsc.textsOf(phone)).filter(({ from }) => from === '10657099').length;
  const before = await answers();
  proxy.silence();
  await rig.smsc.textFrom(phone, 'CX', '10657099');
  await until('answered', async () => (await answers()) > before, AGAIN_WITHIN_MS);
  expect(await answers()).toBe(before + 1);
});

it('the API says so and when to ask again, and then answers', { timeout: 60_000 }, async () => {
  expect((await ask()).status).toBe(200);
  const since = performance.now();
  proxy.silence();
  const silent = await ask();
  expect(silent.status).toBe(503);
  expect(silent.headers.get('content-type')).toContain('application/problem+json');
  expect(Number(silent.headers.get('retry-after'))).toBeGreaterThan(0);
  await until('answered', async () => (await ask()).ok, AGAIN_WITHIN_MS - (performance.now() - since));
  expect((await fetch(`${api}/readyz`)).status).toBe(200);
});

it('all goes on over a slow line', { timeout: 120_000 }, async () => {
  proxy.delay(150);
  try {
    const texts = await Texts.open(rig, 'slow');
    await texts.queue(100, 'safety', 'bulk');
    const { failures, lost, possibleDuplicates } = await texts.audit();
    expect({ failures, lost, possibleDuplicates }).toEqual({ failures: [], lost: 0, possibleDuplicates: 0 });
    expect((await ask()).status).toBe(200);
  } finally {
    proxy.delay(0);
  }
});
