/**
 * Why a text was or was not sent or answered, as the record keeps it (in English, so that what was recorded before reads
 * alike), in Chinese for who reads it. A reason may be several, joined by a semicolon.
 */
import type { CancelOutcome, OrderOutcome } from './subscription/state.ts';
import type { Words } from './texts/index.ts';

const REASONS: Readonly<Record<string, string>> = {
  // Texts of parents and teachers.
  'the phone is not registered': '号码未登记',
  'no child is registered with the phone': '号码下没有登记的学生',
  'there was no text': '短信没有内容',
  'the address is no open conversation of this phone': '所回复的会话已结束，或不属于此号码',
  'neither a keyword nor a reply to anything': '既不是关键字，也不是对任何短信的回复',
  'a teacher has nothing to order': '老师无需订制',
  'a teacher has nothing to cancel': '老师没有可退订的业务',
  'a teacher has no child to ask about': '老师的号码下没有可查询的孩子',
  'a teacher has no homeroom teacher': '老师不使用班主任信箱',
  'it may be for any of several families': '近期有多位家长来信，无法确定回复哪一位',
  'no family wrote to this teacher lately': '近期没有家长给这位老师来信',
  'asked whether it was a stop': '可能要退订，已询问',
  'asked again whether to order': '答复不明确，已再次询问是否订制',
  'told how to consent to the order that waits': '可能是对代订的答复，已告知如何确认',
  'it may be an answer or a stop': '可能是答复或退订',
  'asked often enough': '近来已多次询问，不再询问',
  'help was sent often enough': '近来已多次发过帮助，不再发送',
  'told attendance and homework': '已告知考勤和作业',
  'asked which child': '已询问是哪个孩子',
  'answered often enough this hour': '本小时内已多次答复，不再答复',
  'in the mailbox': '已存入班主任信箱',
  'in the reply-box': '已存入家长回音',
  'too many to forward': '短时间内短信过多，未转发',
  'forwarded to the homeroom teacher': '已转给班主任',
  'forwarded to the teacher': '已转给老师',
  'forwarded to the guardian': '已转给家长',
  'the guardian is not subscribed': '家长未订制，未转发',
  'ordered and cancelled too often this hour': '本小时内订退过于频繁，未办理',
  'declined: the trial ends without an order': '不订制，试用结束',
  'confirmed: ordered when the trial ends': '已确认，试用结束时订制',
  // Texts that were not sent.
  'not subscribed': '未订制',
  "subscription waits for the parent's consent": '订制待家长确认',
  'subscription cancelled': '已退订',
  'subscription without home-school': '所订套餐不含家校互动',
  'not subscribed, and did not write to the teacher lately': '未订制，近来也没有给老师来信',
  'asked for consent within the last day': '一天之内已征询过家长',
  'the payer is no longer of the family': '付费人已不属于这个家庭',
  refused: '未办成',
};

/** What an order or a cancel came to. */
const OUTCOMES: Readonly<Record<OrderOutcome | CancelOutcome, string>> = {
  subscribed: '已订制',
  'pending-consent': '已登记，待家长确认',
  'already-subscribed': '已经订制，没有变化',
  'changes-next-month': '下月起更换套餐',
  'off-net': '不是本运营商的号码，未订制',
  'unknown-package': '没有这种业务',
  cancelled: '已退订',
  'free-services-cancelled': '免费业务已退订',
  'not-subscribed': '没有订制，无需退订',
  'ordered-since': '此后又订制，订制有效',
  'cancelled-since': '此后已退订，未订制',
};

const CHINESE: Readonly<Record<string, string>> = { ...REASONS, ...OUTCOMES };
const NOT_ROUTED = /^could not be routed \((\w+)\): for an operator$/;

/** The reason in both languages; one that has no words here is shown as it was recorded. */
export function reasonWords(reason: string): Words {
  const parts = reason.split('; ');
  return { zh: parts.map(chinese).join('；'), en: reason };
}

function chinese(reason: string): string {
  const code = NOT_ROUTED.exec(reason)?.[1];
  return code === undefined ? (CHINESE[reason] ?? reason) : `无法处理（${code}），待人工处理`;
}
