import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OutcomeWriter } from '../../activities/carrier-outcomes.ts';
import { LinkCounts } from '../../activities/link-counts.ts';
import { claimTexts } from '../../activities/carrier-claim.ts';
import { takeLink } from '../../activities/carrier-owner.ts';
import type { PartOutcome } from '../../activities/carrier-record.ts';
import { createLog } from '../../infra/telemetry/log.ts';
import { aText, queue, runLink, states, TERMS, type RunningLink } from '../support/carrier-link.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/poll.ts';
import { accept, startRawSmsc, type RawSmsc } from '../support/raw-smsc.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const statesOf = async (ids: number[]) => {
  const { rows } = await database.pool.query<{ state: string; error: string | null }>(
    'select state, error from sms_status where sms_id = any($1) order by sms_id',
    [ids],
  );
  return rows;
};

describe('a message id that is none', () => {
  let smsc: RawSmsc;
  let link: RunningLink | undefined;
  afterEach(async () => {
    await link?.stop();
    await smsc.stop();
  });

  // SMPP 3.4 §5.2.23: 65 octets with the NUL. At random, so that no index compresses it.
  it.each([65, 6_000, 60_000])(
    'of %i characters leaves its text UNCERTAIN, and the next 50 are accepted',
    async (n) => {
      const id = Array.from(
        { length: n },
        () => 'abcdefghijklmnopqrstuvwxyz0123456789'[Math.trunc(Math.random() * 36)],
      );
      smsc = await startRawSmsc({
        onSubmit: (to, { sequence, nth }) => accept(to, sequence, nth === 1 ? id.join('') : `id${nth}`),
      });
      const [first] = await queue(database.pool, aText());
      link = runLink({ pool: database.pool, smsc: smsc.smpp });
      await until('its outcome', async () => (await states(database.pool, [first!]))[0] === 'UNCERTAIN');
      const next = await queue(database.pool, ...Array.from({ length: 50 }, () => aText()));
      await until('the next', async () => (await states(database.pool, next)).every((state) => state === 'ACCEPTED'));
      expect(await statesOf([first!])).toEqual([{ state: 'UNCERTAIN', error: `message id of ${n} characters` }]);
    },
  );
});

describe('an outcome that the database refuses', () => {
  it('is recorded as UNCERTAIN with why, alone: all others stand, and nothing is tried for ever', async () => {
    const ids = await queue(database.pool, ...Array.from({ length: 9 }, () => aText()));
    const owner = await takeLink(database.pool, { tenant: 'gansu', link: 0, links: 1 });
    const texts = await claimTexts(database.pool, owner, { segments: 100, lanesUpTo: 4, handed: 100, terms: TERMS });
    const writer = new OutcomeWriter(database.pool, owner, createLog('test'), new LinkCounts());
    writer.claimed(texts);
    const outcome = (smsId: number, smscId: string): PartOutcome => ({
      ...{ smsId, part: 1, attempt: 1, state: 'ACCEPTED', smscId, error: null, reference: 0 },
    });
    // A NUL is no text to Postgres (class 22); an outcome of a text that is not there holds up none either.
    for (const id of ids) writer.record(outcome(id, id === ids[4] ? 'a\0b' : `id${id}`));
    writer.record(outcome(999_999_999, 'id'));
    writer.settled(texts[0]!.batchId, texts.length);
    await writer.flush();
    const after = await statesOf(ids);
    expect(after.map(({ state }) => state)).toEqual(ids.map((id) => (id === ids[4] ? 'UNCERTAIN' : 'ACCEPTED')));
    expect(after[4]!.error).toMatch(/not recorded.*22021/);
    const { rows } = await database.pool.query('select from sms_batch where settled_at is null');
    expect(rows).toEqual([]);
  });
});
