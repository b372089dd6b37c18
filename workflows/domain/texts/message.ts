/** What teachers write to families, and families to teachers. */
import { plainName, plainWords, quote } from '../plain-words.ts';
import { childrenEnglish, childrenWords, signedBy, titled, type NamedChild, type Text } from './text.ts';

/** From whom and about whom a teacher's text is. */
export interface TeacherWords {
  school: string;
  /** Null: the school itself, for its principal. */
  teacher: string | null;
  /** Whom of the phone's children it is about. */
  children: readonly NamedChild[];
  /** The phone has other children as well, or it is about several: they are named. */
  shared: boolean;
  body: string;
}

/** `【向阳小学】三年级一班李老师`; where siblings share the phone `…李老师（王小兵家长）`. Both in front of what is said. */
function from({ school, teacher, children, shared }: TeacherWords): string {
  const classes = [...new Set(children.map(({ className }) => plainName(className)))];
  const [oneClass, whose] =
    classes.length === 1
      ? [classes[0]!, children.map(({ name }) => plainName(name)).join('、')]
      : ['', childrenWords(children)];
  const who = teacher === null ? '学校通知' : `${oneClass}${titled(teacher)}`;
  const parents = shared && children.length > 0 ? `（${whose}家长）` : '';
  return `${signedBy(school)}${who}${parents}`;
}

const fromEnglish = ({ school, teacher, children }: TeacherWords) =>
  `${teacher === null ? school : `${teacher} of ${school}`}, about ${childrenEnglish(children)}`;

/** A teacher's message, the same to all but for whose child it is about. */
export const CLASS_MESSAGE: Text<TeacherWords> = {
  to: 'family',
  segments: 1,
  zh: (facts) => `${from(facts)}：${plainWords(facts.body)}`,
  en: (facts) => `${fromEnglish(facts)}: ${facts.body}`,
};

/** Characters of a text passed on: 15 segments of hanzi. An SMS joins from up to 255; the record keeps all of it. */
const FORWARDED = 1000;

/** A teacher's answer, on the parent's phone. */
export const TEACHERS_ANSWER: Text<TeacherWords> = {
  to: 'family',
  segments: 1,
  zh: (facts) => `${from(facts)}回复：${quote(facts.body, FORWARDED)}`,
  en: (facts) => `${fromEnglish(facts)}, answers: ${facts.body}`,
};

/** A parent's words, and whose parent it is. */
export interface ParentWords {
  children: readonly NamedChild[];
  body: string;
}

/** Who a parent is to the teacher: `三年级一班王小兵家长`. */
const parentOf = (children: readonly NamedChild[]) => `${childrenWords(children)}家长`;

/** A parent's answer, on the teacher's phone. */
export const PARENTS_ANSWER: Text<ParentWords> = {
  to: 'teacher',
  segments: 1,
  zh: ({ children, body }) => `【家长回音】${parentOf(children)}：${quote(body, FORWARDED)}`,
  en: ({ children, body }) => `An answer of a parent of ${childrenEnglish(children)}: ${body}`,
};

/** A mailbox text, on the homeroom teacher's phone. */
export const MAILBOX: Text<ParentWords> = {
  to: 'teacher',
  segments: 1,
  zh: ({ children, body }) => `【班主任信箱】${parentOf(children)}：${quote(body, FORWARDED)}`,
  en: ({ children, body }) => `To the homeroom mailbox, from a parent of ${childrenEnglish(children)}: ${body}`,
};
