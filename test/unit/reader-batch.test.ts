import fc from 'fast-check';
import { expect, it } from 'vitest';
import { judgeDeliveries } from '../../activities/reader-batch.ts';
import type { Db } from '../../infra/postgres/pool.ts';
import { quarantineWords } from '../../workflows/domain/swipe.ts';
import { deliveries } from '../support/pills.ts';
import { GATES, READER } from '../support/reader.ts';

/** Knows GATES and two cards, and refuses what Postgres refuses. */
const db = {
  query: ({ name, values }: { name: string; values: string[][] }) => {
    if (JSON.stringify(values).includes('\\u0000')) throw new Error('22021');
    const cards = [
      { schoolId: 'k1', number: 'CARD1', state: 'active' },
      { schoolId: 'k1', number: 'CARDLOST', state: 'lost' },
    ];
    return Promise.resolve({ rows: name === 'find-readers' ? GATES : cards });
  },
} as unknown as Db;

it('every message gets a verdict the database can hold', { timeout: 120_000 }, async () => {
  let counted = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(deliveries, { minLength: 1, maxLength: 3 }), async (batch) => {
      const { swipes, quarantined } = await judgeDeliveries(db, READER, batch, Date.now());
      counted += swipes.length;
      expect(swipes.length + quarantined.length).toBeGreaterThan(0);
      for (const { reason, payload, deviceId, boot } of quarantined) {
        expect(quarantineWords(reason)).toMatch(/\p{Script=Han}/u);
        expect(`${payload}${deviceId}${boot}`).not.toContain('\0');
        expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(4_096);
        expect(deviceId.length).toBeLessThanOrEqual(64);
      }
    }),
    { numRuns: 10_000 },
  );
  expect(counted).toBeGreaterThan(100);
});
