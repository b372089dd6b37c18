import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadCarriers } from '../../infra/carriers.ts';
import { declaredAlphabet, readText } from '../../infra/smpp/alphabet.ts';
import { matchKeyword } from '../../workflows/domain/keywords.ts';
import { segmentText } from '../../workflows/domain/sms-text.ts';
import { CODINGS, gb2312 } from '../support/codings.ts';

const hex = (octets: string) => Buffer.from(octets.replaceAll(' ', ''), 'hex');
const { keywords } = loadCarriers().profile('gansu');

describe('a stop', () => {
  const PADDINGS = [0, 1, 2].map((nuls) => Buffer.alloc(nuls));
  const cases = CODINGS.flatMap(({ name, dataCodings, encode }) =>
    dataCodings.map((coding) => [name, coding, encode] as const),
  );
  it.each(cases)('in %s at data_coding %i is understood, with and without NULs at its end', (_name, coding, encode) => {
    for (const word of ['TD', 'td', 'QXJX', 'STOP', '退订']) {
      const octets = encode(word);
      for (const padding of octets ? PADDINGS : []) {
        const { text } = readText(Buffer.concat([octets!, padding]), coding);
        expect(text).toBe(word);
        expect(matchKeyword(keywords, text)?.keyword).toBe(word === 'QXJX' ? 'cancel' : 'cancel-all');
      }
    }
  });
});

describe('the alphabet a data_coding declares', () => {
  it.each([
    [0x00, 'gsm'],
    [0x01, 'ascii'],
    [0x02, 'data'],
    [0x03, 'latin1'],
    [0x04, 'data'],
    [0x08, 'ucs2'],
    [0x0f, 'gb18030'],
    [0x0e, 'data'],
    [0x10, 'gsm'],
    [0x13, 'gsm'],
    [0x14, 'data'],
    [0x17, 'data'],
    [0x18, 'ucs2'],
    [0x1b, 'ucs2'],
    [0x1c, 'gb18030'],
    [0x1f, 'gb18030'],
    [0x28, 'data'],
    [0x30, 'data'],
    [0x48, 'ucs2'],
    [0x68, 'data'],
    [0x7f, 'data'],
    [0x80, 'gsm'],
    [0xbf, 'gsm'],
    [0xc0, 'gsm'],
    [0xd8, 'gsm'],
    [0xdf, 'gsm'],
    [0xe0, 'ucs2'],
    [0xef, 'ucs2'],
    [0xf0, 'gsm'],
    [0xf3, 'gsm'],
    [0xf4, 'data'],
    [0xff, 'data'],
  ] as const)('%i', (coding, alphabet) => {
    expect(declaredAlphabet(coding)).toBe(alphabet);
  });
});

describe('octets that the declared alphabet holds', () => {
  it.each([
    ['an address in GSM', 0, hex('61 00 62 2e 63 6e'), 'a@b.cn'],
    ['an @ at the front in GSM', 0, hex('00 61 62 63'), '@abc'],
    ['hanzi’s octets that are letters in GSM', 0, hex('4f 60'), 'O¿'],
    ['Latin-1', 3, gb2312('退订'), 'ÍË¶©'],
    ['hanzi whose octets are ASCII', 8, Buffer.from('TD'), '呄'],
    ['Hangul', 8, hex('c5 48 b1 55'), '안녕'],
    ['Tibetan', 8, hex('0f 40 0f 0b'), 'ཀ་'],
    ['a phone’s own emoji', 8, hex('e0 01'), '\ue001'],
    ['white space', 8, hex('00 09 00 0a 00 0c 00 0d'), '\t\n\f\r'],
    ['hanzi beyond GB 2312', 15, hex('e9 46 86 b4'), '镕喆'],
    ['hanzi of four octets', 15, hex('82 35 95 33'), '鿢'],
  ])('%s are read as declared', (_name, coding, octets, text) => {
    expect(readText(octets, coding)).toEqual({ text, exact: true });
  });

  it('whatever GSM text they are', () => {
    const letters =
      segmentText('').alphabet && '£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩÆæßÉ !"#%&()*+,-./0123456789:;<=>?ABCXYZÄÖÑÜ§abcxyzäöñüà';
    const gsm = fc.string({ unit: fc.constantFrom(...letters), minLength: 1 });
    fc.assert(
      fc.property(gsm, fc.constantFrom(0, 0x11, 0xf1), (text, coding) => {
        const { parts } = segmentText(text);
        const read = readText(Buffer.from(parts.flat()), coding);
        return read.text === text && read.exact;
      }),
    );
  });

  it('whatever hanzi they are, with and without NULs at the end', () => {
    const hanzi = fc.string({ unit: fc.integer({ min: 0x4e00, max: 0x9fff }).map((c) => String.fromCharCode(c)) });
    fc.assert(
      fc.property(hanzi, fc.nat(3), fc.constantFrom(8, 0x18, 0xe0), (text, nuls, coding) => {
        const octets = Buffer.concat([Buffer.from(text, 'utf16le').swap16(), Buffer.alloc(nuls)]);
        return readText(octets, coding).text === text;
      }),
    );
  });
});

describe('octets that the declared alphabet can’t hold', () => {
  it.each([
    ['UCS-2 as GSM', 0, hex('8c 22 8c 22'), '谢谢'],
    ['UCS-2 as GSM, hanzi beside letters', 0, hex('00 54 00 44 30 02'), 'TD。'],
    ['UCS-2 as GSM, punctuation first', 0, hex('30 10 00 54 00 44 30 11'), '【TD】'],
    ['UCS-2 as GSM, a space of full width last', 0, hex('00 4a 00 58 30 00'), 'JX\u3000'],
    ['UCS-2 as GSM, one digit', 0, hex('00 31'), '1'],
    ['UCS-2 as GSM, full width', 0, hex('ff 34 ff 24'), '\uff34\uff24'],
    ['UCS-2 as GSM, with an emoji', 0, hex('59 7d d8 3d de 0a'), '好😊'],
    ['UCS-2 as GB18030', 15, hex('90 00 8b a2'), '退订'],
    ['GB 2312 as ASCII, beside letters', 1, gb2312('BZR请假。'), 'BZR请假。'],
    ['UTF-8 as GSM', 0, Buffer.from('好的,谢谢😊'), '好的,谢谢😊'],
    ['UTF-8 with a BOM as ASCII', 1, Buffer.from('\ufeff好'), '好'],
    ['little-endian UCS-2', 8, hex('00 90 a2 8b'), '退订'],
  ])('%s are read as what they are, and kept', (_name, coding, octets, text) => {
    expect(readText(octets, coding)).toEqual({ text, exact: false });
  });

  it.each([
    ['data', 4, hex('90 00 8b a2'), '\ufffd'],
    ['compressed', 0x20, Buffer.from('TD'), '\ufffd'],
    ['GSM and no text in any', 0, hex('54 e9 54'), 'T\ufffdT'],
    ['ASCII and no text in any', 1, hex('54 e9 54'), 'T\ufffdT'],
    ['half a pair', 8, hex('d8 3d'), '\ufffd'],
    ['half a character', 8, hex('59 7d 76'), '好'],
    ['GB18030 cut short', 15, hex('cd cb b6'), '退\ufffd'],
    ['beyond GB 2312 as GSM', 0, hex('e9 46 86 b4 86 b4 e9'), '\ufffdF\ufffd\ufffd\ufffd\ufffd\ufffd'],
    ['an @ at the end, which may be a NUL', 0, hex('54 44 00'), 'TD'],
  ])('%s: what is left of them is told, and they are kept', (_name, coding, octets, text) => {
    expect(readText(octets, coding)).toEqual({ text, exact: false });
  });

  it('a NUL within shows as a sign of it', () => {
    expect(readText(hex('00 61 00 00 00 62'), 8)).toEqual({ text: 'a\u2400b', exact: true });
  });

  it('however many NULs, are read at once', () => {
    const many = Buffer.concat([Buffer.alloc(65_000), Buffer.from('a')]);
    const began = performance.now();
    for (const coding of [0, 1, 3, 8, 15]) readText(many, coding);
    expect(performance.now() - began).toBeLessThan(500);
  });
});
