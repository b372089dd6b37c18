import { z } from 'zod';
import { visible } from '../workflows/domain/plain-words.ts';

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
const UNWRITABLE = /(?![\t\n\r])\p{Cc}|\p{Cs}/u;

/** Text a person wrote: 1 to `max` characters and something to see. */
export const writtenText = (max: number) =>
  z
    .string({ error: (issue) => (issue.input === undefined ? 'is required' : 'must be text') })
    .max(max, `must have at most ${max} characters`)
    .refine((text) => visible(text) !== '', 'must not be empty: nothing in it can be seen')
    .refine((text) => !UNWRITABLE.test(text), 'has characters that cannot be sent (NUL, controls, half surrogates)')
    .meta({ minLength: 1, maxLength: max });

/** What people write between the digits of a number. */
const BETWEEN_DIGITS = /[._/-]/g;

/**
 * By what a signed paper is found again. It is shown with the order wherever that is, so it may not be a phone number,
 * however written, and has no room for a name.
 */
export const slipNumber = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$/, 'must be a number of the paper: letters, digits, . _ / -')
  .refine((number) => !hasPhone(number), 'must not be a phone number');

/** Whether a Chinese mobile number (1, then 3 to 9, then nine digits) is in it, grouped by whatever signs. */
export function hasPhone(text: string): boolean {
  return /1[3-9]\d{9}/.test(text.replaceAll(BETWEEN_DIGITS, ''));
}

/** The date beside a slip's signature. */
export const signedOn = z.iso
  .date({ error: 'must be a date, e.g. 2026-03-05' })
  .optional()
  .meta({ description: 'When it was signed. Without it the slip counts from now, and overrules no stop before it.' });

/** A moment with its offset, as a Date. */
export const moment = z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time with its offset' });

/** A caller's clock may be off ours by this much, either way. */
export const CLOCK_SKEW_MS = 60_000;

/** A moment that has been. */
export const pastMoment = moment.refine((at) => Date.parse(at) <= Date.now() + CLOCK_SKEW_MS, {
  error: 'is in the future',
});

/** A moment in an address, or none. An unencoded + of a query string arrives as a space. */
export const queryMoment = (description: string) =>
  z
    .preprocess((value) => (typeof value === 'string' ? value.replace(' ', '+') : value), moment.optional())
    .meta({ description, override: { type: 'string', format: 'date-time' } });

/** A whole number in an address, where everything is text: no sign, no exponent, nothing a database's integer can't hold. */
const numeral = z.string().regex(/^\d{1,15}$/, { error: 'must be a whole number', abort: true });

/** A whole number of a query or path. */
export const wholeNumber = (least: number, most: number) =>
  numeral
    .transform(Number)
    .refine((number) => number >= least && number <= most, `must be from ${least} to ${most}`)
    .meta({ override: { type: 'integer', minimum: least, maximum: most } });

/** A row's number in a path or as a page's place. */
export const rowId = numeral.transform(Number).meta({ override: { type: 'string', pattern: '^\\d{1,15}$' } });

/** Refines a query's `from` and `to`: nothing is in a span that ends before it begins, and who asks for it mistook one. */
export const inOrder: [(span: { from?: string | undefined; to?: string | undefined }) => boolean, object] = [
  ({ from, to }) => from === undefined || to === undefined || Date.parse(from) <= Date.parse(to),
  { error: 'must not be before from', path: ['to'] },
];

/** How many of a list a page has. */
export const pageLimit = (usual: number, most: number) =>
  wholeNumber(1, most)
    .default(usual)
    .meta({ description: `At most ${most}; ${usual} if unset.` });

/** As `cursorOf` writes it: what Postgres can't read, the year 0 or a thousand decimals, was never ours. */
const placeTime = z.iso.datetime().regex(/^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/);

/**
 * A list's place to go on from: opaque to callers, [time, key] to us.
 * @param key what the list's second key looks like
 */
export const cursor = (key: z.ZodType<string>) =>
  z
    .string()
    .regex(/^[\w-]{1,400}$/, { error: 'is not a cursor of ours', abort: true })
    .transform((value, context): [string, string] => {
      try {
        return z.tuple([placeTime, key]).parse(JSON.parse(Buffer.from(value, 'base64url').toString()));
      } catch {
        context.addIssue({ code: 'custom', message: 'is not a cursor of ours' });
        return z.NEVER;
      }
    })
    .meta({
      override: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,400}$' },
      description: '`next` of the page before.',
    });

/** Second keys of lists: a row's number, a uuid, an id, and what a trace's events are told apart by. */
export const cursorKey = {
  row: z.string().regex(/^\d{1,15}$/),
  uuid: z.uuid(),
  id: opaqueId,
  event: z.string().regex(/^[a-z]+\/[^\p{Cc}\p{Cs}]{1,180}$/u),
};

/** The cursor of a place. */
export function cursorOf(at: string, key: string): string {
  return Buffer.from(JSON.stringify([at, key])).toString('base64url');
}
