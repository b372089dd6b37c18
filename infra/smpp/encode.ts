import type { SegmentedText } from '../../workflows/domain/sms-text.ts';
import { COMMAND, cString, encodePdu } from './wire.ts';

/** Where a segment goes and comes from. */
export interface SegmentAddress {
  source: string;
  destination: string;
}

const ESM_CLASS_UDH = 0x40;
const DATA_CODING = { gsm: 0, ucs2: 8 } as const;
const REGISTERED_DELIVERY = 1;
// SMPP 3.4 §5.2.5–6: a service number is network specific (3) of an unknown plan (0), a subscriber's number without
// country code is national (2) in the ISDN plan (1).
const SERVICE_NUMBER = Buffer.from([3, 0]);
const SUBSCRIBER = Buffer.from([2, 1]);

/**
 * The submit_sm of one segment, its sequence number left 0 for the connection to fill in.
 * @param part 1-based
 * @param reference 0–255, the same in every part of a text and different from the last text's to the same phone
 */
export function encodeSubmit(address: SegmentAddress, text: SegmentedText, part: number, reference: number): Buffer {
  const total = text.parts.length;
  const udh = total > 1 ? Buffer.from([5, 0, 3, reference & 0xff, total, part]) : Buffer.alloc(0);
  const content = octets(text, text.parts[part - 1]!);
  return encodePdu(
    COMMAND.submitSm,
    0,
    0,
    Buffer.concat([
      cString(''),
      SERVICE_NUMBER,
      cString(address.source),
      SUBSCRIBER,
      cString(address.destination),
      // esm_class, protocol_id, priority_flag, schedule_delivery_time, validity_period, registered_delivery,
      // replace_if_present_flag, data_coding, sm_default_msg_id, sm_length
      Buffer.from([
        ...[total > 1 ? ESM_CLASS_UDH : 0, 0, 0, 0, 0, REGISTERED_DELIVERY],
        ...[0, DATA_CODING[text.alphabet], 0, udh.length + content.length],
      ]),
      udh,
      content,
    ]),
  );
}

/** Septets one a byte, as SMSCs take them at data_coding 0; UTF-16 units big-endian. */
function octets(text: SegmentedText, units: number[]): Buffer {
  if (text.alphabet === 'gsm') return Buffer.from(units);
  const content = Buffer.allocUnsafe(units.length * 2);
  units.forEach((unit, i) => content.writeUInt16BE(unit, i * 2));
  return content;
}
