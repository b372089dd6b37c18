import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimTexts } from '../../activities/carrier-claim.ts';
import { takeLink } from '../../activities/carrier-owner.ts';
import { startSmsc, type Smsc } from '../../infra/embedded/smsc/smsc.ts';
import { messageFate } from '../../infra/postgres/messages.ts';
import { decideUncertain, listUncertain, type Decision, type UncertainScope } from '../../infra/postgres/uncertain.ts';
import { aText, runLink, states, TERMS } from '../support/carrier-link.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';
import { addMessage, addSchool } from '../support/school.ts';
import { loseQueued, loseTexts } from '../support/uncertain.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
  await addSchool(database.pool);
});
afterEach(() => database.drop());

const scope: UncertainScope = { tenants: ['gansu'] };
let keys = 0;
const decide = (as: Decision['as'], where: Partial<UncertainScope> = {}, { limit = 100, key = `k${++keys}` } = {}) =>
  decideUncertain(
    database.pool,
    { ...scope, ...where },
    { as, note: 'asked the carrier', accountId: 'a1', requestKey: key },
    limit,
  );
const listed = async (where: Partial<UncertainScope> = {}) =>
  (await listUncertain(database.pool, { ...scope, ...where }, undefined, 100)).rows.map(({ id }) => id);
const LONG = { body: '长'.repeat(160) };

describe('a decision', () => {
  it.each([
    ['delivered', 'DELIVERED', { delivered: 1 }],
    ['given-up', 'FAILED', { failed: 1 }],
    ['resend', 'QUEUED', { queued: 1 }],
  ] as const)('%s makes the text %s, in the view and in the counts of its message', async (as, state, counts) => {
    const messageId = await addMessage(database.pool, { audience: { classIds: ['c1'] } });
    const ids = await loseTexts(database.pool, [aText({ messageId })]);
    const nothing = { queued: 0, submitted: 0, accepted: 0, delivered: 0, failed: 0, suppressed: 0 };
    expect(await states(database.pool, ids)).toEqual(['UNCERTAIN']);
    expect(await messageFate(database.pool, messageId)).toEqual({
      counts: { ...nothing, submitted: 1 },
      uncertain: 1,
      counted: true,
    });

    expect(await decide(as)).toMatchObject({ decided: 1, attempt: 1 });
    expect(await states(database.pool, ids)).toEqual([state]);
    expect(await messageFate(database.pool, messageId)).toEqual({
      counts: { ...nothing, ...counts },
      uncertain: 0,
      counted: true,
    });
    expect(await listed()).toEqual([]);
  });

  it('is taken once for a text and attempt, however many ask at once', async () => {
    await loseTexts(database.pool, [aText()]);
    const results = await Promise.all([decide('resend'), decide('given-up'), decide('delivered'), decide('resend')]);
    expect(results.map(({ decided }) => decided).toSorted()).toEqual([0, 0, 0, 1]);
    await expect(database.pool.query('update sms_decision set note = $1', ['x'])).rejects.toThrow('append-only');
  });

  it('with the same key acts once, and tells what it did', async () => {
    await loseTexts(database.pool, [aText(), aText(), aText()]);
    const first = await decide('resend', {}, { limit: 2, key: 'same' });
    expect(first).toMatchObject({ decided: 2 });
    expect(await decide('resend', {}, { limit: 2, key: 'same' })).toEqual(first);
    expect(await listed()).toHaveLength(1);
  });

  it('is overruled by what the carrier says later', async () => {
    const [given, delivered] = await loseTexts(database.pool, [aText(), aText()]);
    await decide('given-up', { id: given! });
    await decide('delivered', { id: delivered! });
    await database.pool.query(
      `insert into sms_receipt (tenant, smsc_id, phone, state, sms_id, part)
      values ('gansu', 'x', 'p', 'DELIVERED', $1, 1), ('gansu', 'y', 'p', 'FAILED', $2, 1)`,
      [given, delivered],
    );
    expect(await states(database.pool, [given!, delivered!])).toEqual(['DELIVERED', 'FAILED']);
    const { rows } = await database.pool.query('select decided from sms_status where decided is not null');
    expect(rows).toEqual([]);
  });

  it('is asked for anew when what was sent again is lost again', async () => {
    const [id] = await loseTexts(database.pool, [aText()]);
    await decide('resend');
    await loseQueued(database.pool);
    expect(await listed()).toEqual([id]);
    expect(await decide('given-up')).toMatchObject({ decided: 1, attempt: 2 });
    expect(await states(database.pool, [id!])).toEqual(['FAILED']);
  });
});

describe('the list', () => {
  it('has what waits for a person, the longest waiting first, of the scope alone', async () => {
    const messageId = await addMessage(database.pool, { audience: { classIds: ['c1'] } });
    const first = await loseTexts(database.pool, [aText({ messageId, ...LONG })], [1]);
    const second = await loseTexts(database.pool, [aText()]);
    const other = await loseTexts(database.pool, [aText({ tenant: 'shanxi' })]);
    expect(await listed()).toEqual([...first, ...second]);
    expect(await listed({ messageId })).toEqual(first);
    expect(await listed({ tenants: ['gansu', 'shanxi'] })).toEqual([...first, ...second, ...other]);
    const { rows } = await listUncertain(database.pool, { ...scope, messageId }, undefined, 1);
    expect(rows[0]).toMatchObject({ parts: 3, uncertainParts: 2, reason: 'the connection broke', expired: false });
    expect(await listed({ before: new Date(rows[0]!.since) })).toEqual([]);
    expect((await listUncertain(database.pool, scope, [rows[0]!.since, String(first[0])], 9)).rows).toHaveLength(1);
  });

  it('has no text that is sent again by itself, is in the hands of a link, or has a part refused', async () => {
    await loseTexts(database.pool, [aText({ kind: 'safety' })]);
    expect(await listed()).toEqual([]);
    const owner = await takeLink(database.pool, { tenant: 'gansu', link: 0, links: 1 });
    // It waited for its receipt long enough.
    await database.pool.query('update sms_queue set not_before = now()');
    expect(
      await claimTexts(database.pool, owner, { segments: 10, lanesUpTo: 4, handed: 10, terms: TERMS }),
    ).toHaveLength(1);
    expect(await listed()).toEqual([]);
    expect(await decide('given-up')).toMatchObject({ decided: 0 });
    // Its owner dies: now it was lost twice.
    await takeLink(database.pool, { tenant: 'gansu', link: 0, links: 1 });
    expect(await listed()).toHaveLength(1);
    await database.pool.query(
      `insert into sms_part (sms_id, part, attempt, state) select sms_id, 1, 3, 'REJECTED' from sms_part limit 1`,
    );
    expect(await listed()).toEqual([]);
  });
});

describe('a text sent again', () => {
  let smsc: Smsc;
  beforeEach(async () => {
    smsc = await startSmsc({ receiptDelayMs: 10 });
  });
  afterEach(() => smsc.stop());

  it('leaves as its next attempt, with its old reference, without the parts that were accepted', async () => {
    const [id] = await loseTexts(database.pool, [aText(LONG)], [1]);
    const { rows } = await database.pool.query<{ reference: number }>(
      `select distinct reference from sms_part where state = 'UNCERTAIN'`,
    );
    await decide('resend');
    const link = runLink({ pool: database.pool, smsc: smsc.smpp });
    await until('accepted', async () => (await states(database.pool, [id!]))[0] === 'ACCEPTED');
    await link.stop();
    const sent = smsc.acceptLog.after(0, 10);
    expect(sent.map(({ part, reference }) => [part, reference])).toEqual([
      [2, rows[0]!.reference],
      [3, rows[0]!.reference],
    ]);
    const attempts = await database.pool.query(
      `select part, attempt from sms_part where state = 'ACCEPTED' order by part`,
    );
    expect(attempts.rows).toEqual([
      { part: 1, attempt: 1 },
      { part: 2, attempt: 2 },
      { part: 3, attempt: 2 },
    ]);
  });

  it('is not sent when a receipt comes first: what is known to have arrived stays so', async () => {
    const [id] = await loseTexts(database.pool, [aText()]);
    await decide('resend');
    await database.pool.query(`update sms_part set state = 'ACCEPTED', smsc_id = 'late'`);
    const link = runLink({ pool: database.pool, smsc: smsc.smpp });
    await until('claimed', async () => (await database.pool.query('select from sms_queue')).rowCount === 0);
    await link.stop();
    expect(smsc.acceptLog.after(0, 10)).toEqual([]);
    expect(await states(database.pool, [id!])).toEqual(['ACCEPTED']);
  });

  it('is refused once it is of no use any more, and EXPIRED when it became so on its way', async () => {
    const soon = new Date(Date.now() + 500);
    const [id] = await loseTexts(database.pool, [aText({ kind: 'conversation', expiresAt: soon })]);
    await decide('resend');
    await until('of no use', () => Date.now() > soon.getTime());
    const link = runLink({ pool: database.pool, smsc: smsc.smpp });
    await until('claimed', async () => (await database.pool.query('select from sms_queue')).rowCount === 0);
    await link.stop();
    expect(smsc.acceptLog.after(0, 10)).toEqual([]);
    await database.pool.query('alter table sms disable trigger append_only');
    await database.pool.query(`update sms set expires_at = now() - interval '2 minutes'`);
    expect(await states(database.pool, [id!])).toEqual(['EXPIRED']);

    const [late] = await loseTexts(database.pool, [aText({ expiresAt: new Date(Date.now() - 1) })]);
    expect(await decide('resend', { id: late! })).toMatchObject({ decided: 0 });
    expect(await decide('given-up', { id: late! })).toMatchObject({ decided: 1 });
  });
});
