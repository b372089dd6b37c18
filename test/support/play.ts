import { loadCarriers } from '../../infra/carriers.ts';
import {
  decideCancel,
  decideOrder,
  NO_SUBSCRIPTION,
  type CancelOutcome,
  type Decision,
  type OrderOutcome,
  type SubscriptionState,
} from '../../workflows/domain/ordering.ts';

const carriers = loadCarriers();

/**
 * Decides a story's orders and cancels one after another; returns the last decision.
 * `sms home-school 03-05`: who orders what when; `cancel free 03-05`. After the package: `*` off-net, `!` with
 * a slip, `^` after what waits was offered, `$` in a paid year's last month.
 */
export function play(carrier: string, ...said: string[]): Decision<OrderOutcome | CancelOutcome> {
  const profile = carriers.profile(carrier);
  let decision: Decision<OrderOutcome | CancelOutcome> | undefined;
  let state: SubscriptionState = NO_SUBSCRIPTION;
  for (const each of said) {
    const [channel, what, day] = each.split(' ') as [string, string, string];
    const at = Date.parse(`2026-${day}T10:00:00+08:00`);
    const id = what.replace(/[*!^$]/, '');
    const said = { slip: what.includes('!'), offered: what.includes('^'), lastMonth: what.includes('$') };
    decision =
      channel === 'cancel'
        ? decideCancel(state, { scope: id, at }, profile)
        : decideOrder(state, { package: id, channel, ...said, payer: 'mother', at }, profile, {
            onNet: !what.includes('*'),
          });
    state = decision.state;
  }
  return decision!;
}
