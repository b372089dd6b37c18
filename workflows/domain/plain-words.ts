/** What people write, made fit to stand in texts of ours: nobody's words may pass for the platform's. */

/** Leaves nothing to see: controls, formats (bidi, zero-width), blanks, and what fonts draw as nothing. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]+/gu;
/** Turns a line's direction, hides in it, or is half a character. */
const HIDDEN = /[\p{Cf}\p{Cs}]|(?![\t\n\r])\p{Cc}/gu;
const LINE_ENDS = /[\s\u0085\u2028\u2029]+/gu;

/** What is there to see of a text: without spaces and anything that a phone shows as nothing. */
export function visible(text: string): string {
  return text.replace(UNSEEN, '');
}

/** A name out of a roster, as texts of ours name a child, a class, a school, a teacher. */
export function plainName(name: string): string {
  return withoutSignatures(shorten(oneLine(name), NAME_SHOWN)).trim();
}

/** Characters of a name: the longest school's full name has some thirty. */
const NAME_SHOWN = 40;

/** Somebody's words as the quotation they are, on one line, of at most `most` characters. */
export function quote(words: string, most: number): string {
  const said = withoutSignatures(shorten(oneLine(words), most)).trim();
  // A quotation mark within would end the quotation, and what follows would be ours.
  return `“${said.replace(/[“”„‟"＂]/gu, '’')}”`;
}

/** At most `most` characters, cut between them and not inside one. */
export function shorten(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}

/** A text without what is not seen but changes how the rest is, tabs and line ends kept. */
export function withoutHidden(text: string): string {
  return text.replace(HIDDEN, '');
}

/** A line end within would begin what looks like a text of its own. */
function oneLine(text: string): string {
  return withoutHidden(text.replace(LINE_ENDS, ' ')).trim();
}

const OPEN = '【〖〔［[「『《〈（(＜<｛{';
const CLOSE = '】〗〕］]」』》〉）)＞>｝}';
const BRACKETED = new RegExp(`([${escaped(OPEN)}])([^${escaped(OPEN + CLOSE)}]{0,20})[${escaped(CLOSE)}]`, 'gu');
/** As carriers' gateways mark who sends (【签名】): no other brackets are read so. */
const SIGNED_WITH = /[【〖】〗]/gu;
/** The product's name, however it is spaced. */
const PRODUCT = /校[\s\p{P}\p{S}]*[讯訊信][\s\p{P}\p{S}]*通/u;

/** Takes out the platform's signature, and leaves of others the words without their marks. */
function withoutSignatures(text: string): string {
  const signature = (whole: string, open: string, inside: string) =>
    PRODUCT.test(inside) ? '' : '【〖'.includes(open) ? `（${inside}）` : whole;
  // What is taken out may leave another around it; each turn leaves less, of a text that was cut before.
  for (let before; before !== text;) {
    before = text;
    text = text.replace(BRACKETED, signature).replace(SIGNED_WITH, '');
  }
  return text;
}

function escaped(brackets: string): string {
  return brackets.replace(/[[\]]/g, '\\$&');
}
