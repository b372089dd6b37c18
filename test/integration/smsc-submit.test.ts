import smpp, { type PduFields } from 'smpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSmsc, type Smsc } from '../../infra/embedded/smsc/smsc.ts';
import { until } from '../support/poll.ts';
import { bind, bindClient, connectClient, type Client } from '../support/smsc-client.ts';

const { errors } = smpp;
const ucs2 = (text: string) => Buffer.from(text, 'utf16le').swap16();

let smsc: Smsc;
let client: Client;

beforeAll(async () => {
  smsc = await startSmsc();
  client = await bindClient(smsc);
});
afterAll(async () => {
  client.session.destroy();
  await smsc.stop();
});

describe('bind', () => {
  it.each(['bind_transceiver', 'bind_transmitter', 'bind_receiver'] as const)('%s', async (as) => {
    const { session } = await bindClient(smsc, { as });
    session.destroy();
  });

  it('refuses a wrong password, and a submit before the bind', async () => {
    const stranger = connectClient(smsc);
    expect(await stranger.submit({ short_message: 'x' })).toMatchObject({ command_status: errors['ESME_RINVBNDSTS'] });
    const refused = await bind(stranger, smsc, { password: 'wrong' });
    expect(refused).toMatchObject({ command: 'bind_transceiver_resp', command_status: errors['ESME_RINVPASWD'] });
    stranger.session.destroy();
  });

  it('refuses a second bind and answers enquire_link and unbind', async () => {
    const other = await bindClient(smsc);
    expect(await bind(other, smsc)).toMatchObject({ command_status: errors['ESME_RALYBND'] });
    other.session.enquire_link();
    await until('enquire_link_resp', () => other.received.some(({ command }) => command === 'enquire_link_resp'));
    other.session.unbind();
    await until('closed', () => other.closed);
    expect(other.received.at(-1)).toMatchObject({ command: 'unbind_resp', command_status: 0 });
  });

  it('asks a quiet peer, and drops one that never answers', async () => {
    const strict = await startSmsc({ enquireMs: 100 });
    const quiet = await bindClient(strict);
    await until('enquire_link', () => quiet.received.some(({ command }) => command === 'enquire_link'));
    await until('dropped', () => quiet.closed);
    await strict.stop();
  });
});

const texts: [what: string, fields: PduFields, text: string][] = [
  ['hanzi in UCS-2', { data_coding: 8, short_message: ucs2('您的孩子已到校。') }, '您的孩子已到校。'],
  ['an emoji', { data_coding: 8, short_message: ucs2('好😀') }, '好😀'],
  ['GSM with its extensions', { data_coding: 0, short_message: Buffer.from('001b651b28', 'hex') }, '@€{'],
  ['IA5', { data_coding: 1, short_message: Buffer.from('JX @ home') }, 'JX @ home'],
  ['Latin-1', { data_coding: 3, short_message: Buffer.from('café', 'latin1') }, 'café'],
  ['message_payload', { data_coding: 8, message_payload: ucs2('长'.repeat(500)) }, '长'.repeat(500)],
  ['nothing', { data_coding: 0, short_message: Buffer.alloc(0) }, ''],
  ['+86 before the number', { destination_addr: '+8613900000001', short_message: Buffer.from('x') }, 'x'],
];

describe('submit_sm', () => {
  it.each(texts)('accepts %s', async (_what, fields, text) => {
    const before = smsc.acceptLog.last;
    const response = await client.submit(fields);
    expect(response.command_status).toBe(0);
    expect(smsc.acceptLog.after(before, 10)).toMatchObject([
      {
        id: Number(response.message_id),
        from: '10657099',
        to: '13900000001',
        part: 1,
        parts: 1,
        reference: null,
        text,
      },
    ]);
    expect(smsc.threads.of('13900000001').at(-1)).toMatchObject({ from: '10657099', text });
  });

  it('keeps the bytes of what is no text', async () => {
    await client.submit({ data_coding: 4, short_message: Buffer.from([1, 2, 0xff]) });
    expect(smsc.acceptLog.after(smsc.acceptLog.last - 1, 1)).toMatchObject([{ text: null, hex: '0102ff' }]);
  });

  const wrong: [what: string, fields: PduFields, status: string][] = [
    ['a destination that is no number', { destination_addr: '1390000a' }, 'ESME_RINVDSTADR'],
    ['no source', { source_addr: '' }, 'ESME_RINVSRCADR'],
    ['71 UCS-2 units', { data_coding: 8, short_message: ucs2('字'.repeat(71)) }, 'ESME_RINVMSGLEN'],
    ['161 septets', { data_coding: 0, short_message: Buffer.alloc(161, 0x41) }, 'ESME_RINVMSGLEN'],
    ['154 septets behind a header', part(1, 2, Buffer.alloc(154, 0x41), 0), 'ESME_RINVMSGLEN'],
    ['part 3 of 2', part(3, 2, ucs2('x')), 'ESME_RINVESMCLASS'],
    ['a header longer than the text', { esm_class: 0x40, short_message: Buffer.from([200, 0]) }, 'ESME_RINVMSGLEN'],
  ];
  it.each(wrong)('refuses %s', async (_what, fields, status) => {
    const before = smsc.acceptLog.last;
    expect(await client.submit({ short_message: Buffer.from('x'), ...fields })).toMatchObject({
      command_status: errors[status],
    });
    expect(smsc.acceptLog.last).toBe(before);
  });

  it('joins long texts in whatever order the parts come, when all are there', async () => {
    const to = '13900000002';
    const phone = { destination_addr: to };
    const shown = () => smsc.threads.of(to).map(({ text }) => text);
    await client.submit({ ...phone, ...part(2, 3, ucs2('二')) });
    await client.submit({ ...phone, ...part(3, 3, ucs2('三')) });
    expect(shown()).toEqual([]);
    await client.submit({ ...phone, ...part(1, 3, ucs2('一')) });
    expect(shown()).toEqual(['一二三']);
    // 16-bit reference, and the TLVs that some carriers want instead.
    const wide = (n: number) => Buffer.from([6, 8, 4, 1, 44, 2, n]);
    await client.submit({
      ...phone,
      esm_class: 0x40,
      data_coding: 0,
      short_message: Buffer.concat([wide(1), Buffer.from('a')]),
    });
    await client.submit({
      ...phone,
      esm_class: 0x40,
      data_coding: 0,
      short_message: Buffer.concat([wide(2), Buffer.from('b')]),
    });
    const sar = (n: number) => ({ sar_msg_ref_num: 9, sar_total_segments: 2, sar_segment_seqnum: n, data_coding: 3 });
    await client.submit({ ...phone, ...sar(1), short_message: Buffer.from('c') });
    await client.submit({ ...phone, ...sar(2), short_message: Buffer.from('d') });
    expect(shown()).toEqual(['一二三', 'ab', 'cd']);
    expect(smsc.acceptLog.after(smsc.acceptLog.last - 4, 4).map(({ reference }) => reference)).toEqual([
      300, 300, 9, 9,
    ]);
  });

  it('tells two texts apart whose reference came round', async () => {
    const phone = { destination_addr: '13900000003' };
    await client.submit({ ...phone, ...part(1, 2, ucs2('旧')) });
    await client.submit({ ...phone, ...part(1, 2, ucs2('新')) });
    await client.submit({ ...phone, ...part(2, 2, ucs2('的')) });
    expect(smsc.threads.of('13900000003').map(({ text }) => text)).toEqual(['新的']);
  });

  it('nacks what it does not know, and closes on a length no PDU has', async () => {
    const other = await bindClient(smsc);
    other.session.query_sm({ message_id: '1' });
    await until('nack', () => other.received.some(({ command }) => command === 'generic_nack'));
    other.session.socket.write(Buffer.from([0, 0, 0, 8, 0, 0, 0, 0]));
    await until('closed', () => other.closed);
    expect(other.received.at(-1)).toMatchObject({ command_status: errors['ESME_RINVCMDLEN'] });
  });
});

function part(n: number, of: number, text: Buffer, dataCoding = 8): PduFields {
  return {
    esm_class: 0x40,
    data_coding: dataCoding,
    short_message: Buffer.concat([Buffer.from([5, 0, 3, 7, of, n]), text]),
  };
}
