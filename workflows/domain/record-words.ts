/** What the record calls by a code, as people call it: events, channels, texts and their fates, rules. */
import { packageName, type NamedPackages } from './package-words.ts';
import { reasonWords } from './reason-words.ts';
import type { Words } from './texts/index.ts';

const words = (zh: string, en: string): Words => ({ zh, en });

/** What was said of a subscription. */
export const EVENT_WORDS: Readonly<Record<string, Words>> = {
  order: words('订制', 'order'),
  consent: words('同意', 'consent'),
  cancel: words('退订', 'cancel'),
  expire: words('到期', 'expired'),
};

/** By which way it came to us. */
export const CHANNEL_WORDS: Readonly<Record<string, Words>> = {
  sms: words('短信', 'text'),
  web: words('网站', 'web'),
  agent: words('代理商', 'agent'),
  admin: words('移动管理员', 'carrier admin'),
  'customer-service': words('10086客服', '10086'),
  import: words('批量导入', 'import'),
  system: words('系统', 'system'),
};

export const SUBSCRIPTION_STATE_WORDS: Readonly<Record<string, Words>> = {
  none: words('未订制', 'not subscribed'),
  pending: words('待家长确认', 'awaits consent'),
  trial: words('试用', 'on trial'),
  active: words('已订制', 'subscribed'),
  cancelled: words('已退订', 'cancelled'),
};

/** Spec §6. */
export const RULE_WORDS: Readonly<Record<string, Words>> = {
  R1: words('首次订制', 'first order'),
  R2: words('月末订制', 'late order'),
  R3: words('重复订制', 'repeated order'),
  R4: words('包月', 'monthly'),
  R5: words('免费月', 'free month'),
  R6: words('全年', 'year'),
  R7: words('改订套餐', 'change'),
  R8: words('退订晚到', 'late cancel'),
};

/** What happened in a trial. */
export const TRIAL_EVENT_WORDS: Readonly<Record<string, Words>> = {
  started: words('开始', 'started'),
  report: words('周报', 'weekly report'),
  approved: words('校长同意', 'approved'),
  refused: words('校长不同意', 'refused'),
  'notice-1': words('书面通知', 'notice on paper'),
  'notice-2': words('短信通知', 'notice by text'),
  answer: words('家长答复', 'a family answered'),
  'handed-over': words('转为订制', 'handed over'),
  'not-taken': words('未办成', 'not taken'),
  closed: words('结束', 'closed'),
};

/** How a trial ended. */
export const TRIAL_ENDING_WORDS: Readonly<Record<string, Words>> = {
  answered: words('都已答复', 'everybody answered'),
  silent: words('答复期已过', 'the time to answer is over'),
  refused: words('校长未同意', 'the principal refused'),
  lapsed: words('校长未批，已过期', 'nobody approved in time'),
};

/** What a text to a phone is. */
export const TEXT_KIND_WORDS: Readonly<Record<string, Words>> = {
  'one-time-password': words('一次性密码', 'one-time password'),
  safety: words('平安短信', 'safety'),
  conversation: words('往来短信', 'conversation'),
  answer: words('答复', 'answer'),
  'class-message': words('老师的消息', 'class message'),
  notice: words('通知', 'notice'),
  bulk: words('群发', 'bulk'),
};

/** What a text from a phone was taken for. */
export const ROUTE_WORDS: Readonly<Record<string, Words>> = {
  received: words('来信', 'received'),
  subscribe: words('订制', 'order'),
  cancel: words('退订', 'cancel'),
  'cancel-free': words('退订免费业务', 'cancel of what is free'),
  'cancel-all': words('全部退订', 'cancel of everything'),
  query: words('查询', 'query'),
  mailbox: words('班主任信箱', 'homeroom mailbox'),
  choice: words('选择孩子', 'which child'),
  reply: words('家长回音', 'reply'),
  help: words('发了帮助', 'help'),
  'stop-question': words('询问是否退订', 'asked about a stop'),
  'notice-question': words('再次询问是否订制', 'asked about the notice'),
  'consent-question': words('告知如何确认订制', 'told how to consent'),
  'trial-yes': words('试用答复：同意', 'trial: yes'),
  'trial-no': words('试用答复：不同意', 'trial: no'),
  'set-aside': words('待人工处理', 'set aside'),
  redelivered: words('重复投递', 'redelivered'),
};

/** What became of a text, either way. */
export const FATE_WORDS: Readonly<Record<string, Words>> = {
  QUEUED: words('等待发送', 'queued'),
  SUBMITTING: words('提交中', 'submitting'),
  ACCEPTED: words('已受理', 'accepted'),
  REJECTED: words('运营商拒收', 'rejected'),
  UNCERTAIN: words('待核实', 'uncertain'),
  DELIVERED: words('已送达', 'delivered'),
  BUFFERED: words('在途', 'on its way'),
  FAILED: words('未送达', 'failed'),
  EXPIRED: words('已过期', 'expired'),
  CANCELLED: words('已取消', 'cancelled'),
  SUPPRESSED: words('未发送', 'not sent'),
  ANSWERED: words('已答复', 'answered'),
  RECEIVED: words('已收到', 'received'),
};

/** The words of a code; one that has none is shown as it is, so that nothing is hidden. */
export function wordsOf(table: Readonly<Record<string, Words>>, code: string): Words {
  return table[code] ?? { zh: code, en: code };
}

/** Who did something: an account by its login, ours by what runs it, else the parent. */
export function actorWords({ actor, login }: { actor: string; login?: string | null | undefined }): Words {
  if (login) return { zh: login, en: login };
  return actor.includes('/') ? words('系统', 'system') : words('家长', 'the parent');
}

/** What an entry of a trial's record rests on, item by item. */
export function evidenceWords(
  evidence: Readonly<Record<string, unknown>>,
  profile: NamedPackages,
): { name: Words; value: Words }[] {
  return Object.entries(evidence).flatMap(([key, value]) => {
    const item = EVIDENCE[key];
    return item ? [{ name: item.name, value: item.value(String(value), profile) }] : [];
  });
}

const asIs = (value: string) => words(value, value);

/** What is recorded beside these are ids of ours. */
const EVIDENCE: Readonly<Record<string, { name: Words; value: (value: string, profile: NamedPackages) => Words }>> = {
  answer: {
    name: words('答复', 'answer'),
    value: (value) => (value === 'yes' ? words('订制', 'yes') : words('不订制', 'no')),
  },
  channel: { name: words('渠道', 'channel'), value: (value) => wordsOf(CHANNEL_WORDS, value) },
  package: { name: words('套餐', 'package'), value: (value, profile) => asIs(packageName(value, profile)) },
  moId: { name: words('短信编号', 'text no.'), value: asIs },
  slip: { name: words('回执编号', 'slip no.'), value: asIs },
  signedOn: { name: words('签字日期', 'signed'), value: asIs },
  note: { name: words('附言', 'note'), value: asIs },
  number: { name: words('期号', 'number'), value: asIs },
  texts: { name: words('短信条数', 'texts'), value: asIs },
  reason: { name: words('原因', 'reason'), value: reasonWords },
  as: { name: words('结果', 'as'), value: (value) => wordsOf(TRIAL_ENDING_WORDS, value) },
};
