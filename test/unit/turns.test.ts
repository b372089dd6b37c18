import { describe, expect, it } from 'vitest';
import { NoRoom, Turns, type Lane } from '../../api/turns.ts';

/** Work that ends when it is told to; `order` has who began. */
function desk(options: { atOnce: number; waiting: number; perCaller: number }) {
  const turns = new Turns(options);
  const order: string[] = [];
  const ends: (() => void)[] = [];
  const come = (name: string, lane: Lane = 'others', caller = name[0]!) =>
    turns.run(lane, caller, async () => {
      order.push(name);
      await new Promise<void>((resolve) => ends.push(resolve));
      return name;
    });
  /** Ends whatever is at work, until nobody waits. */
  async function finish(all: Promise<string>[]) {
    let left = all.length;
    for (const each of all) void each.finally(() => left--);
    while (left > 0) {
      ends.shift()?.();
      await new Promise(setImmediate);
    }
  }
  return { come, order, finish };
}

describe('turns', () => {
  it('go round the callers, so that who asks often makes nobody wait for all of it', async () => {
    const { come, order, finish } = desk({ atOnce: 1, waiting: 10, perCaller: 5 });
    const all = ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2'].map((name) => come(name));
    await finish(all);
    expect(order).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
  });

  it('of known devices come first', async () => {
    const { come, order, finish } = desk({ atOnce: 1, waiting: 10, perCaller: 5 });
    await finish([come('a1'), come('a2'), come('b1'), come('k1', 'known'), come('k2', 'known')]);
    expect(order).toEqual(['a1', 'k1', 'k2', 'a2', 'b1']);
  });

  it('are as many at once as may be', async () => {
    const { come, order, finish } = desk({ atOnce: 2, waiting: 10, perCaller: 5 });
    const all = ['a1', 'a2', 'a3'].map((name) => come(name));
    expect(order).toEqual(['a1', 'a2']);
    await finish(all);
    expect(await Promise.all(all)).toEqual(['a1', 'a2', 'a3']);
  });

  it('end where too many wait, of one caller or of all; known devices have room of their own', async () => {
    const { come, finish } = desk({ atOnce: 1, waiting: 3, perCaller: 2 });
    const all = [come('a1'), come('a2'), come('a3')];
    await expect(come('a4')).rejects.toThrow(NoRoom);
    all.push(come('b1'));
    await expect(come('c1')).rejects.toThrow(NoRoom);
    all.push(come('k1', 'known'));
    await finish(all);
  });

  it('go on after work that failed', async () => {
    const turns = new Turns({ atOnce: 1, waiting: 1, perCaller: 1 });
    const failing = turns.run('others', 'a', () => Promise.reject(new Error('no')));
    const next = turns.run('others', 'b', () => Promise.resolve('done'));
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('done');
  });
});
