/**
 * What was said of a family on trial, as the orders and cancels that the spec makes of it (§6, last line), and nothing of
 * the product's own deciding: a yes is an order at the later of itself and the trial's end; the later word stands, by when
 * it was said, at one instant the no; who says nothing orders nothing; a slip without a date overrules no stop before it.
 */
import type { ChargeEvent } from '../workflows/domain/charging.ts';
import type { TrialSaying } from './audit-trial-family.ts';

/**
 * The consented orders and cancels of a story.
 * @param endsAt of the family's trial (epoch ms); null: it has none
 */
export function consentedEvents(story: readonly TrialSaying[], unit: string, endsAt: number | null): ChargeEvent[] {
  const inOrder = story.toSorted((a, b) => a.at - b.at || Number(a.does !== 'order') - Number(b.does !== 'order'));
  const heeded = inOrder.filter((said, place) => said.slip !== 'undated' || !inOrder.slice(0, place).some(isStop));
  // A paper signed on trial and recorded when no answer was waited for any more is an order of its own.
  const isAnswer = ({ at, slip, does, isNew }: TrialSaying) =>
    endsAt !== null && at < endsAt && !(slip && does === 'order' && isNew);
  const onTrial = heeded.filter(isAnswer);
  const after = heeded.filter((said) => !isAnswer(said));
  const yes = onTrial.reduce<TrialSaying | undefined>(laterWord, undefined);
  // A paper that is no answer on trial proves an order that is made when it is recorded, unless a stop was said since.
  const made = after
    .filter(
      (said) =>
        !said.slip ||
        isStop(said) ||
        !inOrder.some((stop) => isStop(stop) && stop.at >= said.at && stop.at <= said.heardAt),
    )
    .map((said) => (said.slip && said.does === 'order' ? { ...said, at: said.heardAt } : said));
  const ordered = yes && endsAt !== null ? [{ ...yes, at: endsAt, heardAt: Math.max(yes.heardAt, endsAt) }] : [];
  return [...ordered, ...made].map(({ does, channel, what, at, heardAt }) => ({
    ...{
      unit,
      payer: unit,
      package: what,
      type: does === 'order' ? 'order' : 'cancel',
      channel: channel === 'agent' ? 'web' : channel,
    },
    ...{ at, receivedAt: heardAt },
  }));
}

function isStop({ does }: TrialSaying): boolean {
  return does !== 'order';
}

/** A text names no package: said after a yes it changes nothing. */
function laterWord(before: TrialSaying | undefined, said: TrialSaying): TrialSaying | undefined {
  if (isStop(said)) return undefined;
  return before && said.channel === 'sms' ? before : said;
}
