import { z } from 'zod';

/** Digits without +86, as everywhere (architecture §4). */
export const phone = z
  .string({ error: 'is required' })
  .regex(/^\d{5,15}$/, 'must be 5 to 15 digits, without +86')
  .meta({ example: '13900000001' });

/** A phone as lists show it, `139****0001`: enough to tell two apart, too little to call. */
export function maskedPhone(number: string): string {
  // Of a short number the ends would be most of it.
  const shown = number.length >= 11 ? [3, 4] : [0, 2];
  return `${number.slice(0, shown[0])}****${number.slice(-shown[1]!)}`;
}

/** An opaque id of a class, student, school. */
export const opaqueId = z.string().regex(/^[\w.:-]{1,100}$/, 'must be an id: letters, digits, . _ : -');

/** Characters that Postgres, SMS or a reader's terminal can't hold: controls but tab and line ends, half surrogates. */
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\p{Cs}/u;

/** Text a person wrote: 1 to `max` characters and something to see. */
export const writtenText = (max: number) =>
  z
    .string({ error: (issue) => (issue.input === undefined ? 'is required' : 'must be text') })
    .max(max, `must have at most ${max} characters`)
    .refine((text) => text.trim() !== '', 'must not be empty')
    .refine((text) => !UNWRITABLE.test(text), 'has characters that cannot be sent (NUL, controls, half surrogates)')
    .meta({ minLength: 1, maxLength: max });

/**
 * By what a signed paper is found again. It travels through the engine, so it may not be a phone number and has no room
 * for a name.
 */
export const slipNumber = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/, 'must be a number of the paper: letters, digits, . _ / -')
  .refine((number) => !/1\d{10}/.test(number), 'must not be a phone number');

/** The date beside a slip's signature. */
export const signedOn = z.iso
  .date({ error: 'must be a date, e.g. 2026-03-05' })
  .optional()
  .meta({ description: 'When it was signed. Without it the slip counts from now, and overrules no stop before it.' });

/** A moment with its offset, as a Date. */
export const moment = z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time with its offset' });

/** How many of a list a page has. */
export const pageLimit = (usual: number, most: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(most)
    .default(usual)
    .meta({ description: `At most ${most}; ${usual} if unset.` });

/** A list's place to go on from: opaque to callers, [time, key] to us. */
export const cursor = z
  .string()
  .max(400)
  .transform((value, context): [string, string] => {
    try {
      return place.parse(JSON.parse(Buffer.from(value, 'base64url').toString()));
    } catch {
      context.addIssue({ code: 'custom', message: 'is not a cursor of ours' });
      return z.NEVER;
    }
  })
  .meta({ override: { type: 'string' }, description: '`next` of the page before.' });

const place = z.tuple([z.iso.datetime({ offset: true }), z.string().max(200)]);

/** The cursor of a place. */
export function cursorOf(at: string, key: string): string {
  return Buffer.from(JSON.stringify([at, key])).toString('base64url');
}
