/**
 * What a carrier answers to a charge file: 行号,付费手机号,标准,结果,说明 for every line of it, then 合计, how many lines,
 * and the sum of what was collected. All of it is right, or nothing is counted.
 */
import { exactYuan, fenOf } from './charge-file.ts';
import { csvRows } from './csv.ts';

export const RESULTS_FILE_COLUMNS = ['行号', '付费手机号', '标准', '结果', '说明'] as const;
const TOTAL = '合计';
const OUTCOMES: ReadonlyMap<string, ChargeResult['outcome']> = new Map([
  ['成功', 'success'],
  ['失败', 'failure'],
]);
/** A report a person reads: further faults are only counted. */
const MAX_ERRORS = 100;

/** A line as the charge file told it; its place in the array is its line number less one. */
export interface ToldLine {
  phone: string;
  fen: number;
}

export interface ChargeResult {
  line: number;
  outcome: 'success' | 'failure';
  /** The carrier's words. */
  reason: string;
}

/** One fault; `row` is the row of the results file counted from 1, null where it is of the whole. No phones. */
export interface ResultsError {
  row: number | null;
  line: number | null;
  fault:
    | 'not-csv'
    | 'wrong-header'
    | 'not-a-line'
    | 'unknown-line'
    | 'line-twice'
    | 'wrong-phone'
    | 'wrong-amount'
    | 'unknown-result'
    | 'after-total'
    | 'no-total'
    | 'missing-lines'
    | 'wrong-count'
    | 'wrong-sum'
    | 'already-answered';
  message: string;
}

/** What became of an upload. */
export interface ResultsReport {
  accepted: boolean;
  successes: number;
  failures: number;
  /** Sum of the successes. */
  collectedFen: number;
  /** Schools whose maintenance phase began with this file. */
  schoolsOpened: string[];
  errors: ResultsError[];
  errorCount: number;
}

export interface ResultsReading {
  /** Empty when there are errors. */
  results: ChargeResult[];
  /** The first of them. */
  errors: ResultsError[];
  errorCount: number;
}

/** Reads a results file against the charge file it answers. Finds every fault, not only the first. */
export function readResultsFile(text: string, told: readonly ToldLine[]): ResultsReading {
  const reading = new Reading(told);
  try {
    for (const fields of csvRows(text)) reading.take(fields);
    reading.finish();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    reading.fault('not-csv', error.message);
  }
  const { errors, errorCount } = reading;
  return { results: errorCount === 0 ? reading.results : [], errors, errorCount };
}

class Reading {
  readonly results: ChargeResult[] = [];
  readonly errors: ResultsError[] = [];
  errorCount = 0;
  readonly #told: readonly ToldLine[];
  readonly #seen = new Set<number>();
  #row = 0;
  #hasHeader = false;
  #collected = 0;
  #total: string[] | undefined;

  constructor(told: readonly ToldLine[]) {
    this.#told = told;
  }

  take(fields: string[]): void {
    this.#row++;
    // Spreadsheets save the empty rows below and between the filled ones as separators alone.
    if (fields.every((field) => field.trim() === '')) return;
    if (!this.#hasHeader) {
      this.#hasHeader = true;
      if (RESULTS_FILE_COLUMNS.some((column, i) => fields[i] !== column))
        this.fault('wrong-header', `the first row must be ${RESULTS_FILE_COLUMNS.join(',')}`);
    } else if (this.#total) this.fault('after-total', `nothing may follow ${TOTAL}`);
    else if (fields[0] === TOTAL) this.#total = fields;
    else this.#takeLine(fields);
  }

  #takeLine([number = '', phone, amount = '', result = '', reason = '']: string[]): void {
    if (!/^\d{1,9}$/.test(number)) return this.fault('not-a-line', '行号 must be a whole number');
    const line = Number(number);
    const told = this.#told[line - 1];
    if (!told) return this.fault('unknown-line', `the charge file has no line ${line}`, line);
    if (this.#seen.has(line)) return this.fault('line-twice', `line ${line} is answered twice`, line);
    this.#seen.add(line);
    const outcome = OUTCOMES.get(result);
    if (phone !== told.phone) this.fault('wrong-phone', `付费手机号 is not that of line ${line}`, line);
    if (fenOf(amount) !== told.fen) this.fault('wrong-amount', `标准 must be ${exactYuan(told.fen)}`, line);
    if (!outcome) return this.fault('unknown-result', `结果 must be ${[...OUTCOMES.keys()].join(' or ')}`, line);
    if (outcome === 'success') this.#collected += told.fen;
    this.results.push({ line, outcome, reason });
  }

  finish(): void {
    const missing = this.#told.length - this.#seen.size;
    if (missing > 0) this.#wholeFault('missing-lines', `${missing} of ${this.#told.length} lines are not answered`);
    if (!this.#total) return this.#wholeFault('no-total', `the file does not end with ${TOTAL}: it may be cut off`);
    const [, count = '', sum = ''] = this.#total;
    if (Number(count) !== this.#seen.size)
      this.#wholeFault('wrong-count', `${TOTAL} says ${count} lines, there are ${this.#seen.size}`);
    if (fenOf(sum) !== this.#collected)
      this.#wholeFault('wrong-sum', `${TOTAL} says ${sum} collected, the lines say ${exactYuan(this.#collected)}`);
  }

  fault(fault: ResultsError['fault'], message: string, line: number | null = null): void {
    this.#add({ row: this.#row, line, fault, message });
  }

  #wholeFault(fault: ResultsError['fault'], message: string): void {
    this.#add({ row: null, line: null, fault, message });
  }

  #add(error: ResultsError): void {
    this.errorCount++;
    if (this.errors.length < MAX_ERRORS) this.errors.push(error);
  }
}
