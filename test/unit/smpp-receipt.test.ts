import { describe, expect, it } from 'vitest';
import { TLV, type ShortMessage } from '../../infra/smpp/decode.ts';
import { canonicalId, idForms, isReceipt, parseReceipt, readsAsReceipt } from '../../infra/smpp/receipt.ts';

const RECEIPT = 0x04;

function message(content: Buffer | string, more: Partial<ShortMessage> = {}): ShortMessage {
  return {
    source: '13900000001',
    destination: '10657099',
    esmClass: RECEIPT,
    dataCoding: 0,
    content: Buffer.from(content as string, 'latin1'),
    tlvs: new Map(),
    malformed: undefined,
    ...more,
  };
}
const read = (received: ShortMessage) => {
  const receipt = parseReceipt(received);
  return receipt && [receipt.smscId, receipt.state, receipt.error];
};
const named = (id: string, state?: number, code?: Buffer) =>
  new Map<number, Buffer>([
    [TLV.receiptedMessageId, Buffer.from(id)],
    ...(state === undefined ? [] : [[TLV.messageState, Buffer.from([state])] as const]),
    ...(code ? [[TLV.networkErrorCode, code] as const] : []),
  ]);

describe('the state of a receipt', () => {
  it.each([
    ['DELIVRD', 'DELIVERED', null],
    ['DELIVERED', 'DELIVERED', null],
    ['delivrd', 'DELIVERED', null],
    ['DELIV', 'DELIVERED', null],
    ['DELETED', 'FAILED', 'DELETED'],
    ['DELIVERY_FAILED', 'FAILED', 'DELIVERY_FAILED'],
    ['ACCEPTD', 'BUFFERED', null],
    ['ACCEPTED', 'BUFFERED', null],
    ['ENROUTE', 'BUFFERED', null],
    ['BUFFERD', 'BUFFERED', null],
    ['BUFFERED', 'BUFFERED', null],
    ['SCHEDULED', 'BUFFERED', null],
    ['EXPIRED', 'EXPIRED', 'EXPIRED'],
    ['EXPIRD', 'EXPIRED', 'EXPIRD'],
    ['UNDELIV', 'FAILED', 'UNDELIV'],
    ['UNDELIVERABLE', 'FAILED', 'UNDELIVERABLE'],
    ['REJECTD', 'FAILED', 'REJECTD'],
    ['FAILED', 'FAILED', 'FAILED'],
    ['UNKNOWN', 'FAILED', 'UNKNOWN'],
    ['SKIPPED', 'FAILED', 'SKIPPED'],
    // What China's gateways hand on from CMPP.
    ['MA:0001', 'FAILED', 'MA:0001'],
    ['MB:1042', 'FAILED', 'MB:1042'],
    ['MH:0004', 'FAILED', 'MH:0004'],
    ['MI:0010', 'FAILED', 'MI:0010'],
    ['MK:0001', 'FAILED', 'MK:0001'],
    ['MN:0000', 'FAILED', 'MN:0000'],
    ['CB:0053', 'FAILED', 'CB:0053'],
    ['DB:0114', 'FAILED', 'DB:0114'],
    ['ID:1241', 'FAILED', 'ID:1241'],
    ['MK', 'FAILED', 'MK'],
    // What nobody here knows is no end.
    ['MKX', 'BUFFERED', 'MKX'],
    ['WAITING', 'BUFFERED', 'WAITING'],
    ['DEL', 'BUFFERED', 'DEL'],
    ['SUNDELIV', 'BUFFERED', 'SUNDELIV'],
    ['0', 'BUFFERED', '0'],
    ['AVERYLONGWORDOFTHESMSC', 'BUFFERED', 'AVERYLONGWORDOFTHESM'],
  ])('stat:%s is %s', (word, state, error) => {
    expect(read(message(`id:7 sub:001 dlvrd:001 stat:${word} text:`))).toEqual(['7', state, error]);
  });

  it.each([
    [0, 'BUFFERED', null],
    [1, 'BUFFERED', null],
    [2, 'DELIVERED', null],
    [3, 'EXPIRED', 'EXPIRED'],
    [4, 'FAILED', 'DELETED'],
    [5, 'FAILED', 'UNDELIV'],
    [6, 'BUFFERED', null],
    [7, 'FAILED', 'UNKNOWN'],
    [8, 'FAILED', 'REJECTD'],
    [9, 'FAILED', 'SKIPPED'],
    [42, 'BUFFERED', 'state:42'],
  ])('message_state %i is %s', (number, state, error) => {
    expect(read(message('', { tlvs: named('0099\0', number) }))).toEqual(['99', state, error]);
  });

  it.each([
    ['the number stands where the word contradicts it', 5, 'DELIVRD', 'FAILED', 'UNDELIV err:011'],
    ['the word says more where they agree', 5, 'MK:0001', 'FAILED', 'MK:0001 err:011'],
    ['a word that is not known does too', 5, 'NOCREDIT', 'FAILED', 'NOCREDIT err:011'],
    ['the word stands where the number is not known', 42, 'UNDELIV', 'FAILED', 'UNDELIV err:011'],
    ['the number is enough where the word is not known', 1, 'WAITING', 'BUFFERED', null],
  ])('of both: %s', (_name, number, word, state, error) => {
    expect(read(message(`stat:${word} err:011`, { tlvs: named('7', number) }))).toEqual(['7', state, error]);
  });
});

describe('a receipt', () => {
  const WHOLE = 'id:00AB sub:001 dlvrd:000 submit date:2611230731 done date:2611230732 stat:UNDELIV err:011 text:';
  it.each<[string, ShortMessage]>([
    ['text', message(WHOLE)],
    ['text in capitals, with spaces', message(WHOLE.replace(/(\w+):/g, (name) => `${name.toUpperCase()} `))],
    ['text and a NUL', message(`${WHOLE}\0`)],
    ['UCS-2', message(Buffer.from(WHOLE, 'utf16le').swap16().toString('latin1'), { dataCoding: 8 })],
    ['UCS-2 that says it is GSM', message(Buffer.from(WHOLE, 'utf16le').swap16().toString('latin1'))],
    ['little-endian UCS-2', message(Buffer.from(WHOLE, 'utf16le').toString('latin1'), { dataCoding: 8 })],
    ['ASCII that says it is UCS-2', message(WHOLE, { dataCoding: 8 })],
    ['text behind a user data header', message(`\x05\0\x03\x09\x011${WHOLE}`, { esmClass: RECEIPT | 0x40 })],
    ['text that bears the header’s bit alone', message(WHOLE, { esmClass: RECEIPT | 0x40 })],
  ])('by %s', (_name, received) => {
    expect(read(received)).toEqual(['ab', 'FAILED', 'UNDELIV err:011']);
  });

  it('by TLVs', () => {
    const tlvs = named('00AB\0', 5, Buffer.from([3, 0, 11]));
    expect(read(message('', { tlvs }))).toEqual(['ab', 'FAILED', 'UNDELIV err:3:11']);
  });

  it.each<[string, ShortMessage]>([
    ['nothing of use', message('hello')],
    ['no id', message('stat:DELIVRD err:000')],
    ['no state', message('id:7 err:000')],
    ['other fields that end alike', message('paid:7 estat:DELIVRD')],
  ])('with %s is none', (_name, received) => {
    expect(read(received)).toBeUndefined();
  });

  it('keeps no more of an error than is one', () => {
    expect(read(message(`id:7 stat:UNDELIV err:${'9'.repeat(50)}`))).toEqual([
      ...['7', 'FAILED', `UNDELIV err:${'9'.repeat(20)}`],
    ]);
    expect(read(message(`id:${'7'.repeat(90)} stat:UNDELIV`))?.[0]).toHaveLength(64);
    // Three octets are a network error code; others are none.
    expect(read(message('', { tlvs: named('7', 5, Buffer.from([3, 0])) }))).toEqual(['7', 'FAILED', 'UNDELIV']);
  });

  it.each([
    [0x04, true],
    [0x44, true],
    [0x08, false],
    [0x20, true],
    [0x00, false],
    [0x40, false],
    [0x03, false],
  ])('is what esm_class 0x%s says: %s', (esmClass, expected) => {
    expect(isReceipt(message('JX', { esmClass }))).toBe(expected);
  });

  it.each([
    ['both TLVs', named('7', 2), true],
    ['an id alone, which may name a text', named('7'), false],
    ['a state alone', new Map([[TLV.messageState, Buffer.from([2])]]), false],
    ['an empty id', named('\0', 2), false],
  ])('is at esm_class 0 what has both TLVs: %s', (_name, tlvs, expected) => {
    expect(isReceipt(message('', { esmClass: 0, tlvs }))).toBe(expected);
  });

  it.each<[string, string | Buffer, boolean]>([
    ['the whole', WHOLE, true],
    ['the whole in UCS-2', Buffer.from(WHOLE, 'utf16le').swap16(), true],
    ['id and state', 'ID:7 STAT:DELIVRD', true],
    ['an id alone', 'id:7 sub:001', false],
    ['a state first', 'stat:DELIVRD id:7', false],
    ['no state behind its name', 'id:7 stat:', false],
    ['words before it', '老师 id:7 stat:DELIVRD', false],
    ['JX', 'JX', false],
  ])('is read in a text: %s', (_name, content, expected) => {
    const octets = typeof content === 'string' ? content : content.toString('latin1');
    expect(readsAsReceipt(message(octets, { esmClass: 0 }))).toBe(expected);
  });

  it.each([
    ['000123', '123'],
    ['00AB', 'ab'],
    ['0', '0'],
    ['000', '0'],
    ['a b\x01', 'a?b?'],
  ])('names the message %j as %s', (id, canonical) => {
    expect(canonicalId(id)).toBe(canonical);
  });

  it('may name it in hexadecimal where the response was decimal, and the other way round', () => {
    expect(idForms('255')).toEqual(['255', 'ff', '597']);
    expect(idForms('ff')).toEqual(['ff', '255']);
    expect(idForms('msg-1')).toEqual(['msg-1']);
    expect(idForms('9'.repeat(21))).toEqual(['9'.repeat(21)]);
  });
});
