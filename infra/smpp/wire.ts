/**
 * SMPP 3.4 on the wire: frames, headers and the few PDUs an ESME needs. Written here and not taken from npm `smpp`,
 * because that one goes deaf on a malformed length and throws on odd TLVs, where a link must name the fault and live on.
 */

/** command_id of each PDU this client sends or understands (SMPP 3.4 §5.1.2.1); a response has the top bit set. */
export const COMMAND = {
  genericNack: 0x80000000,
  submitSm: 0x00000004,
  submitSmResp: 0x80000004,
  deliverSm: 0x00000005,
  deliverSmResp: 0x80000005,
  unbind: 0x00000006,
  unbindResp: 0x80000006,
  bindTransceiver: 0x00000009,
  bindTransceiverResp: 0x80000009,
  enquireLink: 0x00000015,
  enquireLinkResp: 0x80000015,
  dataSm: 0x00000103,
  dataSmResp: 0x80000103,
} as const;

export const HEADER_BYTES = 16;
/** A message_payload holds at most 64 KiB; a longer frame is a broken length, not a text. */
const MAX_FRAME_BYTES = 72 * 1024;

/** How an alert and a handshake record of TLS begin (RFC 8446 §5.1): what such a server answers a PDU with. */
const TLS_RECORDS = [0x1503, 0x1603];

/** The peer broke the protocol in a way that leaves the stream unreadable: the connection must go. */
export class ProtocolError extends Error {
  override name = 'ProtocolError';
}

/** One PDU: the header's fields and the whole frame. */
export interface Frame {
  command: number;
  status: number;
  sequence: number;
  bytes: Buffer;
}

/** Builds a PDU from its body. */
export function encodePdu(command: number, status: number, sequence: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const pdu = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  pdu.writeUInt32BE(pdu.length, 0);
  pdu.writeUInt32BE(command, 4);
  pdu.writeUInt32BE(status, 8);
  pdu.writeUInt32BE(sequence, 12);
  body.copy(pdu, HEADER_BYTES);
  return pdu;
}

/** A C-octet string: the characters and a NUL. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'latin1');
}

/** The C-octet string at `offset`, which may lack its NUL where the frame ends. */
export function readCString(bytes: Buffer, offset: number): { text: string; next: number } {
  const nul = bytes.indexOf(0, offset);
  const end = nul === -1 ? bytes.length : nul;
  return { text: bytes.toString('latin1', offset, end), next: Math.min(end + 1, bytes.length) };
}

function lengthWords(length: number): string {
  return TLS_RECORDS.includes(length >>> 16) ? 'the SMSC speaks TLS (ssmpp:// is with)' : `PDU length ${length}`;
}

/** Cuts a byte stream into PDUs. */
export class FrameReader {
  #rest: Buffer | undefined;

  /**
   * Hands every complete PDU of the stream so far to `take`, in order.
   * @throws ProtocolError when a length can't be right: 0–15, or beyond any PDU, as the head of a TLS record is
   */
  push(chunk: Buffer, take: (frame: Frame) => void): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let offset = 0;
    while (bytes.length - offset >= 4) {
      const length = bytes.readUInt32BE(offset);
      if (length < HEADER_BYTES || length > MAX_FRAME_BYTES) throw new ProtocolError(lengthWords(length));
      if (bytes.length - offset < length) break;
      const frame = bytes.subarray(offset, offset + length);
      offset += length;
      take({
        command: frame.readUInt32BE(4),
        status: frame.readUInt32BE(8),
        sequence: frame.readUInt32BE(12),
        bytes: frame,
      });
    }
    // A copy, so that a few bytes left over don't keep the whole chunk alive.
    this.#rest = offset < bytes.length ? Buffer.from(bytes.subarray(offset)) : undefined;
  }
}
