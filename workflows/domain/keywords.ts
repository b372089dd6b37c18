import type { Keywords } from './carrier-profile.ts';
import { visible } from './plain-words.ts';

/** What a keyword asks for. `mailbox` carries what followed it, as the parent wrote it. */
export type KeywordMatch =
  { keyword: 'cancel-all' | 'cancel' | 'cancel-free' | 'subscribe' | 'query' } | { keyword: 'mailbox'; body: string };

/** Stop words first: an opt-out is never swallowed by anything else (spec §5). */
const EXACT = [
  ['cancel-all', 'cancelAll'],
  ['cancel', 'cancel'],
  ['cancel-free', 'cancelFree'],
  ['subscribe', 'subscribe'],
  ['query', 'query'],
] as const;

/** Traditional forms of what people write when they order, stop, agree or refuse, and the simplified ones. */
const TRADITIONAL = new Map(
  '訂订 製制 閱阅 購购 請请 們们 發发 謝谢 務务 業业 關关 閉闭 開开 費费 錢钱 還还 給给 過过 時时 來来 對对 麼么 說说 為为 這这 個个 後后 會会 學学 與与 無无 確确 認认 幫帮 簡简 訊讯 煩烦 馬马 應应 繼继 續续 點点 當当 將将 電电 話话 單单 項项 號号 碼码 註注 銷销 終终 斷断 絕绝 攔拦 擾扰 嗎吗 願愿 從从 聽听 長长 師师 係系 統统 員员 動动 隨随'
    .split(' ')
    .map((pair) => [...pair] as [string, string]),
);

/** From the first to the last that is no punctuation, symbol or emoji. In this form no text makes it try twice. */
const UNDECORATED = /[^\p{P}\p{S}](?:.*[^\p{P}\p{S}])?/su;

/**
 * A text by its letters alone: full-width, circled and Traditional forms as the usual ones, cases and accents folded,
 * without spaces and invisible characters, which also stand between letters.
 */
export function foldText(text: string): string {
  const plain = visible(text).toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return visible(plain).replace(/\p{Script=Han}/gu, (character) => TRADITIONAL.get(character) ?? character);
}

/** What texts are compared by: folded, without quotes, punctuation and emoji at both ends (spec §5). */
export function normaliseText(text: string): string {
  return UNDECORATED.exec(foldText(text))?.[0] ?? '';
}

/** The keyword a text is: all match the whole normalised text, but the mailbox's, which is a prefix. */
export function matchKeyword(keywords: Keywords, text: string): KeywordMatch | undefined {
  const whole = normaliseText(text);
  if (whole === '') return undefined;
  for (const [keyword, words] of EXACT) {
    if (keywords[words].some((word) => normaliseText(word) === whole)) return { keyword };
  }
  for (const word of keywords.mailbox) {
    const body = afterPrefix(text.trim(), normaliseText(word));
    if (body !== undefined) return { keyword: 'mailbox', body };
  }
  return undefined;
}

/** What stands between a prefix and what follows it: `BZR:`, `“BZR”`, `BZR+`. */
const SEPARATORS = /^[\s\p{Cf}\p{Pe}\p{Pf}:：,，、.。!！+＋"'＂-]+/u;

/** What a text says after the prefix, as it was written; undefined where it begins otherwise. */
function afterPrefix(text: string, prefix: string): string | undefined {
  let [awaited, at] = [prefix, 0];
  for (const character of text) {
    if (awaited === '') break;
    // Character by character: folding may change the length of what follows.
    const folded = foldText(character);
    const isDecoration = awaited === prefix && normaliseText(character) === '';
    if (!isDecoration && !awaited.startsWith(folded)) return undefined;
    if (!isDecoration) awaited = awaited.slice(folded.length);
    at += character.length;
  }
  return awaited === '' ? text.slice(at).replace(SEPARATORS, '') : undefined;
}

/** The number a text is, as an answer to "which child?": `2`, full-width 2, `2.`, ②; undefined when it is anything else. */
export function choiceNumber(text: string): number | undefined {
  const normal = normaliseText(text);
  return /^\d{1,2}$/.test(normal) ? Number(normal) : undefined;
}
