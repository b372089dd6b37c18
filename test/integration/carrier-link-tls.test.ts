import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { readConfig } from '../../infra/config.ts';
import { startSmsc } from '../../infra/embedded/smsc/smsc.ts';
import { SmppClient } from '../../infra/smpp/client.ts';
import { aText, queue, states, type LinkSetup } from '../support/carrier-link.ts';
import { linkRig } from '../support/link-rig.ts';
import { until } from '../support/poll.ts';
import { ELSEWHERE, LOCALHOST, TEST_CA } from '../support/tls/identity.ts';

/** Where a link with ssmpp:// goes. */
const overTls = ({ port }: { port: number }, host = 'localhost') => ({ host, port, tls: true });
const trusting = { smpp: { ca: TEST_CA } };

describe('an SMSC that speaks TLS', () => {
  const rig = linkRig({ tls: LOCALHOST });

  it.each(['localhost', '127.0.0.1'])('at %s: texts, receipts and parents’ texts get through', async (host) => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    const started: NonNullable<LinkSetup['started']> = [];
    const ids = await queue(rig.pool, aText(), aText({ body: '好'.repeat(200) }));
    rig.run({ smsc: overTls(rig.smsc.smpp, host), options: trusting, started });
    await rig.allIn(ids, 'DELIVERED');
    expect(rig.accepted()).toHaveLength(4);
    rig.smsc.sendFromPhone({ from: '13900000001', to: '10657099', text: '谢谢老师' });
    await until('started', () => started.length > 0);
    expect((await rig.pool.query('select body from mo')).rows).toEqual([{ body: '谢谢老师' }]);
    // Node warns where an IP address is given as the name to ask for.
    expect(warnings).toEqual([]);
  });

  it('is what ssmpp:// in the environment means', async () => {
    const { smpp } = readConfig({ SMPP_URL: rig.smsc.url }, { carriers: loadCarriers().names });
    const client = await SmppClient.connect({ address: smpp!, ca: TEST_CA, onDeliver: () => undefined });
    await client.unbind();
    expect(await client.closed).toBe('unbound');
  });

  it.each(['drop', 'unbind', 'restart'] as const)('%s by the SMSC: the link connects again', async (action) => {
    const link = rig.run({ smsc: overTls(rig.smsc.smpp), options: trusting });
    await until('bound', () => link.status?.state === 'bound');
    await rig.smsc.act(action === 'restart' ? { action, downMs: 100 } : { action });
    await rig.allIn(await queue(rig.pool, aText()), 'DELIVERED');
  });

  it('stops while somebody has connected and says nothing', async () => {
    const smsc = await startSmsc({ tls: LOCALHOST });
    const socket = connect(smsc.smpp);
    await once(socket, 'connect');
    await smsc.stop();
    if (!socket.closed) await once(socket, 'close');
  });
});

/** A server on loopback until the test ends, which answers the first octets it hears with these and hangs up. */
async function hangUp(octets: string): Promise<{ port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.from(octets.replaceAll(' ', ''), 'hex')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port };
}

describe('smpp:// to where TLS is spoken', () => {
  it.each([
    ['says so by an alert', '15 03 03 00 02 02 46', 'the SMSC speaks TLS (ssmpp:// is with)'],
    ['says so by a handshake', '16 03 03 00 04 0e 00 00 00', 'the SMSC speaks TLS (ssmpp:// is with)'],
    ['hangs up', '', 'the SMSC closed the connection at our first word (ssmpp:// is with TLS)'],
  ])('and which %s is named so', async (_name, octets, words) => {
    const { port } = await hangUp(octets);
    const address = { host: '127.0.0.1', port, tls: false, systemId: 'campusline', password: 'campus' };
    await expect(SmppClient.connect({ address, onDeliver: () => undefined })).rejects.toThrow(`SMSC bind: ${words}`);
  });

  it('is named so by a server of Node too', async () => {
    const smsc = await startSmsc({ tls: LOCALHOST });
    onTestFinished(() => smsc.stop());
    const address = { ...smsc.smpp, tls: false, systemId: 'campusline', password: 'campus' };
    await expect(SmppClient.connect({ address, onDeliver: () => undefined })).rejects.toThrow('ssmpp:// is with TLS');
  });
});

describe('an SMSC that cannot be trusted', () => {
  const rig = linkRig();

  /** A server on loopback until the test ends, and what it hears beneath TLS. */
  async function listen(tls?: typeof LOCALHOST): Promise<{ port: number; heard: Buffer[] }> {
    const heard: Buffer[] = [];
    const hear = (socket: NodeJS.EventEmitter) => {
      socket.on('data', (bytes: Buffer) => heard.push(bytes));
      socket.on('error', () => undefined);
    };
    const server = tls ? createTlsServer(tls, hear) : createServer(hear);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return { port: (server.address() as AddressInfo).port, heard };
  }

  it.each([
    ['a CA that nobody named', 'localhost', LOCALHOST, {}, /certificate of no trusted CA .*NODE_EXTRA_CA_CERTS/],
    ['another name', 'localhost', ELSEWHERE, trusting, /Hostname\/IP does not match certificate's altnames/],
    ['another address', '127.0.0.1', ELSEWHERE, trusting, /Hostname\/IP does not match certificate's altnames/],
  ])('for its certificate of %s gets nothing, not even the password', async (_, host, identity, options, words) => {
    const server = await listen(identity);
    const ids = await queue(rig.pool, aText());
    const link = rig.run({ smsc: overTls(server, host), options });
    expect(await until('refused', () => link.status?.lastError ?? undefined)).toMatch(words);
    expect(server.heard).toEqual([]);
    expect(await states(rig.pool, ids)).toEqual(['QUEUED']);
  });

  it('for speaking no TLS is named so', async () => {
    const ids = await queue(rig.pool, aText());
    const link = rig.run({ smsc: overTls(rig.smsc.smpp) });
    expect(await until('refused', () => link.status?.lastError ?? undefined)).toBe(
      'SMSC bind: TLS: the SMSC does not speak it (smpp:// is without)',
    );
    expect(await states(rig.pool, ids)).toEqual(['QUEUED']);
    expect(rig.smsc.stats()).toMatchObject({ sessions: [], submitted: 0 });
  });

  it.each([
    ['hanging up', '', 'the SMSC closed the connection in the TLS handshake (smpp:// is without)'],
    ['TLS 1.1 alone', '15 03 01 00 02 02 46', 'TLS: the SMSC speaks neither 1.2 nor 1.3'],
    ['other ciphers', '15 03 03 00 02 02 28', 'TLS: the SMSC takes none of our ciphers'],
    ['what has no words of ours', '15 03 03 00 02 02 50', 'TLS: tlsv1 alert internal error'],
  ])('for %s in the handshake is named so', async (_name, octets, words) => {
    const link = rig.run({ smsc: overTls(await hangUp(octets)) });
    expect(await until('refused', () => link.status?.lastError ?? undefined)).toBe(`SMSC bind: ${words}`);
  });

  it('for not answering the handshake is left at the bind’s timeout', async () => {
    const link = rig.run({ smsc: overTls(await listen()), options: { smpp: { bindTimeoutMs: 100 } } });
    expect(await until('left', () => link.status?.lastError ?? undefined)).toBe('SMSC bind: no bind within 100 ms');
  });
});
