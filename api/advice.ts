/** What whoever runs the platform is told of what is not well: since when it is not, and what to do. */
import type { QueueName } from '../infra/postgres/queues.ts';

/** `uncertain`: texts whose fate nobody knows and a person decides. */
export type WatchedQueue = QueueName | 'uncertain';

/**
 * From this age of the first in line, in seconds, a queue is late. What is stored is done within a minute of a fault;
 * texts are judged by the worth of their lane: a password is asked for again after half a minute, a class
 * message may take a quarter of an hour where a carrier's rate is low, bulk an hour. What is uncertain waits a day for
 * its receipt before a person has to.
 */
const LATE_AFTER_S: Record<WatchedQueue, number> = {
  swipe: 60,
  'inbound-sms': 60,
  message: 60,
  'message-cancel': 60,
  subscription: 60,
  trial: 60,
  'subscription-due': 120,
  'outbox/0': 30,
  'outbox/1': 60,
  'outbox/2': 60,
  'outbox/3': 15 * 60,
  'outbox/4': 60 * 60,
  uncertain: 24 * 3_600,
};

const CORE = '请确认 core 进程在运行、流程引擎正常；恢复后自动补办，不必重启';
const LINKS = '请看该运营商的短信链路：未连接、被暂停、限速或被短信中心限流时会积压；链路恢复后自动发出';

const QUEUE_ADVICE: Record<WatchedQueue, string> = {
  swipe: '刷卡已保存，考勤未记录：请确认 readers 进程在运行、流程引擎正常；恢复后自动补办，不必重启',
  'inbound-sms': `家长短信已保存，尚未答复：${CORE}`,
  message: `老师的消息已保存，尚未开始发送：${CORE}`,
  'message-cancel': `消息的取消已保存，尚未执行：${CORE}`,
  subscription: `订购已生效并已答复，仅到期提醒未安排：${CORE}`,
  trial: `试用的变化已保存，尚未处理：${CORE}`,
  'subscription-due': `有到期的计费或变更尚未执行：${CORE}`,
  'outbox/0': `验证码未发出：${LINKS}`,
  'outbox/1': `刷卡短信未发出：${LINKS}`,
  'outbox/2': `回复与答复未发出：${LINKS}`,
  'outbox/3': `班级消息未发出：${LINKS}`,
  'outbox/4': `群发短信未发出：${LINKS}`,
  uncertain: '有短信一天以上不知是否送达：请在“待确认”页逐条决定重发、已送达或放弃',
};

/** Whether a queue is late, and then what to do. */
export function queueAdvice({ queue, oldest }: { queue: WatchedQueue; oldest: number }): string | null {
  return oldest > LATE_AFTER_S[queue] ? QUEUE_ADVICE[queue] : null;
}

const LINK_ADVICE: Record<string, string> = {
  connecting: '正在连接，请稍候',
  paused: '已由人暂停：需要发送时请恢复',
  draining: '已由人要求发完即停：需要发送时请恢复',
  stalled: '对方已连接但不应答：请看最近的错误，联系对方',
  disconnected: '未连接，正在不断重试：请看最近的错误，检查地址、账号与线路',
};

/** What to do about a part that is not `ok`; null for one that is. */
export function partAdvice(part: { name: string; status: string; state?: string | undefined }): string | null {
  const { name, status, state } = part;
  if (status === 'ok') return null;
  if (name === 'postgres') return '数据库无应答：请检查 DATABASE_URL 所指的服务与网络；恢复后自动继续，收到的不会丢失';
  if (name === 'temporal') return '流程引擎无应答：短信与刷卡照常接收并保存，订购照常生效；引擎恢复后自动补办';
  const role = name.startsWith('reader-link/') ? 'readers' : 'carrier';
  if (status === 'down' && state) return LINK_ADVICE[state] ?? null;
  return `没有进程在看管这条链路：请确认 ${role} 进程在运行、流程引擎正常`;
}
