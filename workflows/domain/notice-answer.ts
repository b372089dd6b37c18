/** What a parent's text says to the fee notice (spec §7.4). A yes is a consent to be billed: it is never guessed. */
import { foldText } from './keywords.ts';

/** `doubtful`: may be an answer, so it is asked again. Undefined: it is about something else. */
export type NoticeAnswer = 'yes' | 'no' | 'doubtful' | undefined;

const NO = [
  '不同意|不愿意|不愿|不可以|不需要|不要|不用|不想|不必|不行|不了|不确认|不确定|不继续|不使用|不参加|不办理|不开通|不续|不订|不定|不',
  '没必要|拒绝|放弃|取消|算了|暂不|先不|否|nothanks|no|n|disagree',
].join('|');
/** What agrees, wants or permits. */
const YES = [
  '同意|愿意|可以|需要|确认|确定|是|要|行|继续|续|使用|用|开通|办理|参加|订制|定制|订|定',
  'yes|y|agree|confirm',
].join('|');
/** What says no more than that the notice was read: no consent (自愿). */
const READ = '收到|知道了?|明白了?|了解|好的|好|对|嗯|恩|哦|噢|ok|okay';
/** Said around an answer without changing it. */
const COURTESY =
  '老师好|老师|您好|你好|谢谢|多谢|感谢|辛苦了|我们|我|家长|本人|孩子|家|给|请|帮|想|您|你|的|了|吧|啊|呀|哈|哟|哦|一下|校讯通|家校互动|业务|服务|制|please|thanks';

/** Tokens cover the whole of an answer; longer texts say more than yes or no. */
const ANSWER_AT_MOST = 24;
const TOKENS = new RegExp(`${NO}|${READ}|${COURTESY}|${YES}`, 'gu');
const IS_NO = new RegExp(`^(?:${NO})$`, 'u');
const IS_YES = new RegExp(`^(?:${YES})$`, 'u');
/** Asks us, or doesn't know: `订不订`, `同意不`, `不知道`. */
const ASKS =
  /(.)不\1|要不|[意以行要订制]不$|不(?:知道|明白|了解|对|好|收到|是)|是否|吗|么|多少|几块|几元|怎么|如何|为什么|哪/u;
/** What such a text is about, if it is about the notice. */
const ABOUT =
  /订制|定制|校讯通|收费|费用|要钱|花钱|多少钱|几块|几元|试用|回执|考虑|确认|同意|愿意|免费|订不订|订吗|怎么订|^订|^不订/u;
/** A question or a doubt is short; longer ones are for somebody. */
const DOUBT_AT_MOST = 20;

/**
 * Reads an answer to the notice.
 * @param numbered whether the phone was told to answer 1 for yes or 2 for no
 */
export function noticeAnswer(text: string, numbered = false): NoticeAnswer {
  const letters = foldText(text).replace(/[\p{P}\p{S}]+/gu, '');
  if (letters === '1' || letters === '2') return numbered ? (letters === '1' ? 'yes' : 'no') : 'doubtful';
  return clearAnswer(letters) ?? (isDoubtful(letters) ? 'doubtful' : undefined);
}

function clearAnswer(letters: string): 'yes' | 'no' | undefined {
  const tokens = tokensOf(letters);
  if (!tokens || ASKS.test(letters)) return undefined;
  const refusals = tokens.filter((token) => IS_NO.test(token)).length;
  // Two may take each other back: `不是不要`.
  if (refusals > 1) return undefined;
  if (refusals === 1) return 'no';
  return tokens.some((token) => IS_YES.test(token)) ? 'yes' : undefined;
}

function isDoubtful(letters: string): boolean {
  if (letters === '' || letters.length > DOUBT_AT_MOST) return false;
  return (
    ABOUT.test(letters) ||
    tokensOf(letters)?.some((token) => !new RegExp(`^(?:${COURTESY})$`, 'u').test(token)) === true
  );
}

/** The words that make up the whole of it; undefined where there are others. */
function tokensOf(letters: string): string[] | undefined {
  if (letters.length > ANSWER_AT_MOST) return undefined;
  const tokens = letters.match(TOKENS) ?? [];
  return tokens.join('') === letters ? tokens : undefined;
}
