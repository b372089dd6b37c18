/** What an SMSC delivers: a parent's text or a receipt, read so that no content can break the link. */
import { HEADER_BYTES, readCString, type Frame } from './wire.ts';

/** A deliver_sm or data_sm, its content still octets. */
export interface ShortMessage {
  source: string;
  destination: string;
  esmClass: number;
  dataCoding: number;
  /** short_message, or message_payload where that is used. */
  content: Buffer;
  tlvs: ReadonlyMap<number, Buffer>;
  /** Why the PDU could not be read to its end; what was read so far is there. */
  malformed: string | undefined;
  /** The same of its optional parameters only: the content is there, what could not be read of them is not. */
  brokenTlvs?: string | undefined;
  /** As it came. */
  command?: number;
  pdu?: Buffer;
}

/** Optional parameters this platform reads (SMPP 3.4 §5.3.2). */
export const TLV = {
  receiptedMessageId: 0x001e,
  userMessageReference: 0x0204,
  sarReference: 0x020c,
  sarTotal: 0x020e,
  sarPart: 0x020f,
  messagePayload: 0x0424,
  networkErrorCode: 0x0423,
  messageState: 0x0427,
  /** Vendor's: when the SMSC received the text, in SMPP's absolute time format. */
  receivedAt: 0x1501,
} as const;

/** Where a segment belongs in a long text. */
export interface Concatenation {
  reference: number;
  total: number;
  /** 1-based */
  part: number;
}

/** The content of a text without its user data header. */
export interface TextContent {
  octets: Buffer;
  dataCoding: number;
  concatenation: Concatenation | undefined;
}

const ESM_UDHI = 0x40;
const IEI_CONCATENATION_8 = 0x00;
const IEI_CONCATENATION_16 = 0x08;

/** Reads a deliver_sm or data_sm. Never throws: a PDU that ends too early is marked `malformed`. */
export function parseShortMessage({ command, bytes }: Frame): ShortMessage {
  const reader = new BodyReader(bytes);
  reader.text();
  reader.skip(2);
  const source = reader.text();
  reader.skip(2);
  const destination = reader.text();
  const esmClass = reader.byte();
  let dataCoding: number;
  let content: Buffer = Buffer.alloc(0);
  if (command === DATA_SM) {
    reader.byte();
    dataCoding = reader.byte();
  } else {
    reader.skip(2);
    reader.text();
    reader.text();
    reader.skip(2);
    dataCoding = reader.byte();
    reader.skip(1);
    content = reader.octets(reader.byte());
  }
  const tlvs = reader.tlvs();
  const payload = tlvs.get(TLV.messagePayload);
  if (content.length === 0 && payload) content = payload;
  const fields = { source, destination, esmClass, dataCoding, content, tlvs, command, pdu: bytes };
  // Without its parameters there may be no content at all.
  const malformed = reader.fault ?? (content.length === 0 ? reader.tlvFault : undefined);
  return { ...fields, malformed, brokenTlvs: malformed === undefined ? reader.tlvFault : undefined };
}

const DATA_SM = 0x00000103;

/**
 * A time in SMPP's absolute format `YYMMDDhhmmsstnnp` (SMPP 3.4 §7.1.1); undefined when it is none.
 * t is tenths of a second, nn quarter hours from UTC, p their sign.
 */
export function absoluteTime(octets: Buffer | undefined): Date | undefined {
  const fields = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d)(\d\d)([+-])\0?$/.exec(octets?.toString('latin1') ?? '');
  if (!fields) return undefined;
  const [year, month, day, hour, minute, second, tenth, quarters] = fields.slice(1, 9).map(Number) as [
    ...[number, number, number, number, number, number, number, number],
  ];
  const local = Date.UTC(2000 + year, month - 1, day, hour, minute, second, tenth * 100);
  const offset = quarters * 15 * 60_000 * (fields[9] === '+' ? 1 : -1);
  return new Date(local - offset);
}

/** Takes the user data header off and says where in a long text the segment belongs, by UDH or by sar TLVs. */
export function textContent(message: ShortMessage): TextContent {
  const { dataCoding, content, tlvs } = message;
  let octets = content;
  let concatenation: Concatenation | undefined;
  if (message.esmClass & ESM_UDHI && content.length > 0) {
    const headerEnd = Math.min(content[0]! + 1, content.length);
    concatenation = concatenationOf(content.subarray(1, headerEnd));
    octets = content.subarray(headerEnd);
  }
  concatenation ??= valid(
    number(tlvs.get(TLV.sarReference)),
    number(tlvs.get(TLV.sarTotal)),
    number(tlvs.get(TLV.sarPart)),
  );
  return { octets, dataCoding, concatenation };
}

function concatenationOf(header: Buffer): Concatenation | undefined {
  for (let at = 0; at + 2 <= header.length;) {
    const data = header.subarray(at + 2, at + 2 + header[at + 1]!);
    if (header[at] === IEI_CONCATENATION_8 && data.length === 3) return valid(data[0], data[1], data[2]);
    if (header[at] === IEI_CONCATENATION_16 && data.length === 4) return valid(data.readUInt16BE(0), data[2], data[3]);
    at += 2 + header[at + 1]!;
  }
  return undefined;
}

/** A header that contradicts itself is as good as none: its text is taken as a text of its own. */
function valid(reference?: number, total?: number, part?: number): Concatenation | undefined {
  if (reference === undefined || total === undefined || part === undefined) return undefined;
  // A reference is two octets (SMPP 3.4 §5.3.2.22); of more, which no column holds, the last two tell as much.
  return total > 1 && total <= 255 && part >= 1 && part <= total
    ? { reference: reference & 0xffff, total, part }
    : undefined;
}

function number(octets: Buffer | undefined): number | undefined {
  return octets && octets.length >= 1 && octets.length <= 4 ? octets.readUIntBE(0, octets.length) : undefined;
}

/** Reads fields in order; at the first that isn't there it notes the fault and gives empty values from then on. */
class BodyReader {
  fault: string | undefined;
  tlvFault: string | undefined;
  readonly #bytes: Buffer;
  #at = HEADER_BYTES;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  text(): string {
    if (this.#at >= this.#bytes.length) this.fault ??= 'ends inside its mandatory fields';
    const { text, next } = readCString(this.#bytes, this.#at);
    this.#at = next;
    return text;
  }

  byte(): number {
    return this.octets(1)[0] ?? 0;
  }

  skip(count: number): void {
    this.octets(count);
  }

  octets(count: number): Buffer {
    const octets = this.#bytes.subarray(this.#at, this.#at + count);
    if (octets.length < count) this.fault ??= 'ends inside its mandatory fields';
    this.#at += octets.length;
    return octets;
  }

  tlvs(): Map<number, Buffer> {
    const tlvs = new Map<number, Buffer>();
    while (this.#at + 4 <= this.#bytes.length) {
      const tag = this.#bytes.readUInt16BE(this.#at);
      const length = this.#bytes.readUInt16BE(this.#at + 2);
      this.#at += 4;
      const value = this.#bytes.subarray(this.#at, this.#at + length);
      this.#at += value.length;
      if (value.length === length) tlvs.set(tag, value);
      else this.tlvFault ??= 'an optional parameter is longer than the PDU';
    }
    return tlvs;
  }
}
