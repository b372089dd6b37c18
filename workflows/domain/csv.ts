/** Comma-separated values as spreadsheets write and read them (RFC 4180). */

/** Makes Excel read the file as UTF-8. */
export const BYTE_ORDER_MARK = '\uFEFF';

/** One line, quoted where it must be, ending in CR LF. */
export function csvRow(fields: readonly string[]): string {
  return `${fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')}\r\n`;
}

/**
 * The rows of a text, one at a time, because a carrier's file has a million of them; empty lines and a byte order mark
 * are passed over, blanks around a field trimmed.
 * @throws SyntaxError when a quoted field or a line does not end as it should
 */
export function* csvRows(text: string): Generator<string[]> {
  const field = /[^\S\r\n]*"((?:[^"]|"")*)"[^\S\r\n]*(,|\r?\n|$)|([^,\r\n]*)(,|\r?\n|$)/y;
  field.lastIndex = text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
  let row: string[] = [];
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (!match || match[3]?.trimStart().startsWith('"'))
      throw new SyntaxError('a quoted field is not closed, or a line does not end');
    row.push((match[1]?.replaceAll('""', '"') ?? match[3]!).trim());
    if ((match[2] ?? match[4]) === ',') continue;
    if (row.length > 1 || row[0] !== '') yield row;
    row = [];
  }
  if (row.length > 0) yield row;
}
