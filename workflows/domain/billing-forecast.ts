/** What happens next to a subscription, and when (spec §10.3): the same rules, asked about the future. */
import { yuan } from './money.ts';
import type { CarrierProfile } from './carrier-profile.ts';
import { decideCharges, type ChargeEvent } from './charging.ts';
import { monthEnd } from './billing-month.ts';
import { bookUnit, type BookedFee } from './booking.ts';
import { CivilMonths, formatMonth } from './civil-month.ts';
import { civilWords } from './civil-words.ts';
import { foldUnit } from './subscription/fold.ts';
import { awaitedOf, type SubscriptionState } from './subscription/state.ts';

/** What may come, by what the unit has and by its trial. */
export const COMING = [
  ...(['fee', 'reversal', 'refund-review', 'change', 'consent', 'year-end'] as const),
  ...(['trial-end', 'notice', 'answer-due'] as const),
] as const;

export interface Coming {
  what: (typeof COMING)[number];
  /** Epoch ms; null: when somebody answers. */
  at: number | null;
  /** Package id. */
  package: string;
  fen: number | null;
  rule: string | null;
  text: { zh: string; en: string };
}

interface Known {
  state: SubscriptionState;
  /** All of the unit's. */
  events: readonly ChargeEvent[];
  /** All of its fees in the ledger, in the order they were booked. */
  booked: readonly BookedFee[];
  versions: readonly CarrierProfile[];
  now: number;
}

/** What comes if nothing more is said, in this month and the next, in order of time; what waits for an answer last. */
export function whatComes({ state, events, booked, versions, now }: Known): Coming[] {
  const { zone } = versions[0]!;
  const month = new CivilMonths(zone).of(now);
  const names = new Map(versions.flatMap(({ packages }) => packages.map(({ id, name }) => [id, name])));
  const nameOf = (id: string) => names.get(id) ?? id;
  const on = (at: number) => civilWords(at, zone);

  const lines = decideCharges(events, versions, formatMonth(month), formatMonth(month + 1))
    .filter(({ decidedAt }) => decidedAt > now)
    .map(({ package: id, fen, rule, decidedAt }): Coming => {
      const [zh, en] = [yuan(Math.abs(fen)), `${yuan(Math.abs(fen))} yuan`];
      const text =
        fen < 0
          ? {
              zh: `${on(decidedAt).zh}减收${zh}元，已收取的予以退费。`,
              en: `The fee becomes ${en} less ${on(decidedAt).en}; what was collected is given back.`,
            }
          : {
              zh: `如不退订，${on(decidedAt).zh}计收“${nameOf(id)}”信息费${zh}元。`,
              en: `Unless cancelled before, ${en} for "${nameOf(id)}" are due ${on(decidedAt).en}.`,
            };
      return { what: fen < 0 ? 'reversal' : 'fee', at: decidedAt, package: id, fen, rule, text };
    });
  lines.unshift(...decidedUnbooked());
  const { next } = state;
  if (next && next.from > now) {
    const text = {
      zh: `${on(next.from).zh}起改为“${nameOf(next.package)}”。`,
      en: `It changes to "${nameOf(next.package)}" ${on(next.from).en}.`,
    };
    lines.push({ what: 'change', at: next.from, package: next.package, fen: null, rule: 'R7', text });
  }
  const { yearEndsAt } = foldUnit({ events, trial: null }, versions, now).upcoming;
  if (yearEndsAt !== null) {
    const text = {
      zh: `全年套餐${on(yearEndsAt).zh}到期，到期后经家长同意才会续订。`,
      en: `The year ends ${on(yearEndsAt).en} and is renewed only with the parent's consent.`,
    };
    lines.push({ what: 'year-end', at: yearEndsAt, package: state.package ?? '', fen: null, rule: 'R6', text });
  }
  lines.sort((a, b) => a.at! - b.at!);
  const awaited = awaitedOf(state);
  if (awaited) {
    const text = {
      zh: `“${nameOf(awaited)}”等待家长确认，确认前不收费。`,
      en: `"${nameOf(awaited)}" waits for the parent's consent and costs nothing until then.`,
    };
    lines.push({ what: 'consent', at: null, package: awaited, fen: null, rule: null, text });
  }
  return lines;

  /** A month's fee is decided as it begins, and booked by the run after its end; what no run will come for is not coming. */
  function decidedUnbooked(): Coming[] {
    const since = formatMonth(month - 1);
    return bookUnit({ booked, events, versions, now, mayBook: () => true })
      .fees.filter(({ month: of, fen }) => fen > 0 && of >= since)
      .map(({ month: of, package: id, fen, rule }) => {
        const words = `${of.slice(0, 4)}年${Number(of.slice(5))}月“${nameOf(id)}”信息费${yuan(fen)}元，待出账。`;
        const text = {
          zh: words,
          en: `The fee for "${nameOf(id)}" in ${of}, ${yuan(fen)} yuan, is decided and not billed yet.`,
        };
        return { what: 'fee', at: monthEnd(of, zone), package: id, fen, rule, text };
      });
  }
}

/** A refund that a second person has to release before it is booked (docs/decisions/0004). */
export function refundInReview({ fen, package: id }: { fen: number; package: string }): Coming {
  const text = {
    zh: `退费${yuan(fen)}元待复核，复核后入账。`,
    en: `${yuan(fen)} yuan to be given back wait for a second person to look at them.`,
  };
  return { what: 'refund-review', at: null, package: id, fen: -fen, rule: null, text };
}
