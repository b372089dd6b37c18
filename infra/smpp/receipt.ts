import { TLV, type ShortMessage } from './decode.ts';

/** What a receipt says of a text. BUFFERED: it is still on its way, as far as anybody can tell. */
export type ReceiptState = 'DELIVERED' | 'FAILED' | 'EXPIRED' | 'BUFFERED';

export interface Receipt {
  /** The SMSC's message id, canonical (canonicalId). */
  smscId: string;
  state: ReceiptState;
  /** The SMSC's own words where it was not delivered, or where they are not understood. */
  error: string | null;
}

/** A message id is at most 65 octets, its NUL included (SMPP 3.4 §5.2.23). */
export const ID_CHARACTERS = 64;
/** A state is 7 characters and an error code 3; what is longer is not to be kept. */
const WORD_CHARACTERS = 20;

const ESM_MESSAGE_TYPE = 0x3c;
const DELIVERY_RECEIPT = 0x04;
const INTERMEDIATE_NOTIFICATION = 0x20;

/** How a `stat:` begins, the longer first: SMPP 3.4 appendix B has 7 letters, and SMSCs abbreviate as they like. */
const BY_BEGINNING: [string, ReceiptState][] = [
  ['DELIVERY_F', 'FAILED'],
  ['DELIVERYF', 'FAILED'],
  ['UNKNOWN', 'FAILED'],
  ['DELIV', 'DELIVERED'],
  ['DELET', 'FAILED'],
  ['UNDEL', 'FAILED'],
  ['REJEC', 'FAILED'],
  ['SKIPP', 'FAILED'],
  ['EXPIR', 'EXPIRED'],
  ['ENROU', 'BUFFERED'],
  ['ACCEP', 'BUFFERED'],
  ['SCHED', 'BUFFERED'],
  ['BUFF', 'BUFFERED'],
  ['FAIL', 'FAILED'],
];
/** A final error of a network element, as China's gateways have it in CMPP: MK:0001, CB:0053, ID:1241. */
const CMPP_ERROR = /^[CDIM][A-Z](?::|$)/;
/** message_state, SMPP 3.4 §5.2.28 and 5.0 §4.7.15. */
const BY_NUMBER: Record<number, [ReceiptState, string]> = {
  0: ['BUFFERED', 'SCHEDULED'],
  1: ['BUFFERED', 'ENROUTE'],
  2: ['DELIVERED', 'DELIVRD'],
  3: ['EXPIRED', 'EXPIRED'],
  4: ['FAILED', 'DELETED'],
  5: ['FAILED', 'UNDELIV'],
  6: ['BUFFERED', 'ACCEPTD'],
  7: ['FAILED', 'UNKNOWN'],
  8: ['FAILED', 'REJECTD'],
  9: ['FAILED', 'SKIPPED'],
};

/** Whether a delivered message is a receipt by its esm_class or, where that is not set, by both TLVs of one. */
export function isReceipt({ esmClass, tlvs }: ShortMessage): boolean {
  const type = esmClass & ESM_MESSAGE_TYPE;
  if ((type & DELIVERY_RECEIPT) !== 0 || type === INTERMEDIATE_NOTIFICATION) return true;
  return cText(tlvs.get(TLV.receiptedMessageId)) !== '' && tlvs.has(TLV.messageState);
}

/** Whether a message that is no receipt by its fields reads as one: SMPP 3.4 appendix B. A parent may write the same. */
export function readsAsReceipt(message: ShortMessage): boolean {
  return /^id:\s*\S+\s[^]*stat:/i.test(receiptText(message)) && parseReceipt(message) !== undefined;
}

/**
 * Reads a receipt in its TLV form, its text form, or both mixed; undefined when it names no message or no state. A state
 * that nobody here knows is no failure: the text is on its way, and the SMSC's words are kept.
 */
export function parseReceipt(message: ShortMessage): Receipt | undefined {
  const { tlvs } = message;
  const text = receiptText(message);
  const id = cText(tlvs.get(TLV.receiptedMessageId)) || ID.exec(text)?.[1];
  const word = STATE.exec(text)?.[1]?.toUpperCase().slice(0, WORD_CHARACTERS);
  const number = tlvs.get(TLV.messageState)?.[0];
  if (!id || (word === undefined && number === undefined)) return undefined;
  const [byNumber, name = word ?? `state:${number}`] = (number === undefined ? undefined : BY_NUMBER[number]) ?? [];
  const byWord = word === undefined ? undefined : stateOf(word);
  const state = byNumber ?? byWord ?? 'BUFFERED';
  const code = ERROR.exec(text)?.[1]?.slice(0, WORD_CHARACTERS) ?? networkError(tlvs.get(TLV.networkErrorCode));
  // The network's word says more than the number, where it doesn't contradict it.
  const words = [(byWord ?? state) === state ? (word ?? name) : name, code && `err:${code}`].filter(Boolean).join(' ');
  const isUnderstood = state === 'DELIVERED' || (state === 'BUFFERED' && (byNumber ?? byWord) !== undefined);
  // A longer id is none of ours, and may be as long as a PDU.
  return { smscId: canonicalId(id.slice(0, ID_CHARACTERS)), state, error: isUnderstood ? null : words };
}

/** A field's name may stand behind a user data header, whose octets may look like digits. */
const ID = /(?<![a-z])id:\s*([^\s]+)/i;
const STATE = /(?<![a-z])stat:\s*(\w+(?::\w+)?)/i;
const ERROR = /(?<![a-z])err:\s*([0-9a-z]+)/i;

/** Its fields are ASCII; in UCS-2, of either order, a NUL is beside each letter. */
function receiptText({ content }: ShortMessage): string {
  return content.toString('latin1').replaceAll('\0', '');
}

function stateOf(word: string): ReceiptState | undefined {
  if (CMPP_ERROR.test(word)) return 'FAILED';
  return BY_BEGINNING.find(([beginning]) => word.startsWith(beginning))?.[1];
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
