/** The words of forwarded texts and of answers to parents. What people wrote stands in them as a quotation. */
import { plainName, quote } from './plain-words.ts';

/** A pupil as the texts name them. */
export interface NamedChild {
  name: string;
  className: string;
}

const childOf = ({ className, name }: NamedChild) => `${plainName(className)}${plainName(name)}`;
const listOf = (children: NamedChild[]) => children.map(childOf).join('、');

/** Who a parent is to the teacher: `三年级1班王小兵家长`. */
const parentOf = (children: NamedChild[]) => `${listOf(children)}家长`;

/** Characters of a text passed on: 15 segments of hanzi. An SMS joins from up to 255; the record keeps all of it. */
const FORWARDED = 1000;
const forwarded = (body: string) => quote(body, FORWARDED);

/** A parent's answer, on the teacher's phone. */
export const replyToTeacher = (children: NamedChild[], body: string) =>
  `【家长回音】${parentOf(children)}：${forwarded(body)}`;

/** A teacher's answer, on the parent's phone. */
export const replyToGuardian = (teacherName: string, body: string) =>
  `【老师回复】${plainName(teacherName)}：${forwarded(body)}`;

/** Told to a teacher whose answer may not be sent. */
export const NOT_FORWARDED = '【校讯通】该家长未订制家校互动，您的短信未转发，已存入家长回音。';

/** A mailbox text, on the homeroom teacher's phone: of all children it may be about. */
export const mailboxToTeacher = (children: NamedChild[], body: string) =>
  `【班主任信箱】${parentOf(children)}：${forwarded(body)}`;

/** What the parent is told when a mailbox text has gone. */
export const mailboxConfirmation = (children: NamedChild[]) =>
  `【校讯通】您的留言已转给${listOf(children)}的班主任，老师的回复会发到您的手机。`;

/** Which child is meant: the parent answers with the number. */
export function whichChild(children: NamedChild[]): string {
  const list = children.map((child, i) => `${i + 1} ${childOf(child)}`);
  return `【校讯通】您的留言转给哪个孩子的班主任？请在1小时内回复数字：${list.join('，')}。`;
}

/** A swipe of today. */
export interface Passage {
  /** Local `HH:MM`; null: its reader's clock is wrong. */
  time: string | null;
  dir: 'in' | 'out';
}

/** What CX tells of one child. Null: there is none yet. */
export interface ChildStatus {
  name: string;
  passages: Passage[];
  homework: string | null;
}

/** Swipes shown of one day: more is a card test, and would push the rest off the screen. */
const PASSAGES_SHOWN = 8;
/** Characters of homework shown: three segments. */
const HOMEWORK_SHOWN = 200;

/** The one answer to CX. Scores are not kept yet, which it says. */
export function statusText(children: ChildStatus[]): string {
  return `【校讯通】${children.map(childStatus).join('\n')}`;
}

function childStatus({ name, passages, homework }: ChildStatus): string {
  const shown = passages.slice(-PASSAGES_SHOWN).map(passage);
  const today = shown.length > 0 ? `今日${shown.join('、')}` : '今日暂无进出校记录';
  return `${plainName(name)}：${today}；最近作业：${homework === null ? '暂无' : quote(homework, HOMEWORK_SHOWN)}；最近成绩：暂无。`;
}

function passage({ time, dir }: Passage): string {
  const what = dir === 'in' ? '到校' : '离校';
  return time === null ? `${what}（读卡器时钟有误，时间不明）` : `${time}${what}`;
}
