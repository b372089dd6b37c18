import { describe, expect, it } from 'vitest';
import { chargeFileHead, chargeFileRow, fenOf, exactYuan } from '../../workflows/domain/charge-file.ts';
import { csvRow, csvRows } from '../../workflows/domain/csv.ts';

describe('the charge file', () => {
  it('has the columns of the billing report, a byte order mark, and the line number last', () => {
    expect(chargeFileHead()).toBe('\uFEFF资费类型,标准,付费手机号,启动计费时间,相关说明,行号\r\n');
  });

  it('tells package, yuan, phone, start and remarks in civil time', () => {
    const startsAt = Date.parse('2026-03-05T02:00:00Z');
    const line = { line: 7, package: '家校互动', fen: 800, phone: '13900000001', startsAt, note: '首次订制,72小时' };
    expect(chargeFileRow(line, 'Asia/Shanghai')).toBe(
      '家校互动,8.00,13900000001,2026-03-05 10:00:00,"首次订制,72小时",7\r\n',
    );
  });
});

describe('amounts', () => {
  it.each([
    [0, '0.00'],
    [5, '0.05'],
    [800, '8.00'],
    [-800, '-8.00'],
    [-5, '-0.05'],
    [123_456, '1234.56'],
  ])('%d fen is %s yuan and back', (fen, text) => {
    expect(exactYuan(fen)).toBe(text);
    expect(fenOf(text)).toBe(fen);
  });

  it.each(['', '8.000', '8,00', '8元', '1e3', '--8', '.5', '8.', ' 8'])('refuses %j', (text) => {
    expect(fenOf(text)).toBeUndefined();
  });
});

describe('comma-separated values', () => {
  it.each<[string, string, string[][]]>([
    ['CR LF and LF', 'a,b\r\nc,d\n', [['a', 'b'], ['c', 'd']]], // prettier-ignore
    ['no line end at the end', 'a,b', [['a', 'b']]],
    ['a byte order mark', '\uFEFFa\n', [['a']]],
    ['quotes, commas and line ends within', '"a,""b""\nc",d\n', [['a,"b"\nc', 'd']]],
    ['empty fields and blanks', ' a ,, "b" \n', [['a', '', 'b']]],
    ['empty lines', '\n\na\n\n', [['a']]],
  ])('reads %s', (_name, text, rows) => {
    expect([...csvRows(text)]).toEqual(rows);
  });

  it('refuses a quoted field that never ends', () => {
    expect(() => [...csvRows('a,"b\nc')]).toThrow(SyntaxError);
  });

  it('reads back what it writes', () => {
    const fields = ['a', 'b,c', '"d"', 'e\nf', ''];
    expect([...csvRows(csvRow(fields))]).toEqual([fields]);
  });
});
