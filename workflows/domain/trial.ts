/**
 * When what is due in a class's trial and its fee confirmation (spec §7.3, §7.4; seed S 4.2.2 二 and 三): a month from the
 * class's first text, a report each weekend, then the principal's approval, two notices, and the parents' answers.
 * Instants are epoch ms, days and weekends those of the carrier's zone.
 */
import { addMonths, civilOf, instantOf } from './civil-time.ts';
import { quietUntil, type QuietHours } from './quiet-hours.ts';

/** S 4.2.2: the school's notices go out within a week after the trial. */
export const NOTICE_DAYS = 7;
/** Families get this long to bring the slip back before they are texted; less where the week is nearly over. */
const SLIP_DAYS = 3;
const LEAST_SLIP_DAYS = 1;
/** A principal who is late may still approve; one who stays silent for a month has not, and nobody is served free for ever. */
export const LAPSE_DAYS = 30;
/** 每周末: Sunday evening, when the week is over and before the principal's Monday. */
const REPORT = { weekday: 0, hour: 18 } as const;

/** The same day and time `months` later, or that month's last day where it is shorter. */
export function trialEnd(startedAt: number, months: number, zone: string): number {
  return addMonths(startedAt, months, zone);
}

/** When the report after the one until `after` is due: the next weekend, the trial's end at the latest; null: none. */
export function reportDue(after: number, endsAt: number, zone: string): number | null {
  if (after >= endsAt) return null;
  const { year, month, day } = civilOf(after, zone);
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  const on = (days: number) =>
    instantOf({ year, month, day: day + days, hour: REPORT.hour, minute: 0, second: 0 }, zone);
  const days = (REPORT.weekday - weekday + 7) % 7;
  const next = on(days) > after ? on(days) : on(days + 7);
  return Math.min(next, endsAt);
}

/** By when both notices should be out. */
export function noticeDue(endsAt: number, zone: string): number {
  return addDays(endsAt, NOTICE_DAYS, zone);
}

/** When those who have not answered are texted, nights apart: in the week after the trial if it can be. */
export function notice2Due(notice1At: number, endsAt: number, zone: string): number {
  const usual = Math.min(addDays(notice1At, SLIP_DAYS, zone), noticeDue(endsAt, zone));
  return Math.max(usual, addDays(notice1At, LEAST_SLIP_DAYS, zone));
}

/** Until when the principal may decide. */
export function lapsesAt(endsAt: number, zone: string): number {
  return addDays(endsAt, LAPSE_DAYS, zone);
}

/** From when on a family that has not answered is silent: `days` after notice 2. */
export function silentAt(notice2At: number, days: number, zone: string): number {
  return addDays(notice2At, days, zone);
}

/** What is so in a trial. */
export interface TrialFacts {
  startedAt: number;
  endsAt: number;
  answerDays: number;
  zone: string;
  quiet: QuietHours | null;
  /** Whether the principal gets reports: of the class's trial, not of those of single families later. */
  reports: boolean;
  /** Until when it was reported; null: not yet. */
  reportedUntil: number | null;
  decision: { approved: boolean; at: number } | null;
  notice1At: number | null;
  notice2At: number | null;
  /** Families that have not answered. */
  unanswered: number;
  /** Families that said yes and have no order yet. */
  awaitingOrder: number;
  closed: boolean;
}

/** Why a trial is over. */
export type TrialEnding = 'answered' | 'silent' | 'refused' | 'lapsed';

/** What is to be done next, and when. */
export type TrialStep =
  | { do: 'report'; at: number; from: number }
  | { do: 'hand-over' | 'notice-1' | 'notice-2'; at: number }
  | { do: 'close'; at: number; as: TrialEnding };

/**
 * The next step; null once it is closed, but for a yes that was said in time and recorded after it. Asked again after
 * each step, and whenever something was said.
 * @param now a text that is late still waits for the night to end
 */
export function nextTrialStep(facts: TrialFacts, now: number): TrialStep | null {
  if (facts.closed) return facts.awaitingOrder > 0 ? { do: 'hand-over', at: facts.endsAt } : null;
  const { endsAt, zone, decision, notice1At, notice2At } = facts;
  const from = facts.reportedUntil ?? facts.startedAt;
  const reportAt = facts.reports ? reportDue(from, endsAt, zone) : null;
  if (reportAt !== null) return { do: 'report', at: reportAt, from };
  if (facts.awaitingOrder > 0) return { do: 'hand-over', at: endsAt };
  if (facts.unanswered === 0) return { do: 'close', at: endsAt, as: 'answered' };
  if (!decision) return { do: 'close', at: lapsesAt(endsAt, zone), as: 'lapsed' };
  if (!decision.approved) return { do: 'close', at: Math.max(endsAt, decision.at), as: 'refused' };
  if (notice1At === null) return { do: 'notice-1', at: Math.max(endsAt, decision.at) };
  if (notice2At === null)
    return { do: 'notice-2', at: quietUntil(Math.max(now, notice2Due(notice1At, endsAt, zone)), facts.quiet, zone) };
  return { do: 'close', at: silentAt(notice2At, facts.answerDays, zone), as: 'silent' };
}

/** The same time of day, `days` later. */
function addDays(at: number, days: number, zone: string): number {
  const civil = civilOf(at, zone);
  return instantOf({ ...civil, day: civil.day + days }, zone) + (((at % 1000) + 1000) % 1000);
}
