import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AcceptLog, type Accepted } from '../../infra/embedded/smsc/accept-log.ts';
import { formatId, ID_FORMATS, segmentsOfMo } from '../../infra/embedded/smsc/deliver.ts';
import { Journal } from '../../infra/embedded/smsc/journal.ts';
import { chooseReceiver, type Session } from '../../infra/embedded/smsc/session.ts';
import { compactTime, decodeText, isoTime, localNumber } from '../../infra/embedded/smsc/text.ts';
import { Threads } from '../../infra/embedded/smsc/threads.ts';
import { COMMAND, encode, FrameReader, PduError, readSubmit } from '../../infra/embedded/smsc/wire.ts';

const RUNS = { numRuns: 10_000 };

describe('whatever comes over the wire', () => {
  it('is cut into the same PDUs however it is chunked', () => {
    const stream = Buffer.concat([1, 2, 3].map((n) => encode(COMMAND.enquireLink, 0, n, 'x'.repeat(n))));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length })), (cuts) => {
        const frames = new FrameReader();
        const lengths: number[] = [];
        const at = [0, ...cuts.sort((a, b) => a - b), stream.length];
        for (let i = 1; i < at.length; i++)
          frames.push(stream.subarray(at[i - 1], at[i]), (pdu) => lengths.push(pdu.length) > 0);
        expect(lengths).toEqual([17, 18, 19]);
      }),
    );
  });

  it('is read or refused, never worse', () => {
    const body = fc.uint8Array({ maxLength: 200 });
    fc.assert(
      fc.property(body, (bytes) => {
        readOrRefuse(Buffer.concat([encode(COMMAND.submit, 0, 1), bytes]));
      }),
      RUNS,
    );
    // And nearly right ones: a good submit_sm with a few octets changed.
    // Addresses 106 and 139, UDH, registered, UCS-2; part 1 of 2; a TLV behind it.
    const body16 = '00 0101 31303600 0101 31333900 40 0000 00 00 01 00 08 00 0a 050003010201 597d 0061 020c 0002 0007';
    const good = encode(COMMAND.submit, 0, 1, Buffer.from(body16.replaceAll(' ', ''), 'hex').toString('latin1'));
    expect(readSubmit(good)).toMatchObject({
      from: '106',
      to: '139',
      registered: true,
      part: 1,
      parts: 2,
      reference: 1,
    });
    const change = fc.tuple(fc.integer({ min: 16, max: good.length - 1 }), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 5 }), fc.integer({ min: 16, max: good.length }), (changes, length) => {
        const bytes = Buffer.from(good.subarray(0, length));
        for (const [at, octet] of changes) bytes[at] = octet;
        readOrRefuse(bytes);
      }),
      RUNS,
    );
  });

  function readOrRefuse(pdu: Buffer): void {
    try {
      const submit = readSubmit(pdu);
      expect(submit.part).toBeLessThanOrEqual(submit.parts);
      decodeText(submit.dataCoding, submit.bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(PduError);
    }
  }
});

describe('texts', () => {
  it('come back as they were sent from a phone', () => {
    const text = fc.string({ unit: fc.constantFrom(...'您好aZ0@€{}[]~|^\\\n😀Δà é'), maxLength: 400 });
    fc.assert(
      fc.property(text, fc.nat(), (sent, reference) => {
        const parts = segmentsOfMo(sent, reference).map(({ dataCoding, bytes, udh }) =>
          decodeText(dataCoding, Buffer.from(bytes, 'latin1').subarray(udh ? 6 : 0)),
        );
        expect(parts.join('')).toBe(sent);
      }),
    );
  });

  it('carry the time of China', () => {
    const at = Date.parse('2026-11-23T23:59:58.123Z');
    expect(isoTime(at)).toBe('2026-11-24T07:59:58.123+08:00');
    expect(compactTime(at)).toBe('261124075958');
  });

  it.each([
    ['+8613900000001', '13900000001'],
    ['8613900000001', '13900000001'],
    ['008613900000001', '13900000001'],
    ['13900000001', '13900000001'],
    ['8610086', '8610086'],
  ])('%s is the phone %s', (address, phone) => expect(localNumber(address)).toBe(phone));

  it('ids say the same number in every format', () => {
    const values = ID_FORMATS.map((format) => {
      const id = formatId(114_852_000_000_123, format);
      return format.startsWith('hex') ? Number.parseInt(id, 16) : Number(id);
    });
    expect(new Set(values)).toEqual(new Set([114_852_000_000_123]));
  });
});

const segment = (n: number, more: Partial<Accepted> = {}): Accepted => ({
  ...{ n, id: n, from: '106', to: '139', part: 1, parts: 1, reference: null, text: String(n), at: n, session: 1 },
  ...more,
});

describe('what is kept', () => {
  it('of the accept-log is the latest, and pages go on where the last ended', () => {
    const log = new AcceptLog(10);
    for (let n = 1; n <= 35; n++) log.add(segment(n));
    expect(log.last).toBe(35);
    const kept = log.after(0, 100).map(({ n }) => n);
    expect(kept.length).toBeGreaterThanOrEqual(10);
    expect(kept.at(-1)).toBe(35);
    expect(log.after(33, 100).map(({ n }) => n)).toEqual([34, 35]);
    expect(log.after(35, 100)).toEqual([]);
  });

  it('on disk is the latest, whatever a kill cut short', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'campusline-journal-'));
    const open = () =>
      new Journal(folder, {
        maxLines: 10,
        onError: (error) => {
          throw error;
        },
      });
    for (let n = 1; n <= 25; n++) {
      const journal = open();
      journal.read();
      journal.write({ kind: 'mo-done', n });
      await journal.close();
    }
    appendFileSync(join(folder, 'journal.jsonl'), '{"kind":"mo-do');
    const journal = open();
    const kept = journal.read().map((line) => 'n' in line && line.n);
    expect(kept).toEqual(Array.from({ length: 15 }, (_, i) => 11 + i));
    journal.write({ kind: 'mo-done', n: 26 });
    await journal.close();
    expect(open().read().at(-1)).toEqual({ kind: 'mo-done', n: 26 });
    rmSync(folder, { recursive: true });
  });

  it('of a thread is the latest', () => {
    const threads = new Threads();
    for (let n = 1; n <= 2_000; n++) threads.receive(segment(n));
    expect(threads.of('139').length).toBeLessThanOrEqual(1_000);
    expect(threads.of('139').at(-1)).toMatchObject({ text: '2000' });
  });
});

describe("who gets a phone's text", () => {
  const session = (no: number, more: object): Session =>
    ({ no, open: true, binding: { receives: true }, lastSource: '', lastSubmitAt: 0, ...more }) as unknown as Session;

  it.each([
    ['nobody, when none receives', [session(1, { binding: undefined }), session(2, { open: false })], undefined],
    [
      'who submitted from the like of it',
      [session(1, { lastSource: '1065827' }), session(2, { lastSource: '1065709955' })],
      2,
    ],
    [
      'of these the latest',
      [
        session(1, { lastSource: '10657099', lastSubmitAt: 2 }),
        session(2, { lastSource: '10657099', lastSubmitAt: 1 }),
      ],
      1,
    ],
    [
      'who named it in the bind',
      [session(1, { lastSource: '10657099' }), session(2, { binding: { receives: true, serves: /^10657099/ } })],
      2,
    ],
    ['not who named another', [session(1, { binding: { receives: true, serves: /^1065827/ } }), session(2, {})], 2],
  ])('%s', (_what, sessions, no) => expect(chooseReceiver(sessions, '1065709977')?.no).toBe(no));
});
