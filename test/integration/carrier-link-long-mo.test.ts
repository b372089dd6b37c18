import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TLV } from '../../infra/smpp/decode.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { aConnection, aMessage, deliver } from '../support/inbound-connection.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(() => database.drop());

const bodies = async () => {
  const { rows } = await database.pool.query<{ body: string }>('select body from mo order by id');
  return rows.map(({ body }) => body);
};
/** Part n of 2 under the reference 9. */
const part = (n: number, text: string, name?: string) =>
  aMessage('', {
    esmClass: 0x40,
    content: Buffer.concat([Buffer.from([5, 0, 3, 9, 2, n]), Buffer.from(text, 'utf16le').swap16()]),
    ...(name !== undefined && { tlvs: new Map([[TLV.receiptedMessageId, Buffer.from(name)]]) }),
  });

it('by parameters whose reference is wider than it may be is joined', async () => {
  const inbound = aConnection(database.pool);
  for (const [n, text] of ['请', '假'].entries()) {
    const tlvs = new Map([
      [TLV.sarReference, Buffer.from('fffffff7', 'hex')],
      [TLV.sarTotal, Buffer.from([2])],
      [TLV.sarPart, Buffer.from([n + 1])],
    ]);
    expect(await deliver(inbound, aMessage(text, { tlvs }))).toBe(0);
  }
  expect(await bodies()).toEqual(['请假']);
});

describe('a reference used again', () => {
  it('with the same first part is a second text, and both are whole', async () => {
    const inbound = aConnection(database.pool);
    for (const each of [part(1, '老师您好'), part(2, '请假'), part(1, '老师您好'), part(2, '谢谢')])
      expect(await deliver(inbound, each)).toBe(0);
    expect(await bodies()).toEqual(['老师您好请假', '老师您好谢谢']);
  });

  it('with the same words is a second text', async () => {
    const inbound = aConnection(database.pool);
    for (let n = 0; n < 2; n++) for (const each of [part(1, '好'), part(2, '的')]) await deliver(inbound, each);
    expect(await bodies()).toEqual(['好的', '好的']);
  });

  it('is told by the SMSC’s name, where it names its texts, on any connection', async () => {
    for (const name of ['a', 'b', 'a', 'b'])
      for (const each of [part(1, '好', name), part(2, '的', name)]) await deliver(aConnection(database.pool), each);
    expect(await bodies()).toEqual(['好的', '好的']);
  });

  it('while the text before it lacks a part does not mix the two', async () => {
    const inbound = aConnection(database.pool);
    for (const each of [part(1, '甲'), part(1, '乙'), part(2, '丙')]) await deliver(inbound, each);
    expect(await bodies()).toEqual(['乙丙']);
    const { rows } = await database.pool.query('select part from mo_part where mo_id is null');
    expect(rows).toEqual([{ part: 1 }]);
  });
});

describe('what is no text', () => {
  const stored = async () =>
    (await database.pool.query<{ body: string; raw: Buffer | null }>('select body, raw from mo order by id')).rows;

  it.each([
    ['binary', { dataCoding: 4, content: Buffer.from([0, 1, 0xff]) }],
    ['of an unknown coding', { dataCoding: 0x0e, content: Buffer.from('안녕', 'utf8') }],
    ['half a character', { dataCoding: 8, content: Buffer.from([0x59, 0x7d, 0x76]) }],
    ['8 bits where 7 are', { dataCoding: 1, content: Buffer.from([0x41, 0xe9]) }],
    ['behind a header', { esmClass: 0x40, dataCoding: 4, content: Buffer.from([6, 5, 4, 0x0b, 0x84, 0, 0, 7]) }],
  ])('%s is kept as its octets', async (_name, more) => {
    await deliver(aConnection(database.pool), aMessage('', more));
    expect((await stored()).map(({ raw }) => raw)).toEqual([more.content]);
  });

  it('is kept of a long one, all parts together; of a text nothing is', async () => {
    const inbound = aConnection(database.pool);
    for (const n of [1, 2])
      await deliver(inbound, { ...part(n, ''), dataCoding: 4, content: Buffer.from([5, 0, 3, 7, 2, n, 0xf0 + n]) });
    await deliver(inbound, aMessage('好的'));
    expect(await stored()).toEqual([
      { body: '\ufffd', raw: Buffer.from([0xf1, 0xf2]) },
      { body: '好的', raw: null },
    ]);
  });
});
