import { afterEach, expect, it } from 'vitest';
import { COMMAND, encode } from '../../infra/embedded/smsc/wire.ts';
import { SmppClient } from '../../infra/smpp/client.ts';
import { until } from '../support/poll.ts';
import { startRawSmsc, type Connection, type RawSmsc } from '../support/raw-smsc.ts';

let smsc: RawSmsc;
afterEach(() => smsc.stop());

const connect = (unreadTimeoutMs: number) =>
  SmppClient.connect({
    address: { ...smsc.smpp, tls: false, systemId: 'campusline', password: 'campus' },
    unreadTimeoutMs,
    onDeliver: (_message, answer) => answer(0),
  });

/** Writes without end, as fast as it is taken. */
function flood({ socket }: Connection, pdu: Buffer): void {
  const many = Buffer.concat(Array.from({ length: 1_000 }, () => pdu));
  const more = () => {
    if (!socket.destroyed) socket.write(many, () => setImmediate(more));
  };
  more();
}
const DELIVER = encode(COMMAND.deliver, 0, 7, '\0\0\x00139\0\0\x00106\0\0\0\0\0\0\0\0\0\0\x01a');

it.each([
  ['enquire_link', encode(COMMAND.enquireLink, 0, 7)],
  ['deliver_sm', DELIVER],
])(
  'a peer that floods %s and reads nothing is not read either, and left after a while',
  async (_name, pdu) => {
    smsc = await startRawSmsc({
      onBound: (connection) => {
        connection.socket.pause();
        flood(connection, pdu);
      },
    });
    const client = await connect(1_500);
    let closed: string | undefined;
    void client.closed.then((reason) => (closed = reason));
    await until('left', () => closed);
    expect(closed).toBe('the peer does not read');
    expect(client.unwritten).toBeLessThan(2 * 1024 * 1024);
  },
  40_000,
);

it('a peer that reads late is read on', async () => {
  let heard = 0;
  smsc = await startRawSmsc({
    onBound: (connection) => {
      connection.socket.pause();
      flood(connection, encode(COMMAND.enquireLink, 0, 7));
    },
  });
  const client = await connect(30_000);
  const [{ socket }] = smsc.connections as [Connection];
  await until('choked', () => client.unwritten > 1024 * 1024);
  expect(client.room).toBe(0);
  socket.on('data', (chunk: Buffer) => (heard += chunk.length));
  socket.resume();
  await until('heard more than was waiting', () => heard > 20 * 1024 * 1024);
  client.destroy('enough');
  await client.closed;
}, 40_000);
