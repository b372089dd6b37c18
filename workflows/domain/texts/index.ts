/**
 * Every text that is sent to a phone, and nothing else is: Chinese with English beside, whom it is for, and how many
 * segments it takes. What a text says is made here; who gets it and when is decided elsewhere.
 */
import * as answers from './answers.ts';
import * as gate from './gate.ts';
import * as message from './message.ts';
import * as subscription from './subscription.ts';
import * as teacher from './teacher.ts';
import * as trial from './trial.ts';

export const TEXTS = { ...gate, ...message, ...answers, ...teacher, ...subscription, ...trial };
export type TextKey = keyof typeof TEXTS;

export { taught } from './text.ts';
export type { ChildStatus, HelpReason, Passage } from './answers.ts';
export type { TeacherHelp } from './teacher.ts';
export type { TeacherWords } from './message.ts';
export type { NamedChild, Words } from './text.ts';
