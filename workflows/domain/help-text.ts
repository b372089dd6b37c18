import type { CarrierProfile, Keywords } from './carrier-profile.ts';

/** Why help is sent instead of what was asked: it says first what to do about that. */
export type HelpReason = 'unknown-phone' | 'no-children' | 'empty' | 'not-their-thread' | 'not-understood';

const FIRST: Record<HelpReason, string> = {
  'unknown-phone': '您的号码未在校讯通登记，未办理任何业务。请向孩子的班主任登记此号码，或咨询10086。',
  'no-children': '您的号码下没有登记的学生，未办理任何业务。请联系孩子的班主任。',
  empty: '您的短信没有内容。',
  'not-their-thread': '这次会话已结束，短信未转发。',
  'not-understood': '抱歉，未能识别您的短信。',
};

/** The help text: what went wrong and the short code's keywords, as the carrier profile has them. */
export function helpText({ keywords }: CarrierProfile, reason: HelpReason): string {
  const first = (words: string[]) => words[0]!;
  const uses: [keyof Keywords, string][] = [
    ['subscribe', '订制'],
    ['cancel', '退订'],
    ['cancelFree', '退订免费业务'],
    ['cancelAll', '全部退订'],
    ['query', '查询考勤作业成绩'],
  ];
  const list = uses.map(([keyword, use]) => `${first(keywords[keyword])}${use}`).join(',');
  return `【校讯通】${FIRST[reason]}回复${list}，${first(keywords.mailbox)}+内容给班主任留言。本短信免费。`;
}
