/** What a unit pays for now, and what happens to it by itself (spec §6). */
import type { ChargeEvent } from './charging.ts';
import { Replay, type ReplayScope } from './charging-replay.ts';

/** What a unit pays for; null: nothing. `next` replaces it when the month begins (R7). */
export interface Paid {
  active: { package: string; payer: string; since: number } | null;
  /** When what was paid for last ended (epoch ms); null: it goes on. */
  endedAt: number | null;
  next: { package: string; payer: string; from: number } | null;
}

/** What happens to a unit by itself, as far as its events say. */
export interface Upcoming {
  /** The next instant (epoch ms) at which something does: a waiver's end, a change's month, a year's end; null: none. */
  dueAt: number | null;
  /** When the paid year ends, if there is one and nothing was ordered to follow it. */
  yearEndsAt: number | null;
  /** What is paid for by what was said, and since when (epoch ms); undefined: nothing was ever ordered. */
  paid: Paid | undefined;
  /** Whether this is the last month of a paid year, in which an order is that of what follows. */
  isLastMonth: boolean;
  /** When the paid year ended, if nothing was ordered since (R6: renewed only by consent); epoch ms. */
  yearOverAt: number | null;
}

/** What comes after `now`, of one unit. `events` are consented orders and cancels, in order. */
export function upcomingOf(events: readonly ChargeEvent[], scope: ReplayScope, now: number): Upcoming {
  const replay = new Replay(events[0]!, scope, []);
  for (const event of events) {
    if (event.at > now) break;
    replay.take(event);
  }
  replay.advance(now);
  const isLastMonth = replay.isLastMonth(scope.months.of(now));
  const { paid, yearEndsAt, yearOverAt } = replay;
  return { dueAt: replay.nextDue(now), paid, yearEndsAt, isLastMonth, yearOverAt };
}
