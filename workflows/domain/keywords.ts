import type { Keywords } from './carrier-profile.ts';

/** What a keyword asks for. `mailbox` carries what followed it, as the parent wrote it. */
export type KeywordMatch =
  { keyword: 'cancel-all' | 'cancel' | 'cancel-free' | 'subscribe' | 'query' } | { keyword: 'mailbox'; body: string };

/** Stop words first: an opt-out is never swallowed by anything else (spec §5). */
const EXACT = [
  ['cancel-all', 'cancelAll'],
  ['cancel', 'cancel'],
  ['cancel-free', 'cancelFree'],
  ['subscribe', 'subscribe'],
  ['query', 'query'],
] as const;

/** Full-width forms (U+FF01–FF5E, U+3000) as their half-width ones. Keeps the length, so that positions stay true. */
export function toHalfWidth(text: string): string {
  return text
    .replace(/[\uff01-\uff5e]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0))
    .replaceAll('\u3000', ' ');
}

/** What texts are compared by: half-width, trimmed, case-folded. */
export function normaliseText(text: string): string {
  return toHalfWidth(text).trim().toLowerCase();
}

/** The keyword a text is: all match the whole normalised text, but the mailbox's, which is a prefix. */
export function matchKeyword(keywords: Keywords, text: string): KeywordMatch | undefined {
  const whole = normaliseText(text);
  for (const [keyword, words] of EXACT) {
    if (keywords[words].some((word) => normaliseText(word) === whole)) return { keyword };
  }
  const written = text.trim();
  for (const word of keywords.mailbox) {
    // Cut before folding: folding may change the length of what follows.
    if (normaliseText(written.slice(0, word.length)) !== normaliseText(word)) continue;
    return { keyword: 'mailbox', body: written.slice(word.length).replace(/^[\s:,\uff1a\uff0c]+/, '') };
  }
  return undefined;
}

/** The number a text is, as an answer to "which child?": `2`, full-width 2, `2.`; undefined when it is anything else. */
export function choiceNumber(text: string): number | undefined {
  const match = /^(\d{1,2})[.。、]?$/.exec(normaliseText(text));
  return match ? Number(match[1]) : undefined;
}
