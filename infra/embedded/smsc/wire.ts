import smpp from 'smpp';

/**
 * The hot path of the wire, by hand: npm `smpp`'s session spends most of a core on 20,000 submit_sm/s and goes deaf on a
 * bad length, and a simulator must do neither. Whatever is rare (binds, unbinds) goes through its codec.
 */

/** command_id of each PDU spoken here (SMPP 3.4 §5.1.2.1). */
export const COMMAND = {
  genericNack: 0x80000000,
  bindReceiver: 0x00000001,
  bindTransmitter: 0x00000002,
  bindTransceiver: 0x00000009,
  submit: 0x00000004,
  submitResponse: 0x80000004,
  deliver: 0x00000005,
  deliverResponse: 0x80000005,
  unbind: 0x00000006,
  unbindResponse: 0x80000006,
  enquireLink: 0x00000015,
  enquireLinkResponse: 0x80000015,
} as const;

export const HEADER_LENGTH = 16;
/** A message_payload of 64 KiB and its mandatory fields fit. */
const MAX_PDU_LENGTH = 70_000;

/** What is wrong with a PDU, as the command_status that answers it. */
export class PduError extends Error {
  override name = 'PduError';
  readonly status: number;

  constructor(status: string | number) {
    super(String(status));
    this.status = statusCode(status);
  }
}

/** The code of an `ESME_…` name. @throws RangeError for a name that SMPP does not have */
export function statusCode(name: string | number): number {
  if (typeof name === 'number') return name;
  const code = smpp.errors[name];
  if (code === undefined) throw new RangeError(`${name} is no command_status`);
  return code;
}

const STATUS_NAMES = new Map(Object.entries(smpp.errors).map(([name, code]) => [code, name]));

/** The `ESME_…` name of a code, or the code in hex. */
export function statusName(code: number): string {
  return STATUS_NAMES.get(code) ?? `0x${code.toString(16).padStart(8, '0')}`;
}

/** Cuts a stream into PDUs. */
export class FrameReader {
  #rest: Buffer | undefined;

  /**
   * Hands every complete PDU to `onPdu`, which says false to stop; the rest of the stream is then dropped.
   * @throws PduError for a length no PDU has: the stream can't be read on
   */
  push(chunk: Buffer, onPdu: (pdu: Buffer) => boolean): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    let offset = 0;
    while (bytes.length - offset >= 4) {
      const length = bytes.readUInt32BE(offset);
      if (length < HEADER_LENGTH || length > MAX_PDU_LENGTH) throw new PduError('ESME_RINVCMDLEN');
      if (bytes.length - offset < length) break;
      if (!onPdu(bytes.subarray(offset, offset + length))) return;
      offset += length;
    }
    if (offset < bytes.length) this.#rest = bytes.subarray(offset);
  }
}

export const commandOf = (pdu: Buffer) => pdu.readUInt32BE(4);
export const statusOf = (pdu: Buffer) => pdu.readUInt32BE(8);
export const sequenceOf = (pdu: Buffer) => pdu.readUInt32BE(12);

/** A PDU whose body is `body`, a latin1 string of bytes: the quickest way to write one in Node. */
export function encode(command: number, status: number, sequence: number, body = ''): Buffer {
  const length = HEADER_LENGTH + body.length;
  const pdu = Buffer.allocUnsafe(length);
  pdu.writeUInt32BE(length, 0);
  pdu.writeUInt32BE(command, 4);
  pdu.writeUInt32BE(status, 8);
  pdu.writeUInt32BE(sequence, 12);
  if (body) pdu.write(body, HEADER_LENGTH, 'latin1');
  return pdu;
}

/** A submit_sm as it came. */
export interface Submit {
  from: string;
  to: string;
  esmClass: number;
  registered: boolean;
  dataCoding: number;
  /** Without the user data header. */
  bytes: Buffer;
  /** Octets of the user data header, its length octet included. */
  headerLength: number;
  /** `message_payload` carried the text: no segment's limit holds. */
  payload: boolean;
  part: number;
  parts: number;
  /** Of the concatenation; undefined when there is none. */
  reference: number | undefined;
}

const UDH_INDICATOR = 0x40;
const TLV = { sarReference: 0x020c, sarTotal: 0x020e, sarPart: 0x020f, messagePayload: 0x0424 } as const;

/** Reads a submit_sm's body. @throws PduError when it is cut short or its concatenation makes no sense */
export function readSubmit(pdu: Buffer): Submit {
  const reader = new Reader(pdu);
  reader.cstring();
  reader.skip(2);
  const from = reader.cstring();
  reader.skip(2);
  const to = reader.cstring();
  const esmClass = reader.octet();
  reader.skip(2);
  reader.cstring();
  reader.cstring();
  const registered = (reader.octet() & 0x03) !== 0;
  reader.skip(1);
  const dataCoding = reader.octet();
  reader.skip(1);
  const submit: Submit = {
    ...{ from, to, esmClass, registered, dataCoding, bytes: reader.take(reader.octet()), headerLength: 0 },
    ...{ payload: false, part: 1, parts: 1, reference: undefined },
  };
  if (!reader.atEnd) readTlvs(reader, submit);
  if (esmClass & UDH_INDICATOR) readUserDataHeader(submit);
  if (submit.part < 1 || submit.part > submit.parts) throw new PduError('ESME_RINVESMCLASS');
  return submit;
}

function readTlvs(reader: Reader, submit: Submit): void {
  while (!reader.atEnd) {
    const tag = reader.int16();
    const value = reader.take(reader.int16());
    if (tag === TLV.messagePayload) {
      submit.bytes = value;
      submit.payload = true;
    } else if (tag === TLV.sarReference && value.length === 2) submit.reference = value.readUInt16BE(0);
    else if (tag === TLV.sarTotal && value.length === 1) submit.parts = value[0]!;
    else if (tag === TLV.sarPart && value.length === 1) submit.part = value[0]!;
  }
}

/** 3GPP TS 23.040 §9.2.3.24: information elements 0x00 and 0x08 are the concatenation, the others are passed over. */
function readUserDataHeader(submit: Submit): void {
  const { bytes } = submit;
  const end = (bytes[0] ?? 0) + 1;
  if (bytes.length < end) throw new PduError('ESME_RINVMSGLEN');
  for (let at = 1; at + 2 <= end; at += 2 + bytes[at + 1]!) {
    const length = bytes[at + 1]!;
    if (at + 2 + length > end) throw new PduError('ESME_RINVMSGLEN');
    if (bytes[at] === 0x00 && length === 3) submit.reference = bytes[at + 2]!;
    else if (bytes[at] === 0x08 && length === 4) submit.reference = bytes.readUInt16BE(at + 2);
    else continue;
    submit.parts = bytes[at + length]!;
    submit.part = bytes[at + length + 1]!;
  }
  submit.bytes = bytes.subarray(end);
  submit.headerLength = end;
}

class Reader {
  #pdu: Buffer;
  #at = HEADER_LENGTH;

  constructor(pdu: Buffer) {
    this.#pdu = pdu;
  }

  get atEnd(): boolean {
    return this.#at >= this.#pdu.length;
  }

  skip(octets: number): void {
    this.#at += octets;
  }

  octet(): number {
    const value = this.#pdu[this.#at++];
    if (value === undefined) throw new PduError('ESME_RINVCMDLEN');
    return value;
  }

  int16(): number {
    return (this.octet() << 8) | this.octet();
  }

  cstring(): string {
    const end = this.#pdu.indexOf(0, this.#at);
    if (end < 0) throw new PduError('ESME_RINVCMDLEN');
    const value = this.#pdu.toString('latin1', this.#at, end);
    this.#at = end + 1;
    return value;
  }

  take(octets: number): Buffer {
    const end = this.#at + octets;
    if (end > this.#pdu.length) throw new PduError('ESME_RINVMSGLEN');
    const value = this.#pdu.subarray(this.#at, end);
    this.#at = end;
    return value;
  }
}
