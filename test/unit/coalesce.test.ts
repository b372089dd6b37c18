import { describe, expect, it } from 'vitest';
import { coalesce } from '../../activities/coalesce.ts';

describe('calls that come together', () => {
  it('are worked on in batches, each call with its own result', async () => {
    const batches: number[][] = [];
    const double = coalesce(
      (keys: number[]) => {
        batches.push(keys);
        return Promise.resolve(keys.map((key) => key * 2));
      },
      { batch: 4, concurrency: 1 },
      () => true,
    );
    expect(await double(1)).toBe(2);
    expect(await Promise.all([1, 2, 3, 4, 5, 6].map(double))).toEqual([2, 4, 6, 8, 10, 12]);
    expect(batches).toEqual([[1], [1, 2, 3, 4], [5, 6]]);
  });

  it('fail alone', async () => {
    const strict = coalesce(
      (keys: number[]) => (keys.includes(2) ? Promise.reject(new Error('no 2')) : Promise.resolve(keys)),
      { batch: 10, concurrency: 2 },
      () => true,
    );
    const results = await Promise.allSettled([1, 2, 3].map(strict));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('fail together when it is not for what they ask', async () => {
    const batches: number[][] = [];
    const away = coalesce(
      (keys: number[]): Promise<number[]> => {
        batches.push(keys);
        return Promise.reject(new Error('the database is away'));
      },
      { batch: 10, concurrency: 1 },
      () => false,
    );
    const results = await Promise.allSettled([1, 2, 3].map(away));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('are all answered, however they come', async () => {
    const echo = coalesce(
      async (keys: number[]) => {
        await new Promise((resolve) => setTimeout(resolve, keys[0]! % 3));
        return keys;
      },
      { batch: 7, concurrency: 2 },
      () => true,
    );
    const numbers = Array.from({ length: 1_000 }, (_, i) => i);
    const answers = numbers.map(async (n) => {
      if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, n % 17));
      return echo(n);
    });
    expect(await Promise.all(answers)).toEqual(numbers);
  });
});
