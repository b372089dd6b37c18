/** What the gate tells a family (spec §3.2). */
import { civilOf, formatTime, isSameDay } from '../civil-time.ts';
import { plainName } from '../plain-words.ts';
import { signedBy, type Text } from './text.ts';

export interface SwipeWords {
  school: string;
  name: string;
  dir: 'in' | 'out';
  /** When the card was swiped, and when it is told: epoch ms. */
  at: number;
  now: number;
  zone: string;
}

/** 您的孩子王小兵已于07:31到校。 The time is always there; on another day the date is there too. */
function passed({ name, dir, at, now, zone }: SwipeWords): string {
  const { month, day } = civilOf(at, zone);
  const date = isSameDay(at, now, zone) ? '' : `${month}月${day}日`;
  return `您的孩子${plainName(name)}已于${date}${formatTime(at, zone)}${dir === 'in' ? '到校' : '离校'}。`;
}

function passedEnglish({ name, dir, at, now, zone }: SwipeWords): string {
  const { month, day } = civilOf(at, zone);
  const date = isSameDay(at, now, zone) ? '' : ` on ${month}/${day}`;
  return `Your child ${name} ${dir === 'in' ? 'came to' : 'left'} school at ${formatTime(at, zone)}${date}.`;
}

export const SWIPE: Text<SwipeWords> = {
  to: 'family',
  segments: 1,
  zh: (facts) => `${signedBy(facts.school)}${passed(facts)}`,
  en: (facts) => `${facts.school}: ${passedEnglish(facts)}`,
};

/** It is the text that is late, not the child: said twice, for 迟到 is also what a late pupil is. */
export const LATE_SWIPE: Text<SwipeWords> = {
  to: 'family',
  segments: 1,
  zh: (facts) => `${signedBy(facts.school)}【迟到通知】${passed(facts)}本通知晚到，请以文中时间为准。`,
  en: (facts) => `${facts.school}: late notice. ${passedEnglish(facts)} This notice is late; its time is right.`,
};
