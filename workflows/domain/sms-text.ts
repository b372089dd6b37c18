/**
 * How a text becomes SMS segments (3GPP TS 23.038 alphabet, TS 23.040 concatenation): GSM 7-bit when every character is
 * in its table, else UCS-2. 160 septets or 70 UTF-16 units in one segment, 153 or 67 when concatenated.
 */

const GSM_BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
/** Behind an escape: two septets each, never split between segments. */
const GSM_EXTENSION = new Map([
  ['\f', 0x0a],
  ['^', 0x14],
  ['{', 0x28],
  ['}', 0x29],
  ['\\', 0x2f],
  ['[', 0x3c],
  ['~', 0x3d],
  [']', 0x3e],
  ['|', 0x40],
  ['€', 0x65],
]);
const GSM_ESCAPE = 0x1b;
const GSM_CODE = new Map(
  [...GSM_BASIC].map((character, code) => [character, code]).filter(([, code]) => code !== GSM_ESCAPE) as [
    string,
    number,
  ][],
);

const SINGLE = { gsm: 160, ucs2: 70 } as const;
const PART = { gsm: 153, ucs2: 67 } as const;

/** A text cut to fit: `units` are septets (one a byte, not packed) for gsm, UTF-16 code units for ucs2. */
export interface SegmentedText {
  alphabet: 'gsm' | 'ucs2';
  parts: number[][];
}

/** Cuts `text` into segments. An escape pair or a surrogate pair is never split. An empty text is one empty segment. */
export function segmentText(text: string): SegmentedText {
  const gsm = gsmUnits(text);
  const alphabet = gsm ? 'gsm' : 'ucs2';
  const characters =
    gsm ?? [...text].map((character) => Array.from({ length: character.length }, (_, i) => character.charCodeAt(i)));
  const total = characters.reduce((sum, units) => sum + units.length, 0);
  if (total <= SINGLE[alphabet]) return { alphabet, parts: [characters.flat()] };
  const parts: number[][] = [[]];
  for (const units of characters) {
    if (parts.at(-1)!.length + units.length > PART[alphabet]) parts.push([]);
    parts.at(-1)!.push(...units);
  }
  return { alphabet, parts };
}

/** How many segments `text` takes: what the carrier counts and the rate limit spends. */
export function segmentsOf(text: string): number {
  return segmentText(text).parts.length;
}

/** Septets of each character, or undefined when one is not in the GSM alphabet. */
function gsmUnits(text: string): number[][] | undefined {
  const units: number[][] = [];
  for (const character of text) {
    const basic = GSM_CODE.get(character);
    const extension = GSM_EXTENSION.get(character);
    if (basic !== undefined) units.push([basic]);
    else if (extension !== undefined) units.push([GSM_ESCAPE, extension]);
    else return undefined;
  }
  return units;
}

const GSM_CHARACTERS = [...GSM_BASIC];
const GSM_EXTENDED = new Map([...GSM_EXTENSION].map(([character, code]) => [code, character]));

/** The text of GSM septets, one a byte. What the table doesn't have becomes U+FFFD; an unknown escape its basic letter. */
export function decodeGsm(septets: Iterable<number>): string {
  let text = '';
  let escaped = false;
  for (const septet of septets) {
    if (!escaped && septet === GSM_ESCAPE) {
      escaped = true;
      continue;
    }
    text += (escaped && GSM_EXTENDED.get(septet)) || (GSM_CHARACTERS[septet] ?? '\ufffd');
    escaped = false;
  }
  return text;
}
