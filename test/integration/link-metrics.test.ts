import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimTexts } from '../../activities/carrier-claim.ts';
import { takeLink } from '../../activities/carrier-owner.ts';
import { startSmsc, type Smsc } from '../../infra/embedded/smsc/smsc.ts';
import { OPS_TOKEN, startApi, type TestApi } from '../support/api.ts';
import { aText, queue, runLink, states, TERMS, type LinkSetup, type RunningLink } from '../support/carrier-link.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';
import { loseTexts } from '../support/uncertain.ts';

let database: TestDatabase;
let smsc: Smsc;
let api: TestApi;
let link: RunningLink | undefined;
beforeEach(async () => {
  database = await createTestDatabase();
  smsc = await startSmsc({ receiptDelayMs: 10 });
  api = await startApi({ pool: database.pool });
});
afterEach(async () => {
  await link?.stop();
  link = undefined;
  await api.close();
  await smsc.stop();
  await database.drop();
});

/** As in production: it reports each second. */
const run = (setup: Partial<LinkSetup> = {}) =>
  (link = runLink({
    ...{ pool: database.pool, smsc: smsc.smpp, ...setup },
    options: { reportMs: 1_000, ...setup.options },
  }));
/** A sample's value, undefined when there is none. */
async function sample(name: string, labels = 'tenant="gansu",link="0"'): Promise<number | undefined> {
  const text = await (await api.ask('GET', '/metrics', { token: OPS_TOKEN })).text();
  const line = text.split('\n').find((each) => each.startsWith(`campusline_${name}{${labels}} `));
  return line === undefined ? undefined : Number(line.split(' ').at(-1)!.replace('+Inf', 'Infinity'));
}
const upIs = (value: number, timeoutMs?: number) =>
  until(`up ${value}`, async () => (await sample('carrier_link_up')) === value, timeoutMs);
const part = async () => {
  const { parts } = (await (await api.ask('GET', '/readyz', { token: OPS_TOKEN })).json()) as {
    parts: { name: string; status: string; detail: Record<string, unknown> }[];
  };
  return parts.find(({ name }) => name === 'carrier-link/gansu/0');
};

describe('a carrier link', () => {
  it('is up with its window and rate; once its connection is dropped it shows down within 3 s', async () => {
    run({ rate: 500 });
    await upIs(1);
    expect(await sample('carrier_link_rate_segments')).toBe(500);
    expect(await sample('carrier_link_window')).toBe(100);
    expect(await sample('carrier_link_in_flight')).toBe(0);
    expect(await sample('carrier_link_epoch')).toBe(1);
    expect(await sample('carrier_link_last_error_timestamp_seconds')).toBeUndefined();
    expect(await part()).toMatchObject({
      status: 'ok',
      detail: { state: 'bound', rate: 500, window: 100, inFlight: 0, uncertain: 0, lastError: null, unsettled: 0 },
    });

    const dropped = Date.now();
    await smsc.act({ action: 'restart', downMs: 20_000 });
    await upIs(0, 3_000);
    expect(await sample('carrier_link_last_error_timestamp_seconds')).toBeGreaterThanOrEqual(dropped / 1000 - 0.1);
    await until('not ready', async () => (await part())?.status === 'down');
    expect((await part())!.detail['lastError']).toEqual(expect.any(String));
  });

  it('without a limit has the rate +Inf; whose owner is gone it is down and stale, with what it said last', async () => {
    run();
    await upIs(1);
    expect(await sample('carrier_link_rate_segments')).toBe(Infinity);
    // Frozen, as far as the database can tell: it says nothing any more.
    await link!.stop();
    await database.pool.query(`update carrier_link set status = status || '{"state":"bound"}', status_at = now()`);
    await database.pool.query('update link_lease set owner = gen_random_uuid(), renewed_at = now()');
    expect((await part())!.status).not.toBe('stale');
    await upIs(0);
    expect(await sample('carrier_link_in_flight')).toBeUndefined();
    expect(await sample('carrier_link_epoch')).toBe(1);
    await until('stale', async () => (await part())?.status === 'stale');
    expect(await part()).toMatchObject({ detail: { state: 'stale', was: 'bound', window: 100, lastError: null } });

    // One that its carrier has no more is not missed.
    await database.pool.query(`insert into carrier_link (tenant, link) values ('shanxi', 0), ('shanxi', 1)`);
    await database.pool.query(`insert into carrier_binds (tenant, links) values ('shanxi', 1)`);
    // Scrapes at once share a reading.
    const isShown = async () => (await sample('carrier_link_up', 'tenant="shanxi",link="0"')) !== undefined;
    await until('the carrier is read', isShown);
    expect(await sample('carrier_link_up', 'tenant="shanxi",link="0"')).toBe(0);
    expect(await sample('carrier_link_up', 'tenant="shanxi",link="1"')).toBeUndefined();
  });
});

describe('what links did', () => {
  const outcomes = (state: string) => sample('outcomes_total', `tenant="gansu",state="${state}"`);

  it('is counted by outcome, over owners, with the texts sent a second time', async () => {
    // No receipt tells what became of them, so they are sent again.
    smsc.faults.replace({ dropBeforeResponse: { count: 4 }, receipts: { mode: 'missing', delayMs: 1 } });
    const ids = await queue(
      database.pool,
      ...Array.from({ length: 4 }, () => aText({ kind: 'safety', body: '长'.repeat(80) })),
    );
    run();
    await until('all are there', async () => {
      // They would wait 15 s for one.
      await database.pool.query('update sms_queue set not_before = now()');
      return (await states(database.pool, ids)).every((state) => ['ACCEPTED', 'DELIVERED'].includes(state));
    });
    await until('counted', async () => (await outcomes('ACCEPTED')) === 8);
    const uncertain = await outcomes('UNCERTAIN');
    expect(uncertain).toBeGreaterThan(0);
    const resent = (await sample('resent_texts_total', 'tenant="gansu"'))!;
    expect(resent).toBeGreaterThan(0);
    expect(resent).toBeLessThanOrEqual(4);
    await link!.stop();

    // The next owner goes on counting, and counts what a dead one left.
    await loseTexts(database.pool, [aText()]);
    run();
    await queue(database.pool, aText());
    await until('counted on', async () => (await outcomes('ACCEPTED')) === 9);
    expect(await sample('resent_texts_total', 'tenant="gansu"')).toBe(resent);
  });

  it('and what is uncertain is counted however old, until it is decided', async () => {
    const [old] = await loseTexts(database.pool, [aText({ body: '长'.repeat(80) }), aText()]);
    await database.pool.query(`update sms_part set at = now() - interval '8 days' where sms_id = $1`, [old]);
    const is = (parts: number | undefined) =>
      until('counted', async () => (await sample('uncertain_parts', 'tenant="gansu"')) === parts);
    await is(3);
    expect(await sample('uncertain_texts', 'tenant="gansu"')).toBe(2);
    await database.pool.query(`insert into account (id, tenants, role, login) values ('o', '{gansu}', 'ops', 'o')`);
    const decide = (id: number) =>
      database.pool.query(
        `insert into sms_decision (sms_id, attempt, "as", account_id, request_key, note)
        values ($1, 1, 'given-up', 'o', 'k', 'n')`,
        [id],
      );
    await decide(old!);
    await is(1);
    // What comes after is found though the reading begins later by now.
    await loseTexts(database.pool, [aText(), aText()]);
    await is(3);
    await decide(old! + 1);
    await is(2);
  });

  it('also of an owner that died: the next one finds what it had on its way', async () => {
    await queue(database.pool, aText(), aText());
    const owner = await takeLink(database.pool, { tenant: 'gansu', link: 0, links: 1 });
    await claimTexts(database.pool, owner, { segments: 10, lanesUpTo: 4, handed: 10, terms: TERMS });
    run();
    await until('counted', async () => (await outcomes('UNCERTAIN')) === 2);
  });
});
