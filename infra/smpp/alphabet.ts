/**
 * What a text's octets say. SMSCs declare the alphabet by SMPP 3.4 §5.2.19, by GSM 03.38 §4 with its message classes, or
 * as China's CMPP does, where 15 is GB18030; and some declare one that the octets can't be in.
 */
import { decodeGsm } from '../../workflows/domain/sms-text.ts';

/** A text as read. */
export interface ReadText {
  text: string;
  /** It says all that the octets say; else they are worth keeping. */
  exact: boolean;
}

/** `data`: octets, or an alphabet nobody here writes in. */
export type Alphabet = 'gsm' | 'ascii' | 'latin1' | 'ucs2' | 'gb18030' | 'data';

/** SMPP 3.4 §5.2.19 and CMPP's 15. */
const BY_NUMBER = new Map<number, Alphabet>([
  [0, 'gsm'],
  [1, 'ascii'],
  [3, 'latin1'],
  [8, 'ucs2'],
  [15, 'gb18030'],
]);
/** GSM 03.38 §4, bits 3 and 2. The last is reserved: in China it is CMPP's 15 with a message class. */
const BY_BITS = ['gsm', 'data', 'ucs2', 'gb18030'] as const;
const COMPRESSED = 0x20;
const EIGHT_BIT = 0x04;

/** The alphabet a data_coding declares. */
export function declaredAlphabet(dataCoding: number): Alphabet {
  if (dataCoding < 0x10) return BY_NUMBER.get(dataCoding) ?? 'data';
  if (dataCoding < 0x80) return dataCoding & COMPRESSED ? 'data' : BY_BITS[(dataCoding >> 2) & 3]!;
  // What is reserved is to be taken for GSM; a voice mail's indication is in GSM or, from 0xe0 on, in UCS-2.
  if (dataCoding < 0xe0) return 'gsm';
  if (dataCoding < 0xf0) return 'ucs2';
  return dataCoding & EIGHT_BIT ? 'data' : 'gsm';
}

/**
 * The text of octets at a data_coding. NULs at its end, which some SMSCs send along, are no part of it. Octets that the
 * declared alphabet can't hold are read in the one in which they are a text, if any; what is no text becomes U+FFFD, and
 * a NUL within, which Postgres can't hold, U+2400.
 */
export function readText(octets: Buffer, dataCoding: number): ReadText {
  const alphabet = declaredAlphabet(dataCoding);
  const text = decode(octets, alphabet);
  const held = !NO_TEXT.test(text) && !(alphabet === 'gsm' && isUcs2Latin(octets));
  const guessed = held || alphabet === 'data' ? undefined : guess(octets, alphabet);
  if (guessed !== undefined) return { text: guessed, exact: false };
  const isCut = alphabet === 'gsm' ? octets.at(-1) === 0 : alphabet === 'ucs2' && octets.length % 2 === 1;
  return { text: text.replaceAll('\0', '\u2400'), exact: !isCut && !text.includes('\ufffd') };
}

const UCS2 = new TextDecoder('utf-16be');
const GB18030 = new TextDecoder('gb18030');

function decode(octets: Buffer, alphabet: Alphabet): string {
  switch (alphabet) {
    case 'gsm':
      // GSM's NUL is @, at the end hardly ever meant.
      return decodeGsm(octets.subarray(0, octets.findLastIndex((octet) => octet !== 0) + 1));
    case 'ascii':
      return withoutNuls(octets.toString('latin1').replace(/[\x80-\xff]/g, '\ufffd'));
    case 'latin1':
      return withoutNuls(octets.toString('latin1'));
    case 'ucs2':
      // Decoded first: 退 ends with an octet 0. An odd last octet is a NUL or half a character.
      return withoutNuls(UCS2.decode(octets.subarray(0, octets.length & ~1)));
    case 'gb18030':
      return withoutNuls(GB18030.decode(octets));
    case 'data':
      return '\ufffd';
  }
}

/** Not by a regular expression, which would take the square of a long run's length. */
function withoutNuls(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === '\0') end--;
  return text.slice(0, end);
}

/** Undecodable, controls but white space, and code points that are no characters. */
const NO_TEXT = /\ufffd|[^\P{Cc}\t\n\f\r]|\p{Cn}/u;
/** What a text in China consists of: ASCII, hanzi, their punctuation and symbols, emoji. */
const PLAUSIBLE =
  /^[\t\n\r -~·×\u2000-\u206f\u20ac\u2100-\u2bff\u3000-\u303f\u4e00-\u9fff\ufe0f\ufe30-\ufe4f\uff00-\uffef\p{Emoji_Presentation}]+$/u;
/** GB 2312 alone: its hanzi are no hanzi in UCS-2, as those of the rest of GB 18030 may be. */
const GB2312 = /^(?:[\t\n\r -~]|[\xa1-\xf7][\xa1-\xfe])+\0*$/;
/** UCS-2 of ASCII and hanzi's punctuation: read as GSM every other character is an @, which nobody writes. */
const UCS2_LATIN = /^(?:0[\0-?])*\0[\t\n\r -~](?:\0[\0\t\n\r -~]|0[\0-?])*\0?$/;

/** Whether octets that GSM can hold are UCS-2 all the same. */
function isUcs2Latin(octets: Buffer): boolean {
  return UCS2_LATIN.test(octets.toString('latin1'));
}

const STRICT = { fatal: true };
const UTF_8 = new TextDecoder('utf-8', STRICT);
const UTF_16_BE = new TextDecoder('utf-16be', STRICT);
const UTF_16_LE = new TextDecoder('utf-16le', STRICT);

/** The text that octets are in another alphabet than the declared one; undefined when they are none in any. */
function guess(octets: Buffer, declared: Alphabet): string | undefined {
  const whole = octets.length % 2 === 1 && octets.at(-1) === 0 ? octets.subarray(0, -1) : octets;
  const decoders = declared === 'ucs2' ? [UTF_16_LE, UTF_8] : [UTF_8, UTF_16_BE];
  if (GB2312.test(whole.toString('latin1'))) decoders.push(GB18030);
  for (const decoder of decoders) {
    const text = strictly(decoder, whole);
    if (text !== undefined && PLAUSIBLE.test(text)) return text;
  }
  return undefined;
}

function strictly(decoder: TextDecoder, octets: Buffer): string | undefined {
  try {
    return withoutNuls(decoder.decode(octets));
  } catch {
    return undefined;
  }
}
