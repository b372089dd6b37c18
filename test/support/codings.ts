/** The codings in which a text of a parent may come, as SMSCs of China send them. */
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();

/** Octets in GB 2312 of what the tests write, as TextDecoder only decodes. */
const GB2312 = new Map(
  Object.entries({ 退: 'cdcb', 订: 'b6a9', 请: 'c7eb', 假: 'bcd9', 好: 'bac3', '。': 'a1a3' }).map(([c, hex]) => [
    c,
    Buffer.from(hex, 'hex'),
  ]),
);
export function gb2312(text: string): Buffer {
  return Buffer.concat([...text].map((character) => GB2312.get(character) ?? Buffer.from(character, 'latin1')));
}

/** Name of a coding, its data_codings, and a text's octets in it; undefined where it has no such letters. */
export interface Coding {
  name: string;
  dataCodings: number[];
  encode: (text: string) => Buffer | undefined;
}

const ascii = (text: string) => (/^[\x20-\x7e]*$/.test(text) ? Buffer.from(text, 'latin1') : undefined);
/** Message classes 0–3 (GSM 03.38 §4). */
const classes = (alphabet: number) => [0x10, 0x11, 0x12, 0x13].map((group) => group | alphabet);

export const CODINGS: Coding[] = [
  { name: 'GSM', dataCodings: [0, ...classes(0), 0x40, 0xc0, 0xd0, 0xf0, 0xf1, 0xf2, 0xf3], encode: ascii },
  { name: 'ASCII', dataCodings: [1], encode: ascii },
  { name: 'Latin-1', dataCodings: [3], encode: ascii },
  { name: 'UCS-2', dataCodings: [8, ...classes(0x08), 0x48, 0xe0], encode: utf16be },
  { name: 'UCS-2 with a BOM', dataCodings: [8, 0x18], encode: (text) => utf16be(`\ufeff${text}`) },
  { name: 'UCS-2, its BOM little-endian', dataCodings: [8], encode: (text) => Buffer.from(`\ufeff${text}`, 'utf16le') },
  { name: 'GB18030', dataCodings: [15, 0x1f], encode: gb2312 },
  { name: 'UCS-2 sent as another', dataCodings: [0, 0x10, 0xf1, 1, 3, 15], encode: utf16be },
  { name: 'GB18030 sent as another', dataCodings: [0, 0x11, 1], encode: gb2312 },
  { name: 'UTF-8 sent as another', dataCodings: [0, 0x11, 1, 3], encode: (text) => Buffer.from(text) },
];
