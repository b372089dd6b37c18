/** 计费报告: what a carrier is asked to collect, with the columns of the back office's billing report (seed S 4.2.1). */
import { formatWithOffset } from './civil-time.ts';
import { BYTE_ORDER_MARK, csvRow } from './csv.ts';

/** 行号 comes last, so that the columns the carrier knows stay where they are; results name it. */
export const CHARGE_FILE_COLUMNS = ['资费类型', '标准', '付费手机号', '启动计费时间', '相关说明', '行号'] as const;

/** One amount to collect, or to give back where it is negative. */
export interface ChargeFileLine {
  line: number;
  /** The package's name. */
  package: string;
  fen: number;
  phone: string;
  /** Since when the parent is charged, epoch ms. */
  startsAt: number;
  note: string;
}

/** The file's first line. */
export function chargeFileHead(): string {
  return BYTE_ORDER_MARK + csvRow(CHARGE_FILE_COLUMNS);
}

/** One line of the file; times are civil times of `zone`. */
export function chargeFileRow(line: ChargeFileLine, zone: string): string {
  const startsAt = formatWithOffset(line.startsAt, zone).slice(0, 19).replace('T', ' ');
  return csvRow([line.package, exactYuan(line.fen), line.phone, startsAt, line.note, String(line.line)]);
}

/** `8.00` for 800 fen. */
export function exactYuan(fen: number): string {
  const size = String(Math.abs(fen)).padStart(3, '0');
  return `${fen < 0 ? '-' : ''}${size.slice(0, -2)}.${size.slice(-2)}`;
}

/** 800 for `8.00`, `8.0` or `8`; undefined for anything that is not an amount to the fen. */
export function fenOf(text: string): number | undefined {
  const match = /^(-?)(\d{1,9})(?:\.(\d{1,2}))?$/.exec(text);
  if (!match) return undefined;
  const fen = Number(match[2]) * 100 + Number((match[3] ?? '').padEnd(2, '0'));
  return match[1] === '-' && fen !== 0 ? -fen : fen;
}
