import type { CarrierProfile, Keywords } from './carrier-profile.ts';

/** Why help is sent to a parent, or to who is neither parent nor teacher, instead of what was asked. */
export type ParentHelp = 'unknown-phone' | 'no-children' | 'empty' | 'not-their-thread' | 'not-understood';
/** Why a teacher's text reached nobody. */
export type TeacherHelp =
  | 'teacher-subscribe'
  | 'teacher-stop'
  | 'teacher-query'
  | 'teacher-mailbox'
  | 'teacher-empty'
  | 'teacher-not-their-thread'
  | 'teacher-several-threads'
  | 'teacher-no-thread';
export type HelpReason = ParentHelp | TeacherHelp;

const FIRST: Record<ParentHelp, string> = {
  'unknown-phone': '您的号码未在校讯通登记，未办理任何业务。请向孩子的班主任登记此号码，或咨询10086。',
  'no-children': '您的号码下没有登记的学生，未办理任何业务。请联系孩子的班主任。',
  empty: '您的短信没有内容。',
  'not-their-thread': '这次会话已结束，短信未转发。',
  'not-understood': '抱歉，未能识别您的短信。',
};

const TO_TEACHER: Record<TeacherHelp, string> = {
  'teacher-subscribe': '老师使用校讯通不收费，无需订制。',
  'teacher-stop': '您的号码没有订制收费业务，无需退订。',
  'teacher-query': '短信查询是家长的功能。学生的考勤、作业和成绩，请登录校讯通网站查看。',
  'teacher-mailbox': '班主任信箱是家长的功能。要给家长发信息，请登录校讯通网站。',
  'teacher-empty': '您的短信没有内容，未转发。',
  'teacher-not-their-thread': '您与这位家长的会话已结束，短信未转发。',
  'teacher-several-threads': '近期有多位家长与您联系，无法确定您要回复哪一位，短信未转发。',
  'teacher-no-thread': '近期没有家长与您联系，短信未转发。',
};

/** The help text: what went wrong, and what a parent may text, by the carrier profile, or a teacher may do. */
export function helpText({ keywords }: Pick<CarrierProfile, 'keywords'>, reason: HelpReason): string {
  if (isTeachers(reason))
    return `【校讯通】老师您好：${TO_TEACHER[reason]}要回复某位家长，请直接回复载有该家长留言的那条短信。本短信免费。`;
  const first = (words: string[]) => words[0]!;
  const uses: [Exclude<keyof Keywords, 'stop'>, string][] = [
    ['subscribe', '订制'],
    ['cancel', '退订'],
    ['cancelFree', '退订免费业务'],
    ['cancelAll', '全部退订'],
    ['query', '查询考勤作业成绩'],
  ];
  const list = uses.map(([keyword, use]) => `${first(keywords[keyword])}${use}`).join('，');
  return `【校讯通】${FIRST[reason]}回复${list}，${first(keywords.mailbox)}+内容给班主任留言。本短信免费。`;
}

function isTeachers(reason: HelpReason): reason is TeacherHelp {
  return reason in TO_TEACHER;
}

/** How to stop, for who may have meant that. */
export const stopHint = ({ keywords }: Pick<CarrierProfile, 'keywords'>) => `要退订请回复${keywords.cancelAll[0]!}。`;

/** Asked of whoever may have said stop. `passedOn`: it came in a conversation, and went to the teacher all the same. */
export function stopQuestion(profile: Pick<CarrierProfile, 'keywords'>, passedOn: boolean): string {
  return `【校讯通】${passedOn ? '您的短信已转给老师。' : ''}${stopHint(profile)}不退订则不必回复。本短信免费。`;
}
