import { PduError, type Submit } from './wire.ts';

/**
 * Texts as a phone reads them. The tables are this side's own: were they shared with the platform's encoder, a fault in
 * them would go unseen.
 */

// 3GPP TS 23.038 §6.2.1, by code.
const GSM =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const GSM_EXTENSION: Record<number, string> = {
  ...{ 0x0a: '\f', 0x14: '^', 0x28: '{', 0x29: '}', 0x2f: '\\' },
  ...{ 0x3c: '[', 0x3d: '~', 0x3e: ']', 0x40: '|', 0x65: '€' },
};
const ESCAPE = 0x1b;

const DATA_CODING = { smscDefault: 0, ia5: 1, latin1: 3, ucs2: 8 } as const;

/** The text, or undefined for a data_coding that is not text (the accept-log then keeps the bytes). */
export function decodeText(dataCoding: number, bytes: Buffer): string | undefined {
  switch (dataCoding) {
    case DATA_CODING.smscDefault:
      return decodeGsm(bytes);
    case DATA_CODING.ia5:
    case DATA_CODING.latin1:
      return bytes.toString('latin1');
    case DATA_CODING.ucs2:
      return bytes.length % 2 === 0 ? Buffer.from(bytes).swap16().toString('utf16le') : undefined;
    default:
      return undefined;
  }
}

function decodeGsm(septets: Buffer): string {
  let text = '';
  for (let i = 0; i < septets.length; i++) {
    const code = septets[i]!;
    // An unknown escape reads as a space and the character, as on a phone that lacks the table.
    if (code === ESCAPE && i + 1 < septets.length)
      text += GSM_EXTENSION[septets[++i]!] ?? ` ${GSM[septets[i]!] ?? '?'}`;
    else text += GSM[code] ?? '?';
  }
  return text;
}

/**
 * Refuses what does not fit on the air: 160 septets or 140 octets, the user data header included.
 * @throws PduError RINVMSGLEN
 */
export function checkLength({ dataCoding, bytes, headerLength, payload }: Submit): void {
  if (payload) return;
  const septets = dataCoding === DATA_CODING.smscDefault || dataCoding === DATA_CODING.ia5;
  const fits = septets ? bytes.length + Math.ceil((headerLength * 8) / 7) <= 160 : bytes.length + headerLength <= 140;
  if (!fits) throw new PduError('ESME_RINVMSGLEN');
}

/** A number as the handsets know it: digits without +86 or 0086. */
export function localNumber(address: string): string {
  return address.replace(/^\+?(?:(?:00)?86(?=\d{11}$))?/, '');
}

/** China's civil time; it has no daylight saving. */
const ZONE_MS = 8 * 3_600_000;

/** ISO 8601 with the offset +08:00. @param at epoch ms */
export function isoTime(at: number): string {
  return new Date(at + ZONE_MS).toISOString().replace('Z', '+08:00');
}

/** YYMMDDhhmmss in China, from which SMPP's times are made. @param at epoch ms */
export function compactTime(at: number): string {
  return new Date(at + ZONE_MS).toISOString().replace(/\D/g, '').slice(2, 14);
}
