import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readText } from '../../infra/smpp/alphabet.ts';
import { absoluteTime, parseShortMessage, textContent, TLV } from '../../infra/smpp/decode.ts';
import { encodeSubmit } from '../../infra/smpp/encode.ts';
import { parseReceipt } from '../../infra/smpp/receipt.ts';
import { COMMAND, encodePdu, FrameReader, ProtocolError, type Frame } from '../../infra/smpp/wire.ts';
import { segmentText } from '../../workflows/domain/sms-text.ts';

const tlv = (tag: number, value: Buffer) => {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(tag, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value]);
};

interface Deliver {
  esmClass?: number;
  dataCoding?: number;
  content?: Buffer;
  tlvs?: Buffer[];
}
function deliver({ esmClass = 0, dataCoding = 0, content = Buffer.alloc(0), tlvs = [] }: Deliver): Frame {
  const body = Buffer.concat([
    Buffer.from('\0\x01\x0113900000001\0\x01\x0110657099\0', 'latin1'),
    Buffer.from([esmClass, 0, 0, 0, 0, 0, 0, dataCoding, 0, content.length]),
    content,
    ...tlvs,
  ]);
  return { command: COMMAND.deliverSm, status: 0, sequence: 7, bytes: encodePdu(COMMAND.deliverSm, 0, 7, body) };
}
const bodyOf = (message: Deliver) => {
  const { octets, dataCoding } = textContent(parseShortMessage(deliver(message)));
  return readText(octets, dataCoding).text;
};
const ucs2 = (text: string) => Buffer.from(text, 'utf16le').swap16();

describe('the text of a deliver_sm', () => {
  it.each<[string, Deliver, string]>([
    ['GSM', { content: Buffer.from([0, 0x1b, 0x65, 0x41]) }, '@€A'],
    ['an unknown escape', { content: Buffer.from([0x1b, 0x41]) }, 'A'],
    ['IA5', { dataCoding: 1, content: Buffer.from('a@b') }, 'a@b'],
    ['Latin-1', { dataCoding: 3, content: Buffer.from('é', 'latin1') }, 'é'],
    ['UCS-2', { dataCoding: 8, content: ucs2('好😀') }, '好😀'],
    ['UCS-2 with half a character', { dataCoding: 8, content: Buffer.from([0x59, 0x7d, 0x59]) }, '好'],
    ['half a surrogate pair', { dataCoding: 8, content: ucs2('😀').subarray(0, 2) }, '\ufffd'],
    ['NUL', { dataCoding: 8, content: ucs2('a\0b') }, 'a\u2400b'],
    ['8-bit data', { dataCoding: 4, content: Buffer.from([1, 2]) }, '\ufffd'],
    ['class 0', { dataCoding: 0xf0, content: Buffer.from('A') }, 'A'],
    ['message_payload', { dataCoding: 8, tlvs: [tlv(TLV.messagePayload, ucs2('长'))] }, '长'],
    ['a header longer than the text', { esmClass: 0x40, content: Buffer.from([200, 1]) }, ''],
  ])('%s', (_name, message, text) => {
    expect(bodyOf(message)).toBe(text);
  });

  it.each<[string, Deliver, unknown]>([
    ['8-bit reference', { esmClass: 0x40, content: Buffer.from([5, 0, 3, 9, 3, 2, 65]) }, [9, 3, 2]],
    ['16-bit reference', { esmClass: 0x40, content: Buffer.from([6, 8, 4, 1, 9, 3, 2, 65]) }, [265, 3, 2]],
    ['behind another element', { esmClass: 0x40, content: Buffer.from([8, 1, 1, 0, 0, 3, 9, 2, 1, 65]) }, [9, 2, 1]],
    [
      'sar TLVs',
      {
        tlvs: [
          tlv(TLV.sarReference, Buffer.from([1, 9])),
          tlv(TLV.sarTotal, Buffer.from([3])),
          tlv(TLV.sarPart, Buffer.from([2])),
        ],
      },
      [265, 3, 2],
    ],
    [
      'sar TLVs of the widest numbers',
      {
        tlvs: [
          tlv(TLV.sarReference, Buffer.from('00010009', 'hex')),
          tlv(TLV.sarTotal, Buffer.from('000000ff', 'hex')),
          tlv(TLV.sarPart, Buffer.from('00ff', 'hex')),
        ],
      },
      [9, 255, 255],
    ],
    ['the first of two', { esmClass: 0x40, content: Buffer.from([5, 0, 3, 9, 2, 1, 65]) }, [9, 2, 1]],
    ['one whose element is all there is', { esmClass: 0x40, content: Buffer.from([5, 0, 3, 9, 2, 2]) }, [9, 2, 2]],
    ['no header’s bit', { content: Buffer.from([5, 0, 3, 9, 3, 2, 65]) }, undefined],
    ['an element cut short', { esmClass: 0x40, content: Buffer.from([4, 0, 3, 9, 3]) }, undefined],
    ['an element of another length', { esmClass: 0x40, content: Buffer.from([6, 0, 4, 9, 3, 2, 1]) }, undefined],
    ['a part of one', { esmClass: 0x40, content: Buffer.from([5, 0, 3, 9, 1, 1, 65]) }, undefined],
    [
      'two of the three sar TLVs',
      { tlvs: [tlv(TLV.sarReference, Buffer.from([9])), tlv(TLV.sarTotal, Buffer.from([2]))] },
      undefined,
    ],
    [
      'sar TLVs of more parts than there are numbers',
      {
        tlvs: [
          tlv(TLV.sarReference, Buffer.from([9])),
          tlv(TLV.sarTotal, Buffer.from('0100', 'hex')),
          tlv(TLV.sarPart, Buffer.from([1])),
        ],
      },
      undefined,
    ],
    [
      'sar TLVs that are no numbers',
      {
        tlvs: [
          tlv(TLV.sarReference, Buffer.alloc(5)),
          tlv(TLV.sarTotal, Buffer.from([2])),
          tlv(TLV.sarPart, Buffer.from([1])),
        ],
      },
      undefined,
    ],
    ['part 0', { esmClass: 0x40, content: Buffer.from([5, 0, 3, 9, 3, 0, 65]) }, undefined],
    ['part 4 of 3', { esmClass: 0x40, content: Buffer.from([5, 0, 3, 9, 3, 4, 65]) }, undefined],
  ])('belongs to a long text by %s', (_name, message, expected) => {
    const { concatenation: c } = textContent(parseShortMessage(deliver(message)));
    expect(c && [c.reference, c.total, c.part]).toEqual(expected);
  });

  it('is marked malformed where the PDU ends too early', () => {
    const { bytes } = deliver({ content: Buffer.from('hello') });
    for (let length = 16; length < bytes.length; length++) {
      expect(parseShortMessage({ ...deliver({}), bytes: bytes.subarray(0, length) }).malformed).toBeDefined();
    }
  });

  it.each([
    ['261123073105032+\0', '2026-11-22T23:31:05.000Z'],
    ['261123073105932+', '2026-11-22T23:31:05.900Z'],
    ['261123073105001-\0', '2026-11-23T07:46:05.000Z'],
    ['yesterday', undefined],
    ['261123073105032R\0', undefined],
    ['0261123073105032+\0', undefined],
  ])('was received when the SMSC says: %j', (said, at) => {
    expect(absoluteTime(Buffer.from(said))?.toISOString()).toBe(at);
  });

  it('was received nobody knows when, where the SMSC says nothing', () => {
    expect(absoluteTime(undefined)).toBeUndefined();
  });
});

describe('the optional parameters of a deliver_sm', () => {
  const content = Buffer.from('JX');
  const parsed = (message: Deliver) => parseShortMessage(deliver(message));

  it('are read to the last, also an empty one', () => {
    const { tlvs, malformed, brokenTlvs } = parsed({
      content,
      tlvs: [tlv(TLV.messageState, Buffer.from([2])), tlv(TLV.userMessageReference, Buffer.alloc(0))],
    });
    expect([...tlvs]).toEqual([
      [TLV.messageState, Buffer.from([2])],
      [TLV.userMessageReference, Buffer.alloc(0)],
    ]);
    expect([malformed, brokenTlvs]).toEqual([undefined, undefined]);
  });

  it('that end too early are broken, and the text is there', () => {
    const cut = tlv(TLV.messageState, Buffer.from([2, 2])).subarray(0, -1);
    const message = parsed({ content, tlvs: [tlv(TLV.sarPart, Buffer.from([1])), cut] });
    expect(message.content).toEqual(content);
    expect([...message.tlvs.keys()]).toEqual([TLV.sarPart]);
    expect(message.malformed).toBeUndefined();
    expect(message.brokenTlvs).toMatch(/longer than the PDU/);
  });

  it('that end too early may have been the text: without any it is malformed', () => {
    const cut = tlv(TLV.messagePayload, Buffer.from('JX')).subarray(0, -1);
    const message = parsed({ tlvs: [cut] });
    expect(message.malformed).toMatch(/longer than the PDU/);
    expect(message.brokenTlvs).toBeUndefined();
  });

  it('hold the text where the field for it is empty, and only there', () => {
    const payload = tlv(TLV.messagePayload, Buffer.from('QXJX'));
    expect(parsed({ tlvs: [payload] }).content).toEqual(Buffer.from('QXJX'));
    expect(parsed({ content, tlvs: [payload] }).content).toEqual(content);
  });
});

it('a data_sm is read as a deliver_sm is', () => {
  const payload = tlv(TLV.messagePayload, Buffer.from('JX'));
  // service_type, source, destination; esm_class, registered_delivery, data_coding.
  const fields = Buffer.from('\0\x01\x0113900000001\0\x01\x0110657099\0\x04\x01\x08', 'latin1');
  const bytes = encodePdu(COMMAND.dataSm, 0, 7, Buffer.concat([fields, payload]));
  expect(parseShortMessage({ command: COMMAND.dataSm, status: 0, sequence: 7, bytes })).toMatchObject({
    ...{ source: '13900000001', destination: '10657099', esmClass: 4, dataCoding: 8, malformed: undefined },
    content: Buffer.from('JX'),
  });
});

describe('anything on the wire', () => {
  it('is decoded without an exception', () => {
    const message = fc.record({
      esmClass: fc.integer({ min: 0, max: 255 }),
      dataCoding: fc.integer({ min: 0, max: 255 }),
      content: fc.uint8Array({ maxLength: 254 }).map((octets) => Buffer.from(octets)),
      tlvs: fc.array(
        fc
          .tuple(fc.oneof(fc.constantFrom(...Object.values(TLV)), fc.nat(0xffff)), fc.uint8Array({ maxLength: 40 }))
          .map(([tag, value]) => tlv(tag, Buffer.from(value))),
        { maxLength: 6 },
      ),
    });
    fc.assert(
      fc.property(message, fc.nat(400), (fields, cut) => {
        const frame = deliver(fields);
        const bytes = frame.bytes.subarray(0, Math.max(16, frame.bytes.length - (cut % 60)));
        const parsed = parseShortMessage({ ...frame, bytes });
        const { octets, dataCoding } = textContent(parsed);
        const text = readText(octets, dataCoding).text;
        parseReceipt(parsed);
        return text.isWellFormed() && !text.includes('\0');
      }),
      { numRuns: 10_000 },
    );
  });

  it('as a body is decoded without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        const bytes = encodePdu(COMMAND.deliverSm, 0, 1, Buffer.from(octets));
        const parsed = parseShortMessage({ command: COMMAND.deliverSm, status: 0, sequence: 1, bytes });
        const receipt = parseReceipt(parsed);
        const { octets: content, dataCoding } = textContent(parsed);
        return readText(content, dataCoding).text.isWellFormed() && (!receipt || receipt.smscId.length <= 64);
      }),
      { numRuns: 10_000 },
    );
  });

  it('as a receipt has a printable id', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.string({ maxLength: 20 }), (id, stat) => {
        const content = Buffer.from(`id:${id} stat:${stat} err:${stat}`.slice(0, 200), 'latin1');
        const receipt = parseReceipt(parseShortMessage(deliver({ esmClass: 4, content })));
        return receipt === undefined || /^[\x21-\x7e]{1,64}$/.test(receipt.smscId);
      }),
      { numRuns: 10_000 },
    );
  });

  it('cut anywhere is framed the same; a length that cannot be right is a ProtocolError', () => {
    const pdus = Array.from({ length: 5 }, (_, n) => encodePdu(COMMAND.enquireLink, 0, n, Buffer.alloc(n * 3)));
    const stream = Buffer.concat(pdus);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 8 }), (cuts) => {
        const reader = new FrameReader();
        const sequences: number[] = [];
        const at = [0, ...cuts.sort((a, b) => a - b), stream.length];
        for (let i = 1; i < at.length; i++) {
          reader.push(stream.subarray(at[i - 1], at[i]), (frame) => sequences.push(frame.sequence));
        }
        return sequences.join() === '0,1,2,3,4';
      }),
    );
    for (const length of [0, 4, 8, 15, 0x7fffffff]) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(length);
      expect(() => new FrameReader().push(bytes, () => undefined)).toThrow(ProtocolError);
    }
  });
});

describe('a segment on its way out', () => {
  it.each(['hello {€}', '您的孩子已到校😀', 'a'.repeat(400), '好'.repeat(150) + '😀'])('%j reads as it was', (text) => {
    const segments = segmentText(text);
    const read = segments.parts.map((_, i) => {
      const bytes = encodeSubmit({ source: '10657099', destination: '13900000001' }, segments, i + 1, 7);
      return textContent(parseShortMessage({ command: COMMAND.deliverSm, status: 0, sequence: 0, bytes }));
    });
    expect(read.map(({ octets, dataCoding }) => readText(octets, dataCoding).text).join('')).toBe(text);
    if (read.length > 1) {
      expect(read.map(({ concatenation }) => concatenation)).toEqual(
        read.map((_, i) => ({ reference: 7, total: read.length, part: i + 1 })),
      );
    }
  });
});
