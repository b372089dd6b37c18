import { describe, expect, it } from 'vitest';
import { readResultsFile } from '../../workflows/domain/results-file.ts';

const told = [
  { phone: '13900000001', fen: 800 },
  { phone: '13900000002', fen: 800 },
  { phone: '13900000003', fen: -800 },
];
const HEAD = '行号,付费手机号,标准,结果,说明';
const right = [
  HEAD,
  '1,13900000001,8.00,成功,',
  '2,13900000002,8.00,失败,余额不足',
  '3,13900000003,-8.00,成功,退费',
  '合计,3,0.00',
];
const reading = (rows: string[]) => readResultsFile(rows.join('\r\n'), told);
const replaced = (row: number, text: string) => right.map((each, i) => (i === row ? text : each));

describe('a results file', () => {
  it('is read line by line', () => {
    expect(reading(right)).toEqual({
      results: [
        { line: 1, outcome: 'success', reason: '' },
        { line: 2, outcome: 'failure', reason: '余额不足' },
        { line: 3, outcome: 'success', reason: '退费' },
      ],
      errors: [],
      errorCount: 0,
    });
  });

  it('may come in any order and with a byte order mark', () => {
    const [head, one, two, three, total] = right as [string, string, string, string, string];
    expect(reading([`\uFEFF${head}`, three, one, two, total]).errorCount).toBe(0);
  });

  it.each<[string, string[]]>([
    ['behind the total', [...right, ',,,,', ',,,,']],
    ['of blanks, also full-width ones', [...right, ' , ,\u3000,,', '   ']],
    ['between the lines', [...right.slice(0, 2), ',,,,', ...right.slice(2)]],
    ['before the header', [',,,,', ...right]],
    ['of empty quotes', [...right, '"","",""']],
  ])('takes a row of nothing for no row: %s', (_name, rows) => {
    expect(reading(rows)).toEqual(reading(right));
  });

  it('counts empty rows when it says which row is wrong', () => {
    const rows = [...right.slice(0, 2), ',,,,', ...replaced(2, '2,13900000009,8.00,失败,').slice(2)];
    expect(reading(rows).errors).toMatchObject([{ row: 4, line: 2, fault: 'wrong-phone' }]);
  });

  it.each<[string, string[], string[]]>([
    ['a wrong sum', replaced(4, '合计,3,8.00'), ['wrong-sum']],
    ['a wrong count', replaced(4, '合计,4,0.00'), ['wrong-count']],
    ['an unknown line', replaced(2, '9,13900000002,8.00,失败,'), ['unknown-line', 'missing-lines', 'wrong-count']],
    ['line 0', replaced(2, '0,13900000002,8.00,失败,'), ['unknown-line', 'missing-lines', 'wrong-count']],
    ['a line twice', [...right.slice(0, 4), right[1]!, right[4]!], ['line-twice']],
    ['half a file', right.slice(0, 2), ['missing-lines', 'no-total']],
    ['a file cut within a line', [...right.slice(0, 2), '2,139'], ['wrong-phone', 'wrong-amount', 'unknown-result', 'missing-lines', 'no-total']], // prettier-ignore
    ['nothing at all', [], ['missing-lines', 'no-total']],
    ['another phone', replaced(2, '2,13900000009,8.00,失败,'), ['wrong-phone']],
    ['another amount', replaced(2, '2,13900000002,5.00,失败,'), ['wrong-amount']],
    ['an unknown result', replaced(2, '2,13900000002,8.00,也许,'), ['unknown-result']],
    ['a row that is no line', replaced(2, 'x,13900000002,8.00,失败,'), ['not-a-line', 'missing-lines', 'wrong-count']],
    ['another header', replaced(0, 'a,b,c'), ['wrong-header']],
    ['rows after the total', [...right, right[1]!], ['after-total']],
    ['an open quote', replaced(2, '2,"13900000002,8.00,失败,'), ['not-csv']],
  ])('with %s counts nothing and says why', (_name, rows, faults) => {
    const { results, errors } = reading(rows);
    expect(results).toEqual([]);
    expect(errors.map(({ fault }) => fault)).toEqual(faults);
  });

  it('never repeats a phone in its report', () => {
    const report = JSON.stringify(reading(replaced(2, '2,13900000009,5.00,也许,')).errors);
    expect(report).not.toMatch(/139\d{8}/);
  });

  it('lists a hundred faults and counts the rest', () => {
    const { errors, errorCount } = reading([HEAD, ...Array.from({ length: 500 }, () => 'x')]);
    expect(errors).toHaveLength(100);
    expect(errorCount).toBe(502);
  });
});
