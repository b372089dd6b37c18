import { afterEach, describe, expect, it } from 'vitest';
import { COMMAND, encode } from '../../infra/embedded/smsc/wire.ts';
import { SmppClient } from '../../infra/smpp/client.ts';
import { until } from '../support/poll.ts';
import { startRawSmsc, type Connection, type RawSmsc, type RawSmscOptions } from '../support/raw-smsc.ts';

const EVERY_MS = 20;
const TIMEOUT_MS = 100;
const INVALID_COMMAND = 3;
const RECEIPT = encode(COMMAND.deliver, 0, 7, '\0\0\x00139\0\0\x00106\0\x04\0\0\0\0\0\0\0\0\x01a');

let smsc: RawSmsc;
afterEach(() => smsc.stop());

/** A bind to an SMSC that was asked `enquired()` times; `ended()` tells why it is over. */
async function bind(onEnquire: NonNullable<RawSmscOptions['onEnquire']>) {
  let enquired = 0;
  let ended: string | undefined;
  smsc = await startRawSmsc({
    onEnquire: (connection, sequence) => {
      enquired += 1;
      onEnquire(connection, sequence);
    },
  });
  const client = await SmppClient.connect({
    address: { ...smsc.smpp, tls: false, systemId: 'campusline', password: 'campus' },
    enquireEveryMs: EVERY_MS,
    enquireTimeoutMs: TIMEOUT_MS,
    onDeliver: (_message, answer) => answer(0),
  });
  void client.closed.then((reason) => (ended = reason));
  return { client, enquired: () => enquired, ended: () => ended };
}

describe('an SMSC that does not answer enquire_link with its response', () => {
  it.each<[string, (connection: Connection, sequence: number) => void]>([
    ['but with generic_nack', ({ socket }, n) => socket.write(encode(COMMAND.genericNack, INVALID_COMMAND, n))],
    ['but with a nack that names nothing', ({ socket }) => socket.write(encode(COMMAND.genericNack, 0, 0))],
    ['but delivers', ({ socket }) => socket.write(RECEIPT)],
    ['but asks in turn', ({ socket }) => socket.write(encode(COMMAND.enquireLink, 0, 1))],
  ])('%s is alive', async (_name, say) => {
    const bound = await bind(say);
    await until('asked for longer than its timeout', () => bound.enquired() > (3 * TIMEOUT_MS) / EVERY_MS);
    expect(bound.ended()).toBeUndefined();
    bound.client.destroy('enough');
  });

  it('and says nothing else is left', async () => {
    const bound = await bind(() => undefined);
    expect(await until('left', () => bound.ended())).toBe('enquire_link unanswered');
    expect(bound.enquired()).toBe(1);
  });
});

it('an answer that came while this process stood still counts', async () => {
  const bound = await bind(({ socket }, sequence) => {
    socket.write(encode(COMMAND.enquireLinkResponse, 0, sequence));
    const until = performance.now() + 2 * TIMEOUT_MS;
    while (performance.now() < until);
  });
  await until('asked three times', () => bound.enquired() > 2);
  expect(bound.ended()).toBeUndefined();
  bound.client.destroy('enough');
});
