import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SmppClient } from '../../infra/smpp/client.ts';
import type { SubmitOutcome } from '../../infra/smpp/submit-outcome.ts';
import { readText } from '../../infra/smpp/alphabet.ts';
import { textContent } from '../../infra/smpp/decode.ts';
import { encodeSubmit } from '../../infra/smpp/encode.ts';
import { parseReceipt } from '../../infra/smpp/receipt.ts';
import { COMMAND, encodePdu, FrameReader, type Frame } from '../../infra/smpp/wire.ts';
import { segmentText } from '../../workflows/domain/sms-text.ts';
import { until } from '../support/poll.ts';

/** Each case is a connection of its own. */
const CASES = { numRuns: 300 };
const text = segmentText('好');

let server: Server;
/** What a peer does once the client wants to bind. */
let onBind: (peer: Socket, bind: Frame, heard: Frame[]) => void;
beforeAll(async () => {
  server = createServer((peer) => {
    const frames = new FrameReader();
    const heard: Frame[] = [];
    peer.on('error', () => undefined);
    peer.on('data', (chunk) =>
      frames.push(chunk, (frame) => {
        heard.push(frame);
        if (frame.command === COMMAND.bindTransceiver) onBind(peer, frame, heard);
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

const connect = () =>
  SmppClient.connect({
    address: { ...(server.address() as AddressInfo), host: '127.0.0.1', tls: false, systemId: 'a', password: 'b' },
    // Reads all there is to read, as the link does.
    onDeliver: (message, answer) => {
      const { octets, dataCoding } = textContent(message);
      answer(readText(octets, dataCoding).text === '' || parseReceipt(message) ? 0 : 0x64);
      answer(0);
    },
  });

/** Binds, with three submits on their way. */
async function inConversation() {
  const bound = new Promise<{ peer: Socket; heard: Frame[] }>((resolve) => {
    onBind = (peer, { sequence }, heard) => {
      peer.write(encodePdu(COMMAND.bindTransceiverResp, 0, sequence));
      resolve({ peer, heard });
    };
  });
  const client = await connect();
  const outcomes: SubmitOutcome[] = [];
  const submit = () =>
    client.submit(encodeSubmit({ source: '10657099', destination: '13900000001' }, text, 1, 0), (outcome) =>
      outcomes.push(outcome),
    );
  for (let n = 0; n < 3; n++) submit();
  return { client, submit, outcomes, ...(await bound) };
}

const octets = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => Buffer.from(bytes));
/** Well framed; commands, sequences in use and bodies like those of texts more often than chance has them. */
const pdu = fc
  .record({
    command: fc.oneof(fc.constantFrom(...Object.values(COMMAND)), fc.nat(0xffffffff)),
    status: fc.oneof(fc.constantFrom(0, 0x14, 0x58), fc.nat(0xffffffff)),
    sequence: fc.oneof(fc.nat(6), fc.nat(0xffffffff)),
    body: fc.oneof(
      octets(200),
      octets(80).map((tail) => Buffer.concat([Buffer.from('\0\x01\x01139\0\x01\x01106\0', 'latin1'), tail])),
    ),
  })
  .map(({ command, status, sequence, body }) => ({ command, bytes: encodePdu(command, status, sequence, body) }));
/** Anything at all, and PDUs whose length lies. */
const noise = fc.oneof(
  octets(300),
  pdu.map(({ bytes }) => bytes),
  fc.tuple(pdu, fc.oneof(fc.nat(400), fc.nat(0xffffffff))).map(([{ bytes }, length]) => {
    bytes.writeUInt32BE(length, 0);
    return bytes;
  }),
);

describe('a client whose peer says anything', { timeout: 60_000 }, () => {
  it('while it binds, is told why it is not bound', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(noise, { maxLength: 4 }), async (chunks) => {
        onBind = (peer) => peer.end(Buffer.concat(chunks));
        const reason = await connect().then(
          // What was said may well be the response it waits for.
          (client) => client.closed,
          (error: Error) => error.message,
        );
        expect(reason).not.toBe('');
      }),
      CASES,
    );
  });

  it.each([
    ['its response', COMMAND.bindTransceiverResp, 0x0e, /^SMSC bind: 0x0e ESME_RINVPASWD/],
    ['a generic_nack', COMMAND.genericNack, 0x03, /^SMSC bind: 0x03 ESME_RINVCMDID/],
  ])('and refuses the bind by %s, is told so at once', async (_, command, status, words) => {
    onBind = (peer, { sequence }) => void peer.write(encodePdu(command, status, sequence));
    await expect(connect()).rejects.toThrow(words);
  });

  it('when it is bound, settles every submit and ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(noise, { minLength: 1, maxLength: 6 }), fc.boolean(), async (chunks, politely) => {
        const { client, submit, outcomes, peer } = await inConversation();
        for (const chunk of chunks) peer.write(chunk);
        if (politely) peer.end();
        else peer.destroySoon();
        expect(await client.closed).not.toBe('');
        expect(outcomes).toHaveLength(3);
        submit();
        expect(outcomes.slice(3)).toEqual([{ kind: 'never-sent' }]);
      }),
      CASES,
    );
  });

  it('and then a length no PDU has, leaves by itself', async () => {
    const wrong = fc.oneof(fc.nat(15), fc.integer({ min: 0x13000, max: 0xffffffff }));
    await fc.assert(
      fc.asyncProperty(fc.array(pdu, { maxLength: 4 }), wrong, async (pdus, length) => {
        const { client, outcomes, peer } = await inConversation();
        for (const { bytes } of pdus) peer.write(bytes);
        const broken = encodePdu(COMMAND.enquireLink, 0, 1);
        broken.writeUInt32BE(length, 0);
        peer.write(broken);
        expect(await client.closed).toMatch(/^(PDU length|the SMSC unbound)/);
        expect(outcomes).toHaveLength(3);
      }),
      CASES,
    );
  });

  it('in whole PDUs, stays usable', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(pdu, { minLength: 1, maxLength: 8 }), async (pdus) => {
        const { client, submit, outcomes, peer, heard } = await inConversation();
        let closed = false;
        void client.closed.then(() => (closed = true));
        const hears = (command: number, sequence?: number) =>
          heard.find((frame) => frame.command === command && (sequence ?? frame.sequence) === frame.sequence);
        const last = 0x7eadbeef;
        for (const { bytes } of pdus) peer.write(bytes);
        peer.write(encodePdu(COMMAND.enquireLink, 0, last));
        await until('answered', () => closed || hears(COMMAND.enquireLinkResp, last), undefined, 1);
        if (closed) {
          expect(pdus.map(({ command }) => command)).toContain(COMMAND.unbind);
          return;
        }
        const before = outcomes.length;
        submit();
        const sent = await until(
          'submitted',
          () => heard.filter((f) => f.command === COMMAND.submitSm)[3],
          undefined,
          1,
        );
        peer.write(encodePdu(COMMAND.submitSmResp, 0, sent.sequence, Buffer.from('id\0')));
        await until('accepted', () => outcomes.length > before, undefined, 1);
        expect(outcomes.at(-1)).toEqual({ kind: 'accepted', smscId: 'id' });
        peer.destroy();
        await client.closed;
      }),
      CASES,
    );
  });
});
