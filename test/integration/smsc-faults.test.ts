import smpp, { type Pdu } from 'smpp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSmsc, type Smsc } from '../../infra/embedded/smsc/smsc.ts';
import { until } from '../support/poll.ts';
import { bind, bindClient, connectClient, type Client } from '../support/smsc-client.ts';

const { errors } = smpp;

let smsc: Smsc;
let client: Client;

beforeEach(async () => {
  smsc = await startSmsc({ receiptDelayMs: 1 });
  client = await bindClient(smsc);
});
afterEach(() => smsc.stop());

/** Switches on by the API, as a person or a test would. */
async function put(settings: object): Promise<void> {
  const response = await send('PUT', 'faults', settings);
  expect(response.status, await response.clone().text()).toBe(200);
}

async function act(action: object): Promise<void> {
  expect((await send('POST', 'faults/actions', action)).status).toBe(202);
}

const send = (method: string, path: string, body: object) =>
  fetch(`${smsc.handsets}/${path}`, {
    method,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });

const submit = (text = 'x', registered = 0) =>
  client.submit({ short_message: Buffer.from(text), registered_delivery: registered });
const statuses = async (responses: Promise<Pdu>[]) => (await Promise.all(responses)).map((pdu) => pdu.command_status);
const submits = (count: number) => Array.from({ length: count }, (_, i) => submit(String(i)));
const part = (n: number, of: number) =>
  client.submit({ esm_class: 0x40, data_coding: 0, short_message: Buffer.from([5, 0, 3, 1, of, n, 0x41]) });
const responses = () => client.received.filter(({ command }) => command === 'submit_sm_resp');

describe('refusals', () => {
  it('the next N with any status, and then no more', async () => {
    await put({ reject: { status: 'ESME_RMSGQFUL', count: 2 } });
    expect(await statuses(submits(3))).toEqual([errors['ESME_RMSGQFUL'], errors['ESME_RMSGQFUL'], 0]);
    await put({ reject: { status: 0x0401, count: 1 } });
    expect(await statuses(submits(2))).toEqual([0x0401, 0]);
    expect(smsc.stats()).toMatchObject({
      ...{ submitted: 5, accepted: 2 },
      rejected: { ESME_RMSGQFUL: 2, '0x00000401': 1 },
    });
  });

  it('segments above the rate', async () => {
    await put({ rateLimit: { segmentsPerSecond: 0.001, burst: 3 } });
    const throttled = errors['ESME_RTHROTTLED'];
    expect(await statuses(submits(5))).toEqual([0, 0, 0, throttled, throttled]);
    expect(smsc.acceptLog.last).toBe(3);
  });

  it('submits above the window', async () => {
    await put({ windowLimit: { max: 2, status: 'ESME_RMSGQFUL' }, slow: { delayMs: 100 } });
    expect((await statuses(submits(4))).filter((status) => status === errors['ESME_RMSGQFUL'])).toHaveLength(2);
    expect(await statuses(submits(2))).toEqual([0, 0]);
  });

  it('part k of n', async () => {
    await put({ rejectPart: { part: 2, parts: 3, count: 1 } });
    expect(await statuses([part(1, 3), part(2, 3), part(3, 3), part(2, 2), part(2, 3)])).toEqual([
      ...[0, errors['ESME_RSUBMITFAIL'], 0, 0, 0],
    ]);
    expect(smsc.threads.of('13900000001')).toHaveLength(1);
  });

  it('binds', async () => {
    await put({ refuseBinds: { count: 1 } });
    const other = connectClient(smsc);
    expect((await bind(other, smsc)).command_status).toBe(errors['ESME_RBINDFAIL']);
    expect((await bind(other, smsc)).command_status).toBe(0);
  });
});

describe('responses', () => {
  it('none for the next N, which are accepted, and then the connection is gone', async () => {
    await put({ dropBeforeResponse: { count: 3 } });
    void submits(3);
    await until('dropped', () => client.closed);
    expect(responses()).toEqual([]);
    expect(smsc.acceptLog.last).toBe(3);
    client = await bindClient(smsc);
    expect(await statuses([submit()])).toEqual([0]);
  });

  it('drops soon even when fewer than N come', async () => {
    await put({ dropBeforeResponse: { count: 100 } });
    void submit();
    await until('dropped', () => client.closed);
  });

  it('half-open: takes bytes, says nothing, until switched off', async () => {
    await put({ silent: {} });
    void submit('lost');
    client.session.enquire_link();
    const stranger = connectClient(smsc);
    void bind(stranger, smsc);
    await put({ silent: { accept: true } });
    void submit('kept');
    await until('accepted', () => smsc.acceptLog.last === 1);
    expect(client.closed).toBe(false);
    expect(client.received.slice(1)).toEqual([]);
    expect(stranger.received).toEqual([]);
    expect(smsc.acceptLog.after(0, 9)).toMatchObject([{ text: 'kept' }]);
    await put({});
    expect(await statuses([submit()])).toEqual([0]);
  });

  it('late', async () => {
    await put({ slow: { delayMs: 300, count: 1 } });
    const from = performance.now();
    const [slow, next] = await Promise.all(submits(2));
    expect(performance.now() - from).toBeGreaterThanOrEqual(290);
    expect(responses()).toEqual([next, slow]);
  });

  it('in reverse order', async () => {
    await put({ reorder: { window: 3 } });
    await Promise.all(submits(4));
    const sequences = responses().map(({ sequence_number }) => sequence_number);
    const [first] = [...sequences].sort((a, b) => a - b) as [number];
    // The fourth has no company and comes alone, a little later.
    expect(sequences.map((sequence) => sequence - first)).toEqual([2, 1, 0, 3]);
  });

  it.each([
    ['decimal', /^\d+$/],
    ['decimal-padded', /^0\d{19}$/],
    ['hex', /^[\da-f]+$/],
    ['hex-upper', /^[\dA-F]+$/],
    ['hex-padded', /^0[\da-f]{15}$/],
  ] as const)('ids as %s, and receipts in another format', async (format, pattern) => {
    await put({ ids: { response: format, receipt: 'decimal' } });
    const { message_id: id = '' } = await submit('x', 1);
    expect(id).toMatch(pattern);
    const receipt = await until('receipt', () => client.delivered()[0]);
    const { id: number } = smsc.acceptLog.after(0, 1)[0]!;
    expect(receipt.receipted_message_id).toBe(String(number));
    expect(Number.parseInt(id, format.startsWith('hex') ? 16 : 10)).toBe(number);
  });
});

describe('receipts', () => {
  const delivered = () => client.delivered().map((pdu) => pdu.receipted_message_id);

  it('missing', async () => {
    await put({ receipts: { mode: 'missing', count: 1 } });
    await submit('x', 1);
    const { message_id: second } = await submit('y', 1);
    await until('receipt', () => delivered().length > 0);
    expect(delivered()).toEqual([second]);
  });

  it('duplicated', async () => {
    await put({ receipts: { mode: 'duplicate', count: 1 } });
    const { message_id: id } = await submit('x', 1);
    await until('two', () => delivered().length === 2);
    expect(delivered()).toEqual([id, id]);
  });

  it('late, not holding up the next', async () => {
    await put({ receipts: { mode: 'late', delayMs: 300, count: 1 } });
    const { message_id: first } = await submit('x', 1);
    const { message_id: second } = await submit('y', 1);
    await until('two', () => delivered().length === 2);
    expect(delivered()).toEqual([second, first]);
  });

  it('before the response', async () => {
    await put({ receipts: { mode: 'before', count: 1 } });
    const { message_id: id } = await submit('x', 1);
    expect(client.received.slice(1).map(({ command }) => command)).toEqual(['deliver_sm', 'submit_sm_resp']);
    expect(delivered()).toEqual([id]);
  });

  it('of a text that did not arrive', async () => {
    await put({ receipts: { mode: 'undelivered', count: 1 } });
    await submit('x', 1);
    const receipt = await until('receipt', () => client.delivered()[0]);
    expect(receipt.message_state).toBe(5);
    expect(receipt.short_message?.message).toMatch(/dlvrd:000 .* stat:UNDELIV err:001/);
  });
});

describe('at once', () => {
  it.each([
    [0, '00000000'],
    [4, '00000004'],
    [8, '00000008'],
    [15, '0000000f'],
    ['huge', '7fffffff'],
  ] as const)('a PDU of length %s', async (length, hex) => {
    const bytes = watch(client);
    await act({ action: 'bad-pdu', length });
    await until('bytes', () => bytes().length === 16);
    expect(bytes().toString('hex')).toBe(`${hex}000000150000000000000001`);
  });

  it('garbage', async () => {
    const bytes = watch(client);
    await act({ action: 'garbage', bytes: 5 });
    await until('bytes', () => bytes().length === 5);
    expect(bytes().toString('hex')).toBe('a7a7a7a7a7');
  });

  it('unbind', async () => {
    client.session.on('unbind', (pdu) => client.session.send(pdu.response()));
    await act({ action: 'unbind' });
    await until('closed', () => client.closed);
    expect(client.received.at(-1)?.command).toBe('unbind');
  });

  it('drop', async () => {
    await act({ action: 'drop' });
    await until('closed', () => client.closed);
  });

  it('restart, down for a while', async () => {
    await submit();
    await act({ action: 'restart', downMs: 300 });
    await until('closed', () => client.closed);
    const refused = connectClient(smsc);
    await until('refused', () => refused.errors.length > 0);
    client = await until('up again', () => bindClientOrNot());
    expect(await statuses([submit()])).toEqual([0]);
    expect(smsc.acceptLog.last).toBe(2);
  });

  async function bindClientOrNot(): Promise<Client | undefined> {
    const attempt = connectClient(smsc);
    const bound = bind(attempt, smsc).then(() => attempt);
    return Promise.race([bound, until('closed', () => attempt.closed).then(() => undefined)]);
  }
});

describe('the API', () => {
  it('shows what is on and how often it will strike, and forgets what is not named', async () => {
    await put({ reject: { count: 3 }, slow: { delayMs: 1 } });
    await submit();
    expect(await (await fetch(`${smsc.handsets}/faults`)).json()).toEqual({
      reject: { status: 'ESME_RMSGQFUL', count: 2 },
      slow: { delayMs: 1 },
    });
    await put({ slow: { delayMs: 1 } });
    expect(smsc.faults.settings).toEqual({ slow: { delayMs: 1 } });
  });

  it.each([
    [{ slow: { delayMs: 'soon' } }, 'slow.delayMs'],
    [{ reject: { status: 'ESME_RNONSENSE' } }, 'reject.status'],
    [{ rejectPart: {} }, 'rejectPart.part'],
    [{ receipts: { mode: 'never' } }, 'receipts.mode'],
    [{ nonsense: {} }, 'body'],
  ])('names the field of %j', async (settings, field) => {
    const response = await send('PUT', 'faults', settings);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status: 400, errors: [{ field }] });
    expect((await send('POST', 'faults/actions', { action: 'nonsense' })).status).toBe(400);
  });
});

/** The raw bytes that arrive from now on; the codec sees them no more. */
function watch({ session }: Client): () => Buffer {
  const chunks: Buffer[] = [];
  session.pause();
  session.socket.removeAllListeners('readable');
  session.socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  session.socket.resume();
  return () => Buffer.concat(chunks);
}
