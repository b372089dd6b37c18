/** What the short code answers to a text that neither orders nor cancels (spec §5). */
import type { Codes } from '../carrier-profile.ts';
import { plainName, quote } from '../plain-words.ts';
import { childrenEnglish, childrenWords, OURS, taught, type NamedChild, type Text } from './text.ts';

/** What the parent is told when a mailbox text has gone. `stop`: the word that stops all, where that may be meant. */
export const MAILBOX_CONFIRMED: Text<{ children: readonly NamedChild[]; stop?: string | undefined }> = {
  to: 'family',
  segments: 1,
  zh: ({ children, stop }) =>
    `${OURS}您的留言已转给${childrenWords(children)}的班主任，老师的回复会发到您的手机。${stop ? toStop(stop) : ''}`,
  en: ({ children, stop }) =>
    `Your words went to the homeroom teacher of ${childrenEnglish(children)}; the answer comes to your phone.${stop ? ` ${toStopEnglish(stop)}` : ''}`,
};

const toStop = (word: string) => `要退订请回复${word}。`;
const toStopEnglish = (word: string) => `To cancel everything, answer ${word}.`;

/** Asked of whoever may have said stop. `passedOn`: it came in a conversation, and went to the teacher all the same. */
export const STOP_QUESTION: Text<{ stop: string; passedOn: boolean }> = {
  to: 'family',
  segments: 1,
  zh: ({ stop, passedOn }) =>
    `${OURS}${passedOn ? '您的短信已转给老师。' : ''}${toStop(stop)}不退订则不必回复。本短信免费。`,
  en: ({ stop, passedOn }) =>
    `${passedOn ? 'Your text went to the teacher. ' : ''}${toStopEnglish(stop)} If you do not want that, do not answer. This text is free.`,
};

/** Which child is meant: the parent answers with the number. */
export const WHICH_CHILD: Text<{ children: readonly NamedChild[] }> = {
  to: 'family',
  segments: 1,
  zh: ({ children }) => `${OURS}您的留言转给哪个孩子的班主任？请在1小时内回复数字：${numbered(children).join('，')}。`,
  en: ({ children }) =>
    `To which child's homeroom teacher? Please answer with the number within an hour: ${numbered(children).join(', ')}.`,
};

const numbered = (children: readonly NamedChild[]) => children.map((child, i) => `${i + 1} ${childrenWords([child])}`);

/** A swipe of today. */
export interface Passage {
  /** Local `HH:MM`; null: its reader's clock is wrong. */
  time: string | null;
  dir: 'in' | 'out';
}

/** What CX tells of one child. Null: there is none yet. */
export interface ChildStatus {
  name: string;
  passages: readonly Passage[];
  homework: string | null;
}

/** Swipes shown of one day: more is a card test, and would push the rest off the screen. */
const PASSAGES_SHOWN = 8;
/** Characters of homework shown: three segments. */
const HOMEWORK_SHOWN = 200;

/** The one answer to CX. Scores are not kept yet, which it says. */
export const STATUS: Text<{ children: readonly ChildStatus[] }> = {
  to: 'family',
  segments: 1,
  zh: ({ children }) => `${OURS}${children.map(childStatus).join('\n')}`,
  en: ({ children }) => children.map(childStatusEnglish).join('\n'),
};

function childStatus({ name, passages, homework }: ChildStatus): string {
  const shown = passages.slice(-PASSAGES_SHOWN).map(passage);
  const today = shown.length > 0 ? `今日${shown.join('、')}` : '今日暂无进出校记录';
  return `${plainName(name)}：${today}；最近作业：${homework === null ? '暂无' : quote(homework, HOMEWORK_SHOWN)}；最近成绩：暂无。`;
}

function passage({ time, dir }: Passage): string {
  const what = dir === 'in' ? '到校' : '离校';
  return time === null ? `${what}（读卡器时钟有误，时间不明）` : `${time}${what}`;
}

function childStatusEnglish({ name, passages, homework }: ChildStatus): string {
  const shown = passages
    .slice(-PASSAGES_SHOWN)
    .map(({ time, dir }) => `${dir} ${time ?? '(its reader’s clock is wrong)'}`)
    .join(', ');
  return `${name}: today ${shown || 'nothing yet'}; latest homework: ${homework ?? 'none'}; latest score: none.`;
}

/** Why help is sent to a parent, or to who is neither parent nor teacher, instead of what was asked: it says first what to do about that. */
export type HelpReason = 'unknown-phone' | 'no-children' | 'empty' | 'not-their-thread' | 'not-understood';

const HELP_FIRST: Record<HelpReason, { zh: (mailbox: string) => string; en: (mailbox: string) => string }> = {
  'unknown-phone': {
    zh: () => '您的号码未在校讯通登记，未办理任何业务。请向孩子的班主任登记此号码，或咨询10086。',
    en: () => 'Your number is not registered; nothing was done. Have the homeroom teacher register it, or ask 10086.',
  },
  'no-children': {
    zh: () => '您的号码下没有登记的学生，未办理任何业务。请联系孩子的班主任。',
    en: () => 'No student is registered with your number; nothing was done. Please ask the homeroom teacher.',
  },
  empty: {
    zh: (mailbox) => `请在${mailbox}后写上要说的话。`,
    en: (mailbox) => `Please write what you want to say after ${mailbox}.`,
  },
  'not-their-thread': {
    zh: () => '这次会话已结束，短信未转发。',
    en: () => 'This conversation is over; your text was not passed on.',
  },
  'not-understood': {
    zh: () => '抱歉，未能识别您的短信。',
    en: () => 'Sorry, your text was not understood.',
  },
};

/** What went wrong, and the short code's keywords as the carrier profile has them. */
export const HELP: Text<{ why: HelpReason; keywords: Codes }> = {
  to: 'family',
  segments: 2,
  zh: ({ why, keywords }) => {
    const { subscribe, cancel, cancelFree, cancelAll, query, mailbox } = taught(keywords);
    const uses = `${subscribe}订制，${cancel}退订，${cancelFree}退订免费业务，${cancelAll}全部退订，${query}查询考勤作业成绩，${mailbox}+内容给班主任留言`;
    return `${OURS}${HELP_FIRST[why].zh(mailbox)}回复${uses}。本短信免费。`;
  },
  en: ({ why, keywords }) => {
    const { subscribe, cancel, cancelFree, cancelAll, query, mailbox } = taught(keywords);
    const uses = `${subscribe} orders, ${cancel} cancels, ${cancelFree} cancels what is free, ${cancelAll} everything, ${query} asks for attendance, homework and scores, ${mailbox}+words writes to the homeroom teacher`;
    return `${HELP_FIRST[why].en(mailbox)} Text ${uses}. This text is free.`;
  },
};
