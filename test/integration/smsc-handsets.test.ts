import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSmsc, type Smsc } from '../../infra/embedded/smsc/smsc.ts';
import { SmppClient } from '../../infra/smpp/client.ts';
import { until } from '../support/poll.ts';
import { bindClient, type Client } from '../support/smsc-client.ts';
import { TEST_CA } from '../support/tls/identity.ts';

let smsc: Smsc;
let client: Client;
const folder = mkdtempSync(join(tmpdir(), 'campusline-smsc-'));
const phonebook = join(folder, 'phonebook.json');
const faults: Error[] = [];

beforeAll(async () => {
  smsc = await startSmsc({ phonebook, onError: (error) => faults.push(error) });
  client = await bindClient(smsc);
});
afterAll(async () => {
  client.session.destroy();
  await smsc.stop();
  rmSync(folder, { recursive: true });
});

const get = (path: string) => fetch(`${smsc.handsets}${path}`);
const json = async (path: string): Promise<unknown> => (await get(path)).json();
const post = (path: string, body: string | Buffer<ArrayBuffer>, type = 'application/json') =>
  fetch(`${smsc.handsets}${path}`, { method: 'POST', body, headers: { 'content-type': type } });

describe('phones/{phone}/messages', () => {
  it('shows both directions, oldest first, with the offset of the time', async () => {
    const phone = '13900000001';
    expect(await json(`/phones/${phone}/messages`)).toEqual([]);
    await client.submit({ source_addr: '1065709912', destination_addr: `86${phone}`, short_message: '您好' });
    const answer = await post(`/phones/${phone}/messages`, JSON.stringify({ text: '谢谢', to: '1065709912' }));
    expect(answer.status).toBe(202);
    const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00$/) as string;
    const thread = [
      { from: '1065709912', to: phone, text: '您好', at },
      { from: phone, to: '1065709912', text: '谢谢', at },
    ];
    expect(await json(`/phones/${phone}/messages`)).toEqual(thread);
    expect(await json(`/phones/+86${phone}/messages`)).toEqual(thread);
    await until('delivered', () => client.delivered().length === 1);
  });

  it.each([
    ['no text', '{"to":"10657099"}', 'text'],
    ['an empty text', '{"text":"","to":"10657099"}', 'text'],
    ['a text longer than 255 parts', JSON.stringify({ text: 'x'.repeat(17_086), to: '10657099' }), 'text'],
    ['no destination', '{"text":"x"}', 'to'],
    ['a destination that is no number', '{"text":"x","to":"JX"}', 'to'],
    ['an unknown field', '{"text":"x","to":"10657099","from":"1"}', 'body'],
    ['no JSON', '{', 'body'],
    ['no object', '[]', 'body'],
    ['what is not UTF-8', Buffer.from('{"text":"\xe9","to":"10657099"}', 'latin1'), 'body'],
  ])('refuses %s', async (_what, body, field) => {
    const response = await post('/phones/13900000002/messages', body);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status: 400, errors: [{ field }] });
    expect(await json('/phones/13900000002/messages')).toEqual([]);
  });

  it('refuses a wrong phone, a body of another type or encoding, one too large, and unknown paths', async () => {
    const good = '{"text":"x","to":"10657099"}';
    expect((await get('/phones/abc/messages')).status).toBe(400);
    expect((await post('/phones/abc/messages', good)).status).toBe(400);
    expect((await post('/phones/13900000002/messages', good, 'text/plain')).status).toBe(400);
    expect((await post('/phones/13900000002/messages', JSON.stringify({ text: 'x'.repeat(100_000) }))).status).toBe(
      413,
    );
    expect((await post('/phones/13900000002/messages', good, 'application/json; charset=utf-16')).status).toBe(415);
    for (const path of ['/phone', '/phones/13900000002', '/page/../http.ts', '/%2e%2e/http.ts'])
      expect((await get(path)).status, path).toBe(404);
  });
});

describe('phones', () => {
  it('lists them by their last text, and those of the phonebook as it changes', async () => {
    expect(await json('/phones')).toMatchObject([{ phone: '13900000001', label: null, last: { text: '谢谢' } }]);
    writeFileSync(phonebook, JSON.stringify([{ phone: '13900000009', label: '王小兵的妈妈' }]));
    expect(await json('/phones?q=王小兵')).toEqual([{ phone: '13900000009', label: '王小兵的妈妈', last: null }]);
    writeFileSync(phonebook, '[{"phone":');
    expect(await json('/phones?q=0009')).toHaveLength(1);
    expect(faults).toMatchObject([{ name: 'SyntaxError' }]);
    writeFileSync(phonebook, JSON.stringify([{ phone: '13900000001', label: '李老师 (班主任)' }]));
    expect(await json('/phones')).toMatchObject([
      { phone: '13900000001', label: '李老师 (班主任)', last: { text: '谢谢' } },
    ]);
    expect(await json('/phones?q=0009')).toEqual([]);
  });

  it('tells listeners whose thread grew', async () => {
    const leave = new AbortController();
    const response = await fetch(`${smsc.handsets}/events`, { signal: leave.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    smsc.threads.send({ from: '13900000007', to: '10657099', text: 'x', at: Date.now() });
    let heard = '';
    while (!heard.includes('data:')) heard += (await reader.read()).value;
    expect(heard).toContain('data: ["13900000007"]');
    leave.abort();
  });
});

describe('accept-log and stats', () => {
  it('page by number', async () => {
    const before = smsc.acceptLog.last;
    for (const short_message of ['a', 'b', 'c'])
      await client.submit({ destination_addr: '13900000004', short_message });
    const first = (await json(`/accept-log?after=${before}&limit=2`)) as { n: number; id: string; at: string }[];
    expect(first).toMatchObject([{ n: before + 1, text: 'a', from: '10657099', to: '13900000004' }, { text: 'b' }]);
    expect(first[0]!.id).toMatch(/^\d+$/);
    expect(await json(`/accept-log?after=${first.at(-1)!.n}`)).toMatchObject([{ text: 'c', part: 1, parts: 1 }]);
    expect((await get('/accept-log?after=-1')).status).toBe(400);
    const accepted = before + 3;
    expect(await json('/stats')).toMatchObject({ submitted: accepted, accepted, rejected: {}, mos: { received: 1 } });
  });
});

describe('the page', () => {
  it('is served with what it loads, under a policy that lets nothing else in', async () => {
    const page = await get('/?phone=13900000001');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    const html = await page.text();
    expect(html).toContain('lang="zh-CN"');
    expect(html).not.toMatch(/https?:\/\//);
    for (const file of ['page.css', 'page.js', 'dom.js', 'faults.js']) {
      const response = await get(`/${file}`);
      expect(response.status, file).toBe(200);
      expect(response.headers.get('content-type'), file).toMatch(file.endsWith('css') ? 'text/css' : 'text/javascript');
    }
  });
});

describe('the process', () => {
  const main = new URL('../../infra/embedded/smsc/main.ts', import.meta.url).pathname;
  const start = async (env: NodeJS.ProcessEnv) => {
    const child = fork(main, {
      env: { ...process.env, SMSC_PORT: '0', SMSC_HTTP_PORT: '0', ...env },
      silent: true,
      execArgv: [],
    });
    const [ready] = (await once(child, 'message')) as [{ ready: boolean; smpp: Smsc['smpp']; handsets: string }];
    return { child, ready };
  };

  it.each(['SIGTERM', 'disconnect'])('says where it is, keeps its data, and ends on %s', async (end) => {
    const SMSC_DATA = mkdtempSync(join(folder, 'data-'));
    for (const run of [1, 2]) {
      const { child, ready } = await start({ SMSC_DATA });
      expect(ready).toMatchObject({ ready: true, smpp: { host: '127.0.0.1' } });
      const messages = `${ready.handsets}/phones/13900000001/messages`;
      const headers = { 'content-type': 'application/json' };
      await fetch(messages, { method: 'POST', headers, body: '{"text":"x","to":"10657099"}' });
      expect(await (await fetch(messages)).json()).toHaveLength(run);
      const ended = once(child, 'exit');
      if (end === 'SIGTERM') child.kill('SIGTERM');
      else child.disconnect();
      expect(await ended).toEqual([0, null]);
    }
  });

  const tlsFile = (name: string) => fileURLToPath(new URL(`../support/tls/${name}`, import.meta.url));
  const SMSC_TLS_KEY = tlsFile('server.key');

  it('speaks TLS by the key and the certificate it is given', async () => {
    const { child, ready } = await start({ SMSC_TLS_KEY, SMSC_TLS_CERT: tlsFile('localhost.crt') });
    const address = { ...ready.smpp, tls: true, systemId: 'campusline', password: 'campus' };
    const client = await SmppClient.connect({ address, ca: TEST_CA, onDeliver: () => undefined });
    await client.unbind();
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    ['ports', { SMSC_PORT: 'x', SMSC_HTTP_PORT: '70000' }, /SMSC_PORT[\s\S]*SMSC_HTTP_PORT/],
    ['a file', { SMSC_TLS_KEY: tlsFile('nowhere.key'), SMSC_TLS_CERT: SMSC_TLS_KEY }, /SMSC_TLS_KEY ENOENT/],
    ['a key alone', { SMSC_TLS_KEY }, /SMSC_TLS_CERT is not set/],
    ['a pair', { SMSC_TLS_KEY, SMSC_TLS_CERT: tlsFile('ca.crt') }, /SMSC_TLS_CERT does not go with SMSC_TLS_KEY/],
  ])('names what is wrong in its environment: %s', async (_, env, fault) => {
    const child = fork(main, {
      env: { ...process.env, ...env },
      silent: true,
      execArgv: [],
    });
    let said = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(said).toMatch(fault);
  });
});

describe('a page of another name that leads to this machine', () => {
  /** fetch writes the Host header itself. */
  async function statusAs(host: string, method: string, path: string): Promise<number> {
    const { hostname, port } = new URL(smsc.handsets);
    const asked = request({ hostname, port, path, method, headers: { host, 'content-type': 'application/json' } });
    asked.end(method === 'POST' ? JSON.stringify({ text: 'JX', to: '10657099' }) : undefined);
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode!;
  }

  it.each([
    ['GET', '/'],
    ['GET', '/phones/13900000077/messages'],
    ['GET', '/events'],
    ['POST', '/phones/13900000077/messages'],
  ])('neither reads nor orders: %s %s', async (method, path) => {
    expect(await statusAs('evil.example', method, path)).toBe(421);
    expect(await json('/phones/13900000077/messages')).toEqual([]);
  });

  it('is no address, and not localhost', async () => {
    const { host, port } = new URL(smsc.handsets);
    for (const name of [host, `localhost:${port}`]) expect(await statusAs(name, 'GET', '/')).toBe(200);
  });
});
