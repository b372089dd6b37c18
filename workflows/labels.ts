import { defineSearchAttributeKey, type SearchAttributePair, type TypedSearchAttributes } from '@temporalio/common';

/** What workflows are found by (architecture §6), all of type Keyword: opaque ids, no people. */
const TENANT = defineSearchAttributeKey('TenantId', 'KEYWORD');
const SCHOOL = defineSearchAttributeKey('SchoolId', 'KEYWORD');
export const SEARCH_ATTRIBUTES = [TENANT.name, SCHOOL.name, 'State'] as const;

/** What a workflow of each type is, for whoever looks at it in Temporal. None names people: a summary is no secret. */
const ABOUT = {
  teacherMessage: ['老师的一条消息', '等到可以发送的时间，展开收件人，跟踪到每条短信有结果为止。'],
  inboundSms: ['家长的一条短信', '按关键字或对话处理，只答复一次。'],
  subscription: ['一户订制的计时', '到下一个期限时记账、换套餐或到期；没有期限即结束。'],
  trialPeriod: ['一个班的试用期', '每周报告，收费确认通知，收集答复，到期结束。'],
  billingCycle: ['运营商的月账', '等迟到的短信，计费，出计费文件，读回执，重试欠费。'],
  billingMonth: ['每月1日启动月账', '只启动上个月的月账。'],
  carrierLink: ['短信中心的一条链路', '独占一个SMPP绑定，一直运行。'],
  readerLink: ['读卡器的一条连接', '独占一个MQTT会话，一直运行。'],
  readerAlarms: ['未刷卡检查', '查看哪些校门在上学时段没有刷卡。'],
} as const;

/** What a start says of its workflow beside its arguments: whose it is, and what it is. */
export function labels(
  type: keyof typeof ABOUT,
  { tenant, schoolId }: { tenant?: string | undefined; schoolId?: string | undefined },
) {
  const [staticSummary, staticDetails] = ABOUT[type];
  const typedSearchAttributes: SearchAttributePair[] = [];
  if (tenant !== undefined) typedSearchAttributes.push({ key: TENANT, value: tenant });
  if (schoolId !== undefined) typedSearchAttributes.push({ key: SCHOOL, value: schoolId });
  return { typedSearchAttributes, staticSummary, staticDetails };
}

/** Those of a workflow that is of the same school as another, by the other's. */
export function labelsAlike(type: keyof typeof ABOUT, other: TypedSearchAttributes) {
  return labels(type, { tenant: other.get(TENANT), schoolId: other.get(SCHOOL) });
}
