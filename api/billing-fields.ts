import { z } from 'zod';

export const month = z
  .string({ error: 'is required' })
  .regex(/^[1-9]\d{3}-(0[1-9]|1[0-2])$/, 'must be a month, e.g. 2026-03');
export const tenant = z.string({ error: 'is required' }).max(100);
