/** What every text to a phone has in common: who signs it, and how people and keywords are named in it. */
import type { Codes } from '../carrier-profile.ts';
import { plainName } from '../plain-words.ts';

/**
 * One text as phones get it. Chinese is what is sent; English tells 10086, ops and whoever reads the code what it says,
 * and is never sent. `Facts` are what it is made of.
 */
export interface Text<Facts> {
  to: 'family' | 'teacher';
  /** SMS segments with names and words of a usual length, as test/unit/texts.test.ts has them. */
  segments: number;
  zh: (facts: Facts) => string;
  en: (facts: Facts) => string;
}

/** The same in both languages. */
export interface Words {
  zh: string;
  en: string;
}

/** A pupil as the texts name them. */
export interface NamedChild {
  name: string;
  className: string;
}

/** Chinese carriers want a signature first, in these brackets: ours, */
export const OURS = '【校讯通】';
/** or that of the school, where a teacher or its gate speaks. */
export const signedBy = (school: string) => `【${plainName(school)}】`;

/** `三年级一班王小兵、五年级二班王小红` */
export function childrenWords(children: readonly NamedChild[]): string {
  return children.map(({ className, name }) => `${plainName(className)}${plainName(name)}`).join('、');
}

/** The same in an English sentence. */
export function childrenEnglish(children: readonly NamedChild[]): string {
  return children.map(({ className, name }) => `${name} of ${className}`).join(' and ');
}

/** Whoever is written down with a title has one; a name alone is a teacher's: `李芳老师`, `王校长`. */
export function titled(name: string): string {
  const plain = plainName(name);
  return /(?:老师|校长|园长|主任)$/.test(plain) ? plain : `${plain}老师`;
}

/** A civil day. */
export interface Day {
  month: number;
  day: number;
}

/** A keyword, and the short code it is texted to. */
export interface Keyword {
  word: string;
  shortCode: string;
}

/** `发送JX到10657099` */
export const send = ({ word, shortCode }: Keyword) => `发送${word}到${shortCode}`;
export const sendEnglish = ({ word, shortCode }: Keyword) => `text ${word} to ${shortCode}`;

/** Of each keyword the word that is taught: the first. */
export function taught({
  subscribe,
  cancel,
  cancelFree,
  cancelAll,
  query,
  mailbox,
}: Codes): Record<keyof Codes, string> {
  const words = Object.entries({ subscribe, cancel, cancelFree, cancelAll, query, mailbox });
  return Object.fromEntries(words.map(([use, [first]]) => [use, first!])) as Record<keyof Codes, string>;
}

/** What an order or cancel gives back, in words: nobody is told of money back that was never paid (spec §6 R6). */
export interface Returned {
  yuan: string;
  /** Whether the carrier had collected it. */
  collected: boolean;
}

export const returnedWords = ({ yuan, collected }: Returned) => (collected ? `将退费${yuan}元` : `不再收取${yuan}元`);
export const returnedEnglish = ({ yuan, collected }: Returned) =>
  collected ? `${yuan} yuan will be given back` : `${yuan} yuan are not charged any more`;
