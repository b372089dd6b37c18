import { loadCarriers } from '../../infra/carriers.ts';
import { decideCancel, decideOrder } from '../../workflows/domain/subscription/decide.ts';
import type { ChargeEvent, UnitLog, UnitTrial } from '../../workflows/domain/subscription/log.ts';
import type { CancelOutcome, Decision, OrderOutcome } from '../../workflows/domain/subscription/state.ts';

const carriers = loadCarriers();

/** An instant at ten o'clock: `03-05` of 2026, `2027-01-05`, or at another hour, `03-05T12`. */
export function instant(said: string): number {
  const [day, hour = '10'] = said.split('T') as [string, string?];
  return Date.parse(`${day.length === 5 ? `2026-${day}` : day}T${hour}:00:00+08:00`);
}

/**
 * Decides a story's orders and cancels in the order they are heard in; returns the last decision.
 * `sms home-school 03-05`: who orders what when; `cancel free 03-05`. After the package: `*` off-net, `!` with a slip,
 * `^` after what waits was offered. After the day: `=03-01`, when the word was given; `=?`, nobody knows.
 */
export function play(carrier: string, said: readonly string[], trial: UnitTrial | null = null) {
  const versions = carriers.versions(carrier);
  const events: ChargeEvent[] = [];
  let decision: Decision<OrderOutcome | CancelOutcome> | undefined;
  for (const [n, each] of said.entries()) {
    const [channel, what, when] = each.split(' ') as [string, string, string];
    const [day, given] = when.split('=') as [string, string | undefined];
    const at = instant(day);
    const id = what.replace(/[*!^]/, '');
    const saidAt = given === undefined ? undefined : given === '?' ? -Infinity : instant(given);
    // Heard one after another, on a day after all of them.
    const by = {
      unit: 'u',
      payer: 'mother',
      channel: channel === 'cancel' ? 'sms' : channel,
      at,
      receivedAt: at + n,
      saidAt,
    };
    const log: UnitLog = { events: [...events], trial };
    decision =
      channel === 'cancel'
        ? decideCancel(log, { ...by, scope: id }, versions)
        : decideOrder(
            log,
            { ...by, package: id, slip: what.includes('!'), offered: what.includes('^'), onNet: !what.includes('*') },
            versions,
          );
    events.push(...decision.events.map(({ type, package: of }) => ({ ...by, type, package: of })));
  }
  return decision!;
}
