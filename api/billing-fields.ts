import { z } from 'zod';

export const month = z.string({ error: 'is required' }).regex(/^[1-9]\d{3}-(0[1-9]|1[0-2])$/, {
  error: 'must be a month, e.g. 2026-03',
  // What is asked of several months together can't be asked of what is none.
  abort: true,
});
export const tenant = z.string({ error: 'is required' }).max(100);
