import { TLV, type ShortMessage } from './decode.ts';

/** What a receipt says of a text. BUFFERED: it is still on its way. */
export type ReceiptState = 'DELIVERED' | 'FAILED' | 'EXPIRED' | 'BUFFERED';

export interface Receipt {
  /** The SMSC's message id, canonical (canonicalId). */
  smscId: string;
  state: ReceiptState;
  /** The SMSC's own words where it was not delivered. */
  error: string | null;
}

/** A message id is at most 65 octets, its NUL included (SMPP 3.4 §5.2.23). */
export const ID_CHARACTERS = 64;
/** An error code is 3 characters; what is longer is not to be kept. */
const ERROR_CHARACTERS = 20;

const ESM_MESSAGE_TYPE = 0x3c;
const DELIVERY_RECEIPT = 0x04;
const INTERMEDIATE_NOTIFICATION = 0x20;

/** `stat:` of the text form, SMPP 3.4 appendix B, cut to 7 letters by most SMSCs. */
const BY_WORD: Record<string, ReceiptState> = {
  DELIVRD: 'DELIVERED',
  ACCEPTD: 'BUFFERED',
  ENROUTE: 'BUFFERED',
  BUFFERD: 'BUFFERED',
  EXPIRED: 'EXPIRED',
};
/** message_state, SMPP 3.4 §5.2.28. */
const BY_NUMBER: Record<number, [ReceiptState, string]> = {
  1: ['BUFFERED', 'ENROUTE'],
  2: ['DELIVERED', 'DELIVRD'],
  3: ['EXPIRED', 'EXPIRED'],
  4: ['FAILED', 'DELETED'],
  5: ['FAILED', 'UNDELIV'],
  6: ['BUFFERED', 'ACCEPTD'],
  7: ['FAILED', 'UNKNOWN'],
  8: ['FAILED', 'REJECTD'],
};

/** Whether a delivered message is a receipt and not a parent's text. */
export function isReceipt({ esmClass }: ShortMessage): boolean {
  const type = esmClass & ESM_MESSAGE_TYPE;
  return (type & DELIVERY_RECEIPT) !== 0 || type === INTERMEDIATE_NOTIFICATION;
}

/** Reads a receipt in its TLV form, its text form, or both mixed; undefined when it names no message or no state. */
export function parseReceipt({ content, tlvs }: ShortMessage): Receipt | undefined {
  const text = content.toString('latin1');
  const id = cText(tlvs.get(TLV.receiptedMessageId)) || /\bid:\s*([^\s]+)/i.exec(text)?.[1];
  const word = /\bstat:\s*([a-z]+)/i.exec(text)?.[1]?.toUpperCase().slice(0, 7);
  const number = tlvs.get(TLV.messageState)?.[0];
  const byNumber = number === undefined ? undefined : BY_NUMBER[number];
  const state = byNumber?.[0] ?? (word ? (BY_WORD[word] ?? 'FAILED') : undefined);
  if (!id || !state) return undefined;
  const code = /\berr:\s*([0-9a-z]+)/i.exec(text)?.[1] ?? networkError(tlvs.get(TLV.networkErrorCode));
  const words = [byNumber?.[1] ?? word, code ? `err:${code.slice(0, ERROR_CHARACTERS)}` : ''].filter(Boolean).join(' ');
  const failed = state === 'FAILED' || state === 'EXPIRED';
  // A longer one is no id of ours, and may be as long as a PDU.
  return { smscId: canonicalId(id.slice(0, ID_CHARACTERS)), state, error: failed ? words : null };
}

/** An SMSC's message id as it is stored: printable, lower case, leading zeros off. */
export function canonicalId(id: string): string {
  const printable = id
    .trim()
    .toLowerCase()
    .replace(/[^\x21-\x7e]/g, '?');
  return printable.replace(/^0+(?=.)/, '');
}

/**
 * The ids a receipt's id may have had in its response, the likeliest first: SMSCs give hexadecimal in one and decimal
 * in the other.
 */
export function idForms(canonical: string): string[] {
  const forms = [canonical];
  if (/^\d{1,20}$/.test(canonical)) forms.push(BigInt(canonical).toString(16));
  if (/^[0-9a-f]{1,16}$/.test(canonical)) forms.push(BigInt(`0x${canonical}`).toString(10));
  return [...new Set(forms)];
}

function cText(octets: Buffer | undefined): string {
  return octets ? octets.toString('latin1').split('\0', 1)[0]! : '';
}

/** Network type and error code, e.g. `3:11`. */
function networkError(octets: Buffer | undefined): string | undefined {
  return octets?.length === 3 ? `${octets[0]!}:${octets.readUInt16BE(1)}` : undefined;
}
