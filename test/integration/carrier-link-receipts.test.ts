import { describe, expect, it } from 'vitest';
import { traceEvents } from '../../infra/postgres/trace.ts';
import { TLV, type ShortMessage } from '../../infra/smpp/decode.ts';
import { aText, queue, states } from '../support/carrier-link.ts';
import { aConnection, aMessage, deliver } from '../support/inbound-connection.ts';
import { linkRig } from '../support/link-rig.ts';
import { until } from '../support/poll.ts';
import { ALL_OF_GANSU } from '../support/school.ts';

const rig = linkRig();
const PHONE = '13900000001';
const RECEIPT = 0x04;

/** A text that the SMSC accepted and of which no receipt came yet: its id here and the SMSC's. */
async function acceptedText(): Promise<{ id: number; smscId: string }> {
  rig.smsc.faults.replace({ receipts: { mode: 'missing', delayMs: 1 } });
  const [id] = (await queue(rig.pool, aText({ phone: PHONE }))) as [number];
  rig.run();
  await rig.allIn([id], 'ACCEPTED');
  const { rows } = await rig.pool.query<{ smsc_id: string }>('select smsc_id from sms_part where sms_id = $1', [id]);
  return { id, smscId: rows[0]!.smsc_id };
}

const words = (smscId: string, stat: string) =>
  `id:${smscId} sub:001 dlvrd:001 submit date:2611230731 done date:2611230732 stat:${stat} err:000 text:`;
const receipt = (text: string, more: Partial<ShortMessage> = {}) =>
  aMessage('', { source: PHONE, esmClass: RECEIPT, dataCoding: 0, content: Buffer.from(text, 'latin1'), ...more });
const ucs2 = (text: string) => Buffer.from(text, 'utf16le').swap16();

const receipts = async () => {
  const { rows } = await rig.pool.query<Record<string, unknown>>(
    'select phone, destination, state, error, sms_id is not null as joined from sms_receipt',
  );
  return rows;
};

describe('a receipt finds its text', () => {
  it.each<[string, (text: string) => ShortMessage]>([
    ['in UCS-2', (text) => receipt('', { dataCoding: 8, content: ucs2(text) })],
    ['with addresses not swapped', (text) => receipt(text, { source: '10657099', destination: PHONE })],
    [
      'not swapped, with country codes',
      (text) => receipt(text, { source: '+8610657099', destination: `0086${PHONE}` }),
    ],
    ['from 0086…', (text) => receipt(text, { source: `0086${PHONE}` })],
    ['from 12520…', (text) => receipt(text, { source: `12520${PHONE}` })],
    ['without addresses', (text) => receipt(text, { source: '', destination: '' })],
    ['from the SMSC’s own number', (text) => receipt(text, { source: '10086' })],
  ])('%s', async (_name, form) => {
    const { id, smscId } = await acceptedText();
    expect(await deliver(aConnection(rig.pool), form(words(smscId, 'DELIVRD')))).toBe(0);
    expect(await states(rig.pool, [id])).toEqual(['DELIVERED']);
    expect(await receipts()).toMatchObject([{ state: 'DELIVERED', error: null, joined: true }]);
  });

  it('but not another phone’s', async () => {
    const { id, smscId } = await acceptedText();
    await deliver(aConnection(rig.pool), receipt(words(smscId, 'DELIVRD'), { source: '13900000002' }));
    expect(await states(rig.pool, [id])).toEqual(['ACCEPTED']);
    expect(await receipts()).toMatchObject([{ phone: '13900000002', destination: '10657099', joined: false }]);
  });
});

describe('what comes at esm_class 0', () => {
  const asText = (text: string, more: Partial<ShortMessage> = {}) => receipt(text, { esmClass: 0, ...more });
  const texts = async () =>
    (await rig.pool.query<{ body: string }>('select body from mo')).rows.map(({ body }) => body);

  it('with both TLVs is a receipt', async () => {
    const { id, smscId } = await acceptedText();
    const tlvs = new Map([
      [TLV.receiptedMessageId, Buffer.from(`${smscId}\0`)],
      [TLV.messageState, Buffer.from([2])],
    ]);
    await deliver(aConnection(rig.pool), asText('', { tlvs }));
    expect(await states(rig.pool, [id])).toEqual(['DELIVERED']);
    expect(await texts()).toEqual([]);
  });

  it.each<[string, (text: string) => ShortMessage]>([
    ['as it is', asText],
    ['in UCS-2', (text) => asText('', { dataCoding: 8, content: ucs2(text) })],
    ['with addresses not swapped', (text) => asText(text, { source: '10657099', destination: PHONE })],
  ])('and reads as the receipt of a text of ours is one, %s', async (_name, form) => {
    const { id, smscId } = await acceptedText();
    expect(await deliver(aConnection(rig.pool), form(words(smscId, 'DELIVRD')))).toBe(0);
    expect(await states(rig.pool, [id])).toEqual(['DELIVERED']);
    expect(await texts()).toEqual([]);
  });

  it('and before its response is one still', async () => {
    rig.smsc.faults.replace({ slow: { delayMs: 1_000 }, receipts: { mode: 'missing', delayMs: 1 } });
    const ids = await queue(rig.pool, aText({ phone: PHONE }));
    rig.run();
    const { id: smscId } = await until('accepted there', () => rig.accepted()[0]);
    expect(await deliver(aConnection(rig.pool), asText(words(String(smscId), 'DELIVRD')))).toBe(0);
    expect(await states(rig.pool, ids)).toEqual(['DELIVERED']);
    expect(await texts()).toEqual([]);
  });

  it.each([
    ['of no text of ours', PHONE, () => words('4711', 'DELIVRD')],
    ['of another phone’s', '13900000002', (smscId: string) => words(smscId, 'DELIVRD')],
    ['from no mobile phone', '10086', (smscId: string) => words(smscId, 'DELIVRD')],
  ])('and reads as a receipt %s is a text', async (_name, source, text) => {
    const { id, smscId } = await acceptedText();
    expect(await deliver(aConnection(rig.pool), asText(text(smscId), { source }))).toBe(0);
    expect(await states(rig.pool, [id])).toEqual(['ACCEPTED']);
    expect(await texts()).toEqual([text(smscId)]);
    expect(await receipts()).toEqual([]);
  });

  it('comes again where the database can’t tell', async () => {
    const inbound = aConnection(rig.pool);
    await rig.pool.query('alter table sms_part rename to sms_part_away');
    expect(await deliver(inbound, asText(words('4711', 'DELIVRD')))).toBe(0x64);
    await inbound.idle();
    expect(await texts()).toEqual([]);
  });
});

describe('a receipt says', () => {
  it('ACCEPTED before DELIVERED, in full: delivered, without an error', async () => {
    const { id, smscId } = await acceptedText();
    const inbound = aConnection(rig.pool);
    for (const stat of ['ACCEPTED', 'DELIVERED']) await deliver(inbound, receipt(words(smscId, stat)));
    const { rows } = await rig.pool.query('select state, error from sms_status where sms_id = $1', [id]);
    expect(rows).toEqual([{ state: 'DELIVERED', error: null }]);
  });

  it('what nobody understands: the text is on its way, and the trace has the words', async () => {
    const { id, smscId } = await acceptedText();
    const inbound = aConnection(rig.pool);
    // The same state twice is one receipt; the words are kept whichever came first.
    await Promise.all(['ENROUTE', 'WAITING', 'WAITING'].map((stat) => deliver(inbound, receipt(words(smscId, stat)))));
    await deliver(inbound, receipt(words(smscId, 'ENROUTE')));
    expect(await states(rig.pool, [id])).toEqual(['ACCEPTED']);
    const trace = await traceEvents(rig.pool, {
      ...{ phone: PHONE, sight: ALL_OF_GANSU, from: undefined, to: undefined, after: undefined },
      limit: 10,
    });
    const shown = trace.filter(({ kind }) => kind === 'receipt');
    expect(shown.map(({ outcome, facts }) => [outcome, facts['error']])).toEqual([['BUFFERED', 'WAITING err:000']]);
  });

  it('a number nobody understands: the same', async () => {
    const { id, smscId } = await acceptedText();
    const tlvs = new Map([
      [TLV.receiptedMessageId, Buffer.from(`${smscId}\0`)],
      [TLV.messageState, Buffer.from([42])],
    ]);
    await deliver(aConnection(rig.pool), receipt('', { tlvs }));
    expect(await states(rig.pool, [id])).toEqual(['ACCEPTED']);
    expect(await receipts()).toMatchObject([{ state: 'BUFFERED', error: 'state:42', joined: true }]);
  });
});
