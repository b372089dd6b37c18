import { TRIAL_ENDING_WORDS, wordsOf } from '../../../../workflows/domain/record-words.ts';
import type { Mood, Wording } from '../words.tsx';

/** A class's trial and its fee confirmation. */
export interface Trial {
  id: string;
  tenant: string;
  school: { id: string; name: string };
  class: { id: string; name: string };
  round: number;
  startedAt: string;
  endsAt: string;
  decision: 'approved' | 'refused' | null;
  noticesDueBy: string;
  notice1At: string | null;
  notice2At: string | null;
  silentAt: string | null;
  closedAt: string | null;
  closedAs: string | null;
}

export interface TrialDetails extends Trial {
  /** Null: so few that a number would tell which of them pays. */
  families: Record<string, number> | null;
  next: { do: string; at: string } | null;
  events: { type: string; unit: string | null; actor?: string; at: string; evidence: Record<string, unknown> }[];
}

/** Where a trial is, in words. */
export function stateOf({ closedAs, decision, notice1At, endsAt }: Trial): Wording & { mood: Mood } {
  if (closedAs !== null) {
    const { zh, en } = wordsOf(TRIAL_ENDING_WORDS, closedAs);
    return { zh: `已结束 · ${zh}`, en, mood: '' };
  }
  if (notice1At !== null) return { zh: '等待家长答复', en: 'families are asked', mood: 'good' };
  if (decision === 'refused') return { zh: '校长未同意', en: 'refused', mood: 'bad' };
  if (decision === 'approved') return { zh: '校长已同意', en: 'approved', mood: 'good' };
  if (Date.parse(endsAt) < Date.now())
    return { zh: '试用期满，等待校长', en: 'over: the principal must decide', mood: 'bad' };
  return { zh: '试用中', en: 'on trial', mood: '' };
}
