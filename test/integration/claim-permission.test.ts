import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimTexts } from '../../activities/carrier-claim.ts';
import { takeLink } from '../../activities/carrier-owner.ts';
import type { NewSms } from '../../infra/postgres/outbox.ts';
import { aText, queue, TERMS } from '../support/carrier-link.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { addSchool, guardianPhone } from '../support/school.ts';
import { textClass } from '../support/trial.ts';
import { DAY, END, START, trialRig } from '../support/trial-rig.ts';

const toGuardian = (n: number, text: Partial<NewSms> = {}) =>
  aText({ guardianId: `g${n}`, phone: guardianPhone(n), ...text });

describe('what is asked when a text leaves', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
    await addSchool(database.pool);
  });
  afterEach(() => database.drop());

  /** Whether a claim takes the text, after `since`. */
  async function isTaken(text: NewSms, since: string, billingUnit: 'household' | 'payer' = 'household') {
    const owner = await takeLink(database.pool, { tenant: 'gansu', link: 0, links: 1 });
    await queue(database.pool, text);
    await database.pool.query(since);
    const terms = { ...TERMS, billingUnit };
    return (await claimTexts(database.pool, owner, { segments: 10, lanesUpTo: 4, handed: 10, terms })).length === 1;
  }
  const CANCELLED = `update subscription set state = 'cancelled', services = '{}' where unit = 'h1'`;
  const NO_SAFETY = `update subscription set services = '{home-school}' where unit = 'h1'`;
  const TD = `insert into subscription_event
      (tenant, unit, request_id, type, package, channel, actor, payer_guardian_id, at, received_at)
    values ('gansu', 'h4', 'td', 'cancel', 'home-school', 'sms', 'g4', 'g4', now(), now())`;

  it.each<[string, Partial<NewSms>, string, boolean]>([
    ['a message', {}, 'select', true],
    ['a message, cancelled since', {}, CANCELLED, false],
    ['a message, of which safety-sms was given up', {}, NO_SAFETY, true],
    [
      'a message, to a phone the guardian no longer has',
      {},
      `update guardian set phone = '13911111111' where id = 'g1'`,
      false,
    ],
    ['a swipe, of which safety-sms was given up', { kind: 'safety' }, NO_SAFETY, false],
    ['what the law requires', { kind: 'safety', needs: null }, CANCELLED, true],
    ['a one-time password', { kind: 'one-time-password' }, CANCELLED, true],
    ['an answer', { kind: 'answer' }, CANCELLED, true],
    ['a notice', { kind: 'notice' }, CANCELLED, true],
    ['a notice of the trial, which is no longer open', { kind: 'notice', needs: 'open-trial' }, 'select', false],
  ])('%s', async (_, text, since, taken) => {
    expect(await isTaken(toGuardian(1, text), since)).toBe(taken);
  });

  it.each<[string, number, string, boolean]>([
    ['who is subscribed', 1, 'select', true],
    ['who wrote without being subscribed', 4, 'select', true],
    ['who said stop since', 4, TD, false],
    ['who is no guardian but a teacher', 0, CANCELLED, true],
  ])("a conversation's text to one %s", async (_, n, since, taken) => {
    const text = toGuardian(n, { kind: 'conversation', ...(n === 0 && { guardianId: undefined }) });
    expect(await isTaken(text, since)).toBe(taken);
  });

  it('whose subscription counts is the profile’s', async () => {
    expect(await isTaken(toGuardian(1), 'select', 'payer')).toBe(false);
    expect(await isTaken(toGuardian(2), `update subscription set unit = 'g2' where unit = 'h2'`, 'payer')).toBe(true);
  });
});

describe('the second notice of a trial', () => {
  const rig = trialRig();

  it('goes to no family that answered while it waited', async () => {
    const { pool } = rig;
    await textClass(pool, START);
    await pool.query('delete from sms_queue');
    expect(await rig.trial.sendSecondNotice({ trialId: 'xc', at: END + DAY })).toEqual({ texts: 5 });
    await rig.slip('p1', 'yes', END + DAY);
    await rig.slip('p4', 'no', END + DAY);
    const owner = await takeLink(pool, { tenant: 'shanxi', link: 0, links: 1 });
    const terms = { ...TERMS, billingUnit: 'payer' as const };
    const texts = await claimTexts(pool, owner, { segments: 10, lanesUpTo: 4, handed: 10, terms });
    // p2 is of the family whose slip came back for p1.
    expect(texts.map(({ phone }) => phone).sort()).toEqual(['13300000006', '13900000003']);
  });
});
