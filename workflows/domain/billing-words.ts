/** Why a fee is what it is, in words a 10086 agent can read out (spec §10.1): Chinese, and English for who trains them. */
import { yuan } from './money.ts';
import { civilWords } from './civil-words.ts';
import type { Words } from './texts/index.ts';

/** What the words are made of. */
export interface ChargeFacts {
  kind: 'fee' | 'reversal';
  rule: string;
  /** In Chinese, as bills name it. */
  packageName: string;
  fen: number;
  /** `2026-03` */
  month: string;
  zone: string;
  /** Epoch ms. */
  decidedAt: number;
  /** The consented order it comes from; null: before our records. */
  orderedAt: number | null;
  /** It replaced another package with this month (R7). */
  changed: boolean;
  /** The cancel that a reversal honours. */
  cancelledAt: number | null;
  /** Of this line; of a reversal, also of the fee it takes back. */
  collection: Collection;
  feeCollection: Collection;
  /** Of a fee: a reversal of it is booked. */
  takenBack: boolean;
  waiverHours: number;
}

/** What the carrier said of collecting an amount, or of giving one back. */
export type Collection = 'not-asked' | 'asked' | 'done' | 'refused';

/** Where an amount is after these attempts, the oldest first; `outcome` null: not answered yet. */
export function collectionOf(attempts: readonly { outcome: 'success' | 'failure' | null }[]): Collection {
  const latest = attempts.at(-1);
  if (!latest) return 'not-asked';
  if (attempts.some(({ outcome }) => outcome === 'success')) return 'done';
  return latest.outcome === null ? 'asked' : 'refused';
}

/** A paragraph in each language. */
export function explainCharge(facts: ChargeFacts): Words {
  const parts =
    facts.kind === 'fee'
      ? [feeOpening(facts), (FEE[facts.rule] ?? UNNAMED)(facts), ...(facts.fen === 0 ? [] : [feeFate(facts)])]
      : [reversalOpening(facts), whyTakenBack(facts)];
  return { zh: parts.map(({ zh }) => zh).join(''), en: parts.map(({ en }) => en).join(' ') };
}

function feeOpening({ packageName, fen, month }: ChargeFacts): Words {
  const amount = yuan(fen);
  return {
    zh: `您好，${monthWords(month)}“${packageName}”的信息费为${amount}元。`,
    en: `The fee for "${packageName}" in ${month} is ${amount} yuan.`,
  };
}

/** What became of it: only what the carrier has collected was paid. */
function feeFate({ collection, takenBack }: ChargeFacts): Words {
  if (takenBack)
    return {
      zh: '此费用其后已取消或减收，见另一笔记录。',
      en: 'It was taken back or reduced later; another line tells how.',
    };
  switch (collection) {
    case 'done':
      return { zh: '此费用已收取。', en: 'It has been collected.' };
    case 'asked':
      return { zh: '已请运营商扣费，尚无结果。', en: 'The carrier was asked for it and has not answered yet.' };
    case 'refused':
      return { zh: '运营商扣费未成功，尚未收取。', en: 'The carrier could not collect it; it is not paid.' };
    case 'not-asked':
      return { zh: '尚未请运营商扣费。', en: 'The carrier has not been asked for it yet.' };
  }
}

/** Nobody is told of money back that was never paid (spec §6 R6): the words follow what the carrier collected. */
function reversalOpening({ packageName, fen, month, collection, feeCollection }: ChargeFacts): Words {
  const [amount, booked] = [yuan(-fen), `（记在${monthWords(month)}）`];
  switch (feeCollection) {
    case 'done':
      return collection === 'done'
        ? {
            zh: `您好，“${packageName}”的信息费已退费${amount}元${booked}。`,
            en: `${amount} yuan of the fee for "${packageName}" were given back (booked in ${month}).`,
          }
        : {
            zh: `您好，“${packageName}”的信息费应退费${amount}元，运营商尚未退回${booked}。`,
            en: `${amount} yuan of the fee for "${packageName}" are to be given back; the carrier has not done so yet (booked in ${month}).`,
          };
    case 'asked':
      return {
        zh: `您好，“${packageName}”的信息费减收${amount}元${booked}。已请运营商扣费，尚无结果；如已扣费，将退费。`,
        en: `The fee for "${packageName}" is ${amount} yuan less (booked in ${month}). The carrier was asked for it and has not answered: if it collected it, it is given back.`,
      };
    case 'not-asked':
    case 'refused':
      return {
        zh: `您好，“${packageName}”的信息费减收${amount}元${booked}。此前没有向您收取，无需退费。`,
        en: `The fee for "${packageName}" is ${amount} yuan less (booked in ${month}). It was never collected, so nothing has to be given back.`,
      };
  }
}

const FEE: Record<string, (facts: ChargeFacts) => Words> = {
  R1: (facts) => ({
    zh:
      `您于${zhTime(facts.orderedAt, facts)}首次订制，${facts.waiverHours}小时内退订免费；` +
      `到${zhTime(facts.decidedAt, facts)}为止没有收到退订，因此收取当月信息费。`,
    en:
      `It was first ordered ${enTime(facts.orderedAt, facts)} and could be cancelled free of charge for ` +
      `${facts.waiverHours} hours; no cancel had come by then (${enTime(facts.decidedAt, facts)}), so the month is charged.`,
  }),
  R3: (facts) => ({
    zh: `您在本月退订后于${zhTime(facts.orderedAt, facts)}再次订制同一业务，按规定立即收取当月信息费。`,
    en: `The same service was ordered again in the month, ${enTime(facts.orderedAt, facts)}; a repeated order is charged at once.`,
  }),
  R4: (facts) =>
    facts.changed
      ? {
          zh: `您于${zhTime(facts.orderedAt, facts)}改订此套餐，自本月起代替原套餐，按月收取信息费，每月只收一次。`,
          en: `It was ordered ${enTime(facts.orderedAt, facts)} in place of another package from this month on: the monthly fee, once a month.`,
        }
      : {
          zh: `该业务于${zhTime(facts.orderedAt, facts)}订制，到本月开始时没有退订，因此按月收取信息费，每月只收一次。`,
          en: `It was ordered ${enTime(facts.orderedAt, facts)} and not cancelled before the month began: the monthly fee, once a month.`,
        },
  R5: () => ({
    zh: '本月是免费月，服务照常，不收取信息费。',
    en: 'This is a free month: the service goes on and nothing is charged.',
  }),
  R6: (facts) => ({
    zh: `您于${zhTime(facts.orderedAt, facts)}订制全年套餐，一次收取，有效十二个月（含免费月），到期后经您同意才会续订。`,
    en: `A whole year was ordered ${enTime(facts.orderedAt, facts)}: charged once for twelve months, free ones included, and renewed only with consent.`,
  }),
};

function whyTakenBack(facts: ChargeFacts): Words {
  if (facts.rule === 'R6') return YEAR_CANCELLED(facts);
  return facts.cancelledAt === null ? CORRECTED : LATE_CANCEL(facts);
}

/** What was said earlier was heard later, and another fee of the month is owed instead. */
const CORRECTED: Words = {
  zh: '您较早提出的订制或退订在记账后才到达我们的系统，以您提出的时间为准，本月费用已按其重新核定。',
  en: 'What was ordered or cancelled earlier reached us after the fee was booked; the time it was said counts, and the month was decided anew by it.',
};

const YEAR_CANCELLED = (facts: ChargeFacts): Words => ({
  zh: `您于${zhTime(facts.cancelledAt, facts)}退订全年套餐，未使用的收费月份按规定不再收费。`,
  en: `The year was cancelled ${enTime(facts.cancelledAt, facts)}; its unused months that cost something are not charged.`,
});

const LATE_CANCEL = (facts: ChargeFacts): Words => ({
  zh: `您于${zhTime(facts.cancelledAt, facts)}发出的退订在记账后才到达我们的系统，以您发出的时间为准，因此不收这笔费用。`,
  en: `The cancel sent ${enTime(facts.cancelledAt, facts)} reached us after the fee was booked; the time it was sent counts, so the fee is not due.`,
});

const UNNAMED = ({ rule }: ChargeFacts): Words => ({
  zh: `依据计费规则${rule}。`,
  en: `It was decided by charging rule ${rule}.`,
});

/** `2026年3月` */
function monthWords(month: string): string {
  return `${month.slice(0, 4)}年${Number(month.slice(5))}月`;
}

function zhTime(at: number | null, { zone }: ChargeFacts): string {
  return at === null ? '较早时' : civilWords(at, zone).zh;
}

function enTime(at: number | null, { zone }: ChargeFacts): string {
  return at === null ? 'earlier' : civilWords(at, zone).en;
}
