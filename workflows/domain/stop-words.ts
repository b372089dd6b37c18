/**
 * Stops in people's own words (spec §5: a stop is understood at least as readily as a yes). What a carrier calls its codes,
 * its services and a stop is data of its profile; how Chinese wraps a request in courtesy, negates it or asks about it is
 * said here. `test/support/stop-table.ts` has what it was measured with.
 */
import type { Keywords } from './carrier-profile.ts';
import { foldText } from './keywords.ts';
import { withoutHidden } from './plain-words.ts';

/** `doubtful`: it may be a stop, so its writer is asked. Undefined: it is about something else. */
export type StopReading = 'stop' | 'doubtful' | undefined;

/** Letters looked at: who says stop says it in its first words, and a text may have 39,000 characters. */
const LOOKED_AT = 300;
/** Letters of a sure stop with all courtesy; longer ones speak of more than a stop. */
const SURE_AT_MOST = 30;

/** What is said around a stop without changing it. */
const LEAD =
  '那就|那|还是|好的|好|嗯|是的|对|您好|你好|喂|老师好|老师|客服|把|将|请|您|你|麻烦|拜托|帮忙|帮|给我|给|替我|为我|我们|我|家长|本人|要求|要|想|需要|申请|希望|决定|确定|确认|同意|现在|马上|立马|立即|立刻|赶紧|赶快|尽快|快|就|全部|都|办理|编辑|发送|发|回复|回|pls|please|iwantto|iwant';
const TAIL =
  '谢谢|多谢|感谢|谢了|thanks|thankyou|thx|please|pls|了吧|吧|啊|呀|哈|哦|呢|啦|嘛|一下|下|掉|请|拜托|麻烦了|辛苦了|老师|客服|您|你|们|全部|所有|的|到\\d{4,20}|now';
const END =
  '取消|停止|停掉|停用|停了|停|关闭|关掉|关了|关|退掉|退了|退出|退|注销|终止|解除|拒收|屏蔽|删除|删掉|去掉|不要|不用|不想要|不想用|不想订|不需要|不再需要|不再使用|不使用|不再续订|不续订|不订|不定|cancel|stop|unsubscribe';
/** What of the platform is ended, behind its name. */
const THING = '业务|服务|短信服务|短信|信息|消息|功能|套餐|订制|定制|包月|收费|扣费|费用';
/** What is a carrier's also without a name. Services, set menus, courses are a school's too. */
const CARRIERS_THING = '(?:短信)?(?:业务|包月)';
const THIS = '这个|这项|此项|该项|此|该|你们的|你们|贵';

/** What makes a stop word the opposite, or a report: `不要退订`, `没退订`. */
const NEGATED =
  /(?:不|没有?|未|别|勿|莫)(?:是|要|用|必|想|需要|打算|准备|急着|再|给我|帮我|把|曾|有|在|先|随便|轻易|擅自)*$/u;
/** What makes even that a complaint, or a question how to stop. */
const ASKS_WHY = /为什么|为啥|为何|怎么|怎样|咋|凭什么|如何|还不|还没|一直不|不会|不能|无法|没法|不给|不让/u;
/** `退订了的那本书` */
const ATTRIBUTIVE = /^(?:了|过|掉)*的(?!话)/u;

/** Ends something that may be the platform's: `停止发送短信`. */
const ENDS_SOMETHING =
  /(?:取消|停止|停掉|停用|停了|关闭|关掉|终止|解除|注销|退掉|退出|拒收|屏蔽|拉黑).{0,6}(?:订制|定制|订阅|订购|业务|服务|功能|套餐|包月|扣费|扣钱|收费|短信|信息|消息|发送|推送|推广|打扰|骚扰)/u;
/** `别再给我发了`, `不想收到短信`, `不要扣费`. */
const NO_MORE =
  /(?:别|不要|不用|不想|不愿|勿|不许|禁止|不准)(?:再|给我|向我|往我手机|总是?|老是?|天天|每天|继续|一直|这样|随便|乱|要)*(?:发(?:短?信息?|消息|了|这|来|送|$)|推送|扣|收费|收钱|收到|接收|打扰|骚扰)/u;
const ENDED_THING = /(?:业务|服务|套餐|包月|短信|信息)(?:都|全|给我)*(?:取消|停了|停掉|停用|关了|关掉|退了|退掉)/u;
const NOT_ORDERED = /不(?:想|要|再|准备|打算|愿意?|续)*(?:订|定)(?:制|了|购|阅|$|,)/u;
/** The whole of a text, less its courtesy: other carriers' codes, and a verb that leaves open what ends. */
const BARE =
  /^(?:取消|停止|停|停掉|关闭|关掉|退|退掉|退了|退出|终止|注销|拒收|屏蔽|拉黑|t|r|n|qx|qxyw|0{4,5}|cancel|end|quit|unsub|optout)$/u;
const ENGLISH =
  /unsubscri|stop(?:all|it|this|sending|texting|messag|sms|charg|spam)|cancel(?:my|the|this|all|it)*(?:subscri|service|sms)|optout|(?:donot|don't|dont)(?:send|text|messag)/u;

/** Reads a text for a stop beside the carrier's codes, which `matchKeyword` knows. */
export function readStop({ cancelAll, cancel, cancelFree, subscribe, stop }: Keywords, text: string): StopReading {
  const said = foldText(text.slice(0, LOOKED_AT * 4)).slice(0, LOOKED_AT);
  const clauses = said.replace(/[\p{P}\p{S}]+/gu, ',').replace(/^,|,$/g, '');
  const letters = clauses.replaceAll(',', '');
  const words = [...cancelAll, ...stop.words].map(lettersOf);
  if (isSure(letters, words, stop.names.map(lettersOf))) return 'stop';
  const codes = [...words, ...[...cancel, ...cancelFree, ...subscribe.map((code) => `取消${code}`)].map(lettersOf)];
  const isAsked = isDoubtful(clauses, text, codes) || endsNamed(clauses, [...stop.names, ...stop.parts].map(lettersOf));
  return isAsked ? 'doubtful' : undefined;
}

function lettersOf(word: string): string {
  return foldText(word).replace(/[\p{P}\p{S}]+/gu, '');
}

function isSure(letters: string, words: string[], names: string[]): boolean {
  if (letters === '' || letters.length > SURE_AT_MOST) return false;
  const name = names.length > 0 ? `(?:${alternatives(names)})的?(?:${THING})?|` : '';
  const own = `(?:${name}(?:${THIS})${CARRIERS_THING})`;
  const stop = `(?:${alternatives(words)}){1,3}`;
  const request = `${own}?${stop}(?:${own}|${CARRIERS_THING}|短信)?|(?:${END})${own}了?|${own}(?:我|就|给我)?(?:${END})了?`;
  // At most eight of each: what overlaps among them must not be tried in ever more ways.
  return new RegExp(`^(?:${LEAD}){0,8}(?:${request})(?:${TAIL}){0,8}$`, 'u').test(letters);
}

function isDoubtful(clauses: string, text: string, codes: string[]): boolean {
  if ([NO_MORE, ENDED_THING, NOT_ORDERED].some((saying) => saying.test(clauses))) return true;
  if (ENGLISH.test(clauses.replaceAll(',', '')) || isBare(clauses)) return true;
  const ends = ENDS_SOMETHING.exec(clauses);
  if (ends && !isNegated(clauses.slice(0, ends.index))) return true;
  return codes.some((code) => (/^[a-z]+$/.test(code) ? hasCode(text, code) : hasWord(clauses, code)));
}

/** A name of what is served near a verb that ends: `校讯通帮忙退一下`, `关一下校讯通`. */
function endsNamed(clauses: string, names: string[]): boolean {
  if (names.length === 0) return false;
  const [ends, name] = ['(?:退|关|取消|停|删|注销)', `(?:${alternatives(names)})`];
  const found = new RegExp(`${ends}[^,]{0,4}${name}|${name}[^,]{0,6}${ends}`, 'u').exec(clauses);
  return found !== null && !isNegated(clauses.slice(0, found.index));
}

function isBare(clauses: string): boolean {
  const bare = clauses.replaceAll(',', '').replace(new RegExp(`^(?:${LEAD}){0,8}|(?:${TAIL}|了){0,8}$`, 'gu'), '');
  return BARE.test(bare);
}

/** A code among hanzi. Between other Latin words it is one of a sentence in English. */
function hasCode(text: string, code: string): boolean {
  const latin = withoutHidden(text).slice(0, LOOKED_AT).normalize('NFKC').toLowerCase();
  const words = [...latin.matchAll(/[a-z]+/g)].map(([word]) => word);
  return words.includes(code) && words.every((word) => word === code || word.length === 1);
}

function hasWord(clauses: string, word: string): boolean {
  // One hanzi is part of too many words.
  if (word.length < 2) return false;
  for (let at = clauses.indexOf(word); at >= 0; at = clauses.indexOf(word, at + 1)) {
    const isOther = ATTRIBUTIVE.test(clauses.slice(at + word.length));
    if (!isOther && !isNegated(clauses.slice(0, at))) return true;
  }
  return false;
}

function isNegated(before: string): boolean {
  return NEGATED.test(before) && !ASKS_WHY.test(before);
}

function alternatives(words: string[]): string {
  return words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
}
