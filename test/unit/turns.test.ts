import { describe, expect, test } from 'vitest';
import { Turns } from '../../activities/turns.ts';

const offered = (...items: string[]) => {
  const turns = new Turns<string>();
  for (const item of items) turns.push(item[0]!, item);
  return turns;
};

const served = (turns: Turns<string>) => {
  const items: string[] = [];
  for (let next = turns.take(); next; next = turns.take()) {
    items.push(next.item);
    turns.done(next.key);
  }
  return items;
};

describe('turns', () => {
  test.each([
    { comes: [], goes: [] },
    { comes: ['a1'], goes: ['a1'] },
    { comes: ['a1', 'a2', 'a3', 'b1', 'c1', 'b2'], goes: ['a1', 'b1', 'c1', 'a2', 'b2', 'a3'] },
  ])('$comes are served as $goes', ({ comes, goes }) => {
    const turns = offered(...comes);
    expect(turns.length).toBe(comes.length);
    expect(served(turns)).toEqual(goes);
    expect(turns.length).toBe(0);
  });

  test('nothing of a key is given while one thing of it is served', () => {
    const turns = offered('a1', 'a2');
    expect(turns.take()).toEqual({ key: 'a', item: 'a1' });
    expect(turns.take()).toBeUndefined();
    turns.push('a', 'a3');
    turns.done('a');
    expect(served(turns)).toEqual(['a2', 'a3']);
  });

  test('one that comes to an idle key after it was served has the next turn', () => {
    const turns = offered('a1');
    const first = turns.take()!;
    turns.done(first.key);
    turns.push('a', 'a2');
    expect(served(turns)).toEqual(['a2']);
  });
});
