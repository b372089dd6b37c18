import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { ClaimedText } from '../../activities/carrier-claim.ts';
import { Lines } from '../../activities/carrier-lines.ts';
import { Fifo } from '../../activities/fifo.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** How many of them are still held by anything. */
async function alive(refs: readonly WeakRef<object>[]): Promise<number> {
  // What was just made is kept until this turn ends.
  await setImmediate();
  collect();
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

const text = (smsId: number, lane: number): ClaimedText => ({
  ...{ batchId: 1, smsId, attempt: 1, reference: 0, lane, phone: String(13_900_000_000 + smsId), source: '10657099' },
  ...{ body: '作业', expiresAt: null, segments: 1, done: [], askedAt: 0 },
});

describe('a line that never empties', () => {
  it.each([[[3]], [[1, 2, 3, 4]]])('holds no more than what waits, in lanes %j', async (lanes) => {
    const lines = new Lines(() => undefined);
    const sent: WeakRef<object>[] = [];
    let id = 0;
    const add = () => lines.add(text(++id, lanes[id % lanes.length]!));
    for (let i = 0; i < 20; i++) add();
    for (let i = 0; i < 5_000; i++) {
      add();
      const part = lines.peek()!;
      lines.take(part);
      sent.push(new WeakRef(part.of.text));
      lines.close(part, false);
    }
    expect(lines.waiting).toBe(20);
    expect(await alive(sent)).toBe(0);
    expect(lines.texts()).toHaveLength(20);
  });
});

describe('first in, first out', () => {
  it('keeps the order through any mix of comings and goings', () => {
    const fifo = new Fifo<number>();
    const plain: number[] = [];
    for (let i = 0; i < 3_000; i++) {
      fifo.push(i);
      plain.push(i);
      for (let takes = (i * 7) % 3; takes > 0; takes--) expect(fifo.shift()).toBe(plain.shift());
      expect([fifo.length, fifo.peek()]).toEqual([plain.length, plain[0]]);
    }
    while (plain.length > 0) expect(fifo.shift()).toBe(plain.shift());
    expect([fifo.shift(), fifo.peek(), fifo.length]).toEqual([undefined, undefined, 0]);
  });
});
