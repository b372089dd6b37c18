/** What the short code answers to a teacher (spec §5). */
import { OURS, type Text, type Words } from './text.ts';

/** Why a teacher's text reached nobody. */
export type TeacherHelp =
  'subscribe' | 'stop' | 'query' | 'mailbox' | 'empty' | 'not-their-thread' | 'several-threads' | 'no-thread';

const TO_TEACHER: Record<TeacherHelp, Words> = {
  subscribe: {
    zh: '老师使用校讯通不收费，无需订制。',
    en: 'Teachers use this free of charge and need not order it.',
  },
  stop: {
    zh: '您的号码没有订制收费业务，无需退订。',
    en: 'Your number has ordered nothing that costs, so there is nothing to cancel.',
  },
  query: {
    zh: '短信查询是家长的功能。学生的考勤、作业和成绩，请登录校讯通网站查看。',
    en: 'Asking by text is for parents. Attendance, homework and scores are on the web pages.',
  },
  mailbox: {
    zh: '班主任信箱是家长的功能。要给家长发信息，请登录校讯通网站。',
    en: 'The homeroom mailbox is for parents. To write to parents, use the web pages.',
  },
  empty: { zh: '您的短信没有写内容，未转发。', en: 'There were no words in your text, so it went to nobody.' },
  'not-their-thread': {
    zh: '您与这位家长的会话已结束，短信未转发。',
    en: 'Your conversation with this parent is over; your text was not passed on.',
  },
  'several-threads': {
    zh: '近期有多位家长与您联系，无法确定您要回复哪一位，短信未转发。',
    en: 'Several parents were in touch with you lately; as it may be for any of them, your text went to nobody.',
  },
  'no-thread': {
    zh: '近期没有家长与您联系，短信未转发。',
    en: 'No parent was in touch with you lately; your text went to nobody.',
  },
};

/** What a teacher is told whose text reached nobody: what a teacher may do. */
export const TEACHERS_HELP: Text<{ why: TeacherHelp }> = {
  to: 'teacher',
  segments: 2,
  zh: ({ why }) =>
    `${OURS}老师您好：${TO_TEACHER[why].zh}要回复某位家长，请直接回复载有该家长留言的那条短信。本短信免费。`,
  en: ({ why }) =>
    `${TO_TEACHER[why].en} To answer a parent, answer the very text with that parent's words. This text is free.`,
};
