import { segmentText } from '../../../workflows/domain/sms-text.ts';
import type { Accepted } from './accept-log.ts';
import { compactTime } from './text.ts';
import { COMMAND, encode } from './wire.ts';

/** How ids look on the wire; carriers differ, and some differ between response and receipt. */
export const ID_FORMATS = ['decimal', 'decimal-padded', 'hex', 'hex-upper', 'hex-padded'] as const;
export type IdFormat = (typeof ID_FORMATS)[number];

/** An SMSC message id in a carrier's way of writing it. */
export function formatId(id: number, format: IdFormat): string {
  switch (format) {
    case 'decimal':
      return String(id);
    case 'decimal-padded':
      return String(id).padStart(20, '0');
    case 'hex':
      return id.toString(16);
    case 'hex-upper':
      return id.toString(16).toUpperCase();
    case 'hex-padded':
      return id.toString(16).padStart(16, '0');
  }
}

const RECEIPT_CLASS = 0x04;
const UDH_CLASS = 0x40;
/** SMPP 3.4 §5.2.28. */
const STATES = {
  DELIVRD: { state: 2, delivered: '001', error: '000' },
  UNDELIV: { state: 5, delivered: '000', error: '001' },
} as const;
export type ReceiptState = keyof typeof STATES;

/** The receipt of an accepted segment: text (SMPP 3.4 appendix B) and TLVs say the same. @param doneAt epoch ms */
export function encodeReceipt(
  sequence: number,
  { segment, format, state, doneAt }: { segment: Accepted; format: IdFormat; state: ReceiptState; doneAt: number },
): Buffer {
  const id = formatId(segment.id, format);
  const words = STATES[state];
  const text =
    `id:${id} sub:001 dlvrd:${words.delivered} submit date:${minute(segment.at)} ` +
    `done date:${minute(doneAt)} stat:${state} err:${words.error} text:`;
  const tlvs = tlv(0x001e, `${id}\0`) + tlv(0x0427, String.fromCharCode(words.state));
  return deliver(sequence, { from: segment.to, to: segment.from, esmClass: RECEIPT_CLASS, dataCoding: 0, text, tlvs });
}

/** The parts of a phone's text. `reference` tells long texts of one phone apart. */
export function segmentsOfMo(text: string, reference: number): { dataCoding: number; bytes: string; udh: boolean }[] {
  const { alphabet, parts } = segmentText(text);
  const udh = parts.length > 1;
  return parts.map((units, index) => {
    const header = udh ? String.fromCharCode(5, 0, 3, reference & 0xff, parts.length, index + 1) : '';
    const body =
      alphabet === 'gsm'
        ? String.fromCharCode(...units)
        : units.map((unit) => String.fromCharCode(unit >> 8, unit & 0xff)).join('');
    return { dataCoding: alphabet === 'gsm' ? 0 : 8, bytes: header + body, udh };
  });
}

/**
 * Vendor's TLV with the time at which the SMSC received the text, in SMPP's absolute format: deliver_sm itself has no
 * field for it, and what a text ordered counts from then, however late it is delivered (spec §5).
 */
export const RECEIVED_AT_TLV = 0x1501;

/** A part of a phone's text. `user_message_reference` stays the same when it is delivered again. */
export function encodeMo(
  sequence: number,
  mo: { n: number; from: string; to: string; at: number },
  part: { dataCoding: number; bytes: string; udh: boolean },
): Buffer {
  const tlvs =
    tlv(0x0204, String.fromCharCode((mo.n >> 8) & 0xff, mo.n & 0xff)) +
    tlv(RECEIVED_AT_TLV, `${compactTime(mo.at)}${Math.floor((mo.at % 1_000) / 100)}32+\0`);
  const { dataCoding, bytes: text, udh } = part;
  return deliver(sequence, { from: mo.from, to: mo.to, esmClass: udh ? UDH_CLASS : 0, dataCoding, text, tlvs });
}

interface Deliver {
  from: string;
  to: string;
  esmClass: number;
  dataCoding: number;
  /** Bytes as latin1. */
  text: string;
  tlvs: string;
}

function deliver(sequence: number, { from, to, esmClass, dataCoding, text, tlvs }: Deliver): Buffer {
  // service_type, ton and npi (national, ISDN), addresses; then esm_class … sm_default_msg_id, sm_length, text.
  const body =
    `\0\x02\x01${from}\0\x02\x01${to}\0` +
    `${String.fromCharCode(esmClass)}\0\0\0\0\0\0${String.fromCharCode(dataCoding)}\0` +
    `${String.fromCharCode(text.length)}${text}${tlvs}`;
  return encode(COMMAND.deliver, 0, sequence, body);
}

function tlv(tag: number, value: string): string {
  return String.fromCharCode(tag >> 8, tag & 0xff, value.length >> 8, value.length & 0xff) + value;
}

let lastMinute = -1;
let lastText = '';

/** YYMMDDhhmm, which thousands of receipts in a row share. */
function minute(at: number): string {
  const number = Math.floor(at / 60_000);
  if (number !== lastMinute) {
    lastMinute = number;
    lastText = compactTime(at).slice(0, 10);
  }
  return lastText;
}
