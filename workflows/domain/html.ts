/** Pages to be printed: whole documents without scripts, whose style is one constant that a policy can name by its hash. */
import { withoutHidden } from './plain-words.ts';

/** Text as HTML shows it, without what would turn the direction of what follows on the page. */
export function escapeHtml(text: string): string {
  return withoutHidden(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A4, black on white; what must not be cut in two is not. */
export const PRINT_STYLE = `@page{size:A4;margin:18mm}
body{font:12pt/1.6 "Noto Serif CJK SC","Songti SC",SimSun,serif;color:#000;background:#fff;max-width:174mm;margin:0 auto}
h1{font-size:18pt;text-align:center}
h2{font-size:13pt}
table{border-collapse:collapse;width:100%}
th,td{border:1px solid #000;padding:2mm 3mm;text-align:left}
td.number{text-align:right}
p.sign{text-align:right}
section.slip{break-inside:avoid;border-top:1px dashed #000;margin-top:8mm;padding-top:4mm}`;

/** A printable document; `body` is HTML, `title` text. */
export function printPage(title: string, body: string): string {
  return `<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${PRINT_STYLE}</style></head>
<body>${body}</body></html>
`;
}
