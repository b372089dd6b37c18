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
  // As nearly all are: a broadcast names 20,000 children in a second or two.
  return PLAIN_NAME.test(name) ? name : withoutSignatures(shorten(oneLine(name), NAME_SHOWN));
}

/** Characters of a name: the longest school's full name has some thirty. */
const NAME_SHOWN = 40;
const PLAIN_NAME = /^[\p{Script=Han}\w]{1,40}$/u;

/** Somebody's words as the quotation they are, on one line, of at most `most` characters. */
export function quote(words: string, most: number): string {
  const said = withoutSignatures(shorten(oneLine(words), most));
  // A quotation mark within would end the quotation, and what follows would be ours.
  return `“${said.replace(/[“”„‟"＂]/gu, '’')}”`;
}

/** A teacher's own words, which may have several lines and marks of their own, but not the platform's. */
export function plainWords(words: string): string {
  const seen = withoutHidden(words);
  return PRODUCT.test(seen) ? repeatedly(seen, withoutOurs) : seen;
}

/** At most `most` characters, cut between them and not inside one. */
function shorten(text: string, most: number): string {
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

function withoutSignatures(line: string): string {
  return repeatedly(line, (text) => unmarked(withoutOurs(text))).trim();
}

const OPEN = '【〖〔［[「『《〈（(＜<｛{';
const CLOSE = '】〗〕］]」』》〉）)＞>｝}';
const BRACKETED = new RegExp(`([${escaped(OPEN)}])([^${escaped(OPEN + CLOSE)}]{0,20})[${escaped(CLOSE)}]`, 'gu');
/** As carriers' gateways mark who sends (【签名】): no other brackets are read so. */
const SIGNATURE_MARK = /[【〖】〗]/gu;
/** The product's name, however it is spaced. */
const PRODUCT = /校[\s\p{P}\p{S}]*[讯訊信][\s\p{P}\p{S}]*通/u;

/** Takes out the platform's signature, in whatever brackets. */
function withoutOurs(text: string): string {
  return text.replace(BRACKETED, (whole: string, _open: string, inside: string) => (PRODUCT.test(inside) ? '' : whole));
}

/** Takes the marks from the signatures that others made up, and leaves the words. */
function unmarked(text: string): string {
  return text
    .replace(BRACKETED, (whole: string, open: string, inside: string) =>
      '【〖'.includes(open) ? `（${inside}）` : whole,
    )
    .replace(SIGNATURE_MARK, '');
}

/** What is taken out may leave another around it. Each turn leaves less, and texts are cut before: it ends, and soon. */
function repeatedly(text: string, once: (text: string) => string): string {
  for (let next = once(text); next !== text; next = once(text)) text = next;
  return text;
}

function escaped(brackets: string): string {
  return brackets.replace(/[[\]]/g, '\\$&');
}
